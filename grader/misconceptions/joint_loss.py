"""Question 2c: the weighted sum of both losses."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The weights are swapped: each loss has the other's.",
    question="Which of the two losses does factorization_weight belong to?",
)
def weights_swapped(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return regression_weight * factorization_loss + factorization_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The losses are added up without their weights.",
    question="What should change when a weight changes?",
)
def weights_ignored(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_loss + regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The losses are averaged whatever the weights are.",
    question="What should change when a weight changes?",
)
def losses_averaged(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return (factorization_loss + regression_loss) / 2


@wrong(
    "2c",
    "joint_loss",
    CORNER,
    diagnosis="The weights are divided by their sum.",
    question="Must the weights sum to one?",
)
def weights_normalised(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    total = factorization_weight + regression_weight
    return (factorization_weight * factorization_loss + regression_weight * regression_loss) / total


@wrong(
    "2c",
    "joint_loss",
    CORNER,
    diagnosis="The second weight is taken to be one minus the first.",
    question="Must the weights sum to one?",
)
def one_weight_for_both(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + (1 - factorization_weight) * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CORNER,
    diagnosis="The first weight is taken to be one minus the second.",
    question="Must the weights sum to one?",
)
def first_weight_from_the_second(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return (1 - regression_weight) * factorization_loss + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    PARTIAL,
    diagnosis="The weighted losses are multiplied, not added.",
    question="What is the gradient of one loss when the other is zero?",
)
def losses_multiplied(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss * regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The regression loss is missing from the sum.",
    question="Which task would then never be trained?",
)
def regression_forgotten(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The factorization loss is missing from the sum.",
    question="Which task would then never be trained?",
)
def factorization_forgotten(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The regression loss has no weight.",
    question="How many weights are there?",
)
def regression_unweighted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The factorization loss has no weight.",
    question="How many weights are there?",
)
def factorization_unweighted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_loss + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The regression loss is subtracted.",
    question="Should training make the regression loss larger or smaller?",
)
def regression_subtracted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss - regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    PARTIAL,
    diagnosis="The weighted sum is halved.",
    question="What is the joint loss of two losses of 2 with weights 0.5?",
)
def weighted_losses_halved(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return (factorization_weight * factorization_loss + regression_weight * regression_loss) / 2


@wrong(
    "2c",
    "joint_loss",
    PARTIAL,
    diagnosis="Only the larger of the weighted losses counts.",
    question="Should both tasks be trained at each step?",
)
def larger_loss_only(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return torch.maximum(
        factorization_weight * factorization_loss, regression_weight * regression_loss
    )


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The regression loss is cut out of the graph.",
    question="Which task would then never be trained?",
)
def regression_detached(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + regression_weight * regression_loss.detach()


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The factorization loss is cut out of the graph.",
    question="Which task would then never be trained?",
)
def factorization_detached(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss.detach() + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    CENTRAL,
    diagnosis="The joint loss is a plain number (.item() or a new tensor), without a gradient.",
    question="What does backward need beside a number?",
)
def joint_as_number(factorization_loss, regression_loss, factorization_weight, regression_weight):
    loss = factorization_weight * factorization_loss + regression_weight * regression_loss
    return torch.tensor(loss.item())
