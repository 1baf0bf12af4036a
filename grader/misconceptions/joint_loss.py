"""Question 2c: the weighted sum of both losses."""

import torch

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline
from grader.misconceptions.losses import add_result


def given(name, arguments, weights):
    factorization, regression = adapter.tensors(*arguments)
    first, second = weights
    return {
        "factorization": factorization,
        "regression": regression,
        "first": first,
        "second": second,
    }


PIPELINE = Pipeline(
    "2c",
    Output(
        "joint_loss(factorization, regression, first, second)",
        "result",
        observed=("2c-1", "the loss"),
        given=given,
    ),
)
part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def weights(first, second):
    return first, second


@wrong(
    "weights",
    CENTRAL,
    diagnosis="The weights are swapped: each loss has the other's.",
    question="Which of the two losses does factorization_weight belong to?",
)
def weights_swapped(first, second):
    return second, first


@wrong(
    "weights",
    CENTRAL,
    diagnosis="The losses are added up without their weights.",
    question="What should change when a weight changes?",
)
def weights_ignored():
    return 1.0, 1.0


@wrong(
    "weights",
    CENTRAL,
    diagnosis="The losses are averaged whatever the weights are.",
    question="What should change when a weight changes?",
)
def losses_averaged():
    return 0.5, 0.5


@wrong(
    "weights",
    CORNER,
    diagnosis="The weights are divided by their sum.",
    question="Must the weights sum to one?",
)
def weights_normalised(first, second):
    return first / (first + second), second / (first + second)


@wrong(
    "weights",
    CORNER,
    diagnosis="The second weight is taken to be one minus the first.",
    question="Must the weights sum to one?",
)
def one_weight_for_both(first):
    return first, 1 - first


@wrong(
    "weights",
    CORNER,
    diagnosis="The first weight is taken to be one minus the second.",
    question="Must the weights sum to one?",
)
def first_weight_from_the_second(second):
    return 1 - second, second


@wrong(
    "weights",
    CENTRAL,
    diagnosis="Both losses have the first weight.",
    question="How many weights are there?",
)
def first_weight_twice(first):
    return first, first


@wrong(
    "weights",
    CENTRAL,
    diagnosis="Both losses have the second weight.",
    question="How many weights are there?",
)
def second_weight_twice(second):
    return second, second


@wrong(
    "weights",
    CENTRAL,
    diagnosis="The regression loss has no weight.",
    question="How many weights are there?",
)
def regression_unweighted(first):
    return first, 1.0


@wrong(
    "weights",
    CENTRAL,
    diagnosis="The factorization loss has no weight.",
    question="How many weights are there?",
)
def factorization_unweighted(second):
    return 1.0, second


@wrong(
    "weights",
    PARTIAL,
    diagnosis="The weights are squared.",
    question="What is the gradient with respect to a loss?",
)
def weights_squared(first, second):
    return first**2, second**2


@wrong(
    "weights",
    PARTIAL,
    diagnosis="A softmax is taken of the weights.",
    question="Must the weights sum to one?",
)
def softmax_of_the_weights(first, second):
    return torch.softmax(torch.tensor([first, second]), dim=0)


@wrong(
    "weights",
    PARTIAL,
    diagnosis="The losses are divided by their weights.",
    question="Does a task with a larger weight count more or less?",
)
def divided_by_the_weights(first, second):
    return 1 / torch.tensor([first, second])


@part
def losses(factorization, regression):
    return factorization, regression


@wrong(
    "losses",
    CENTRAL,
    diagnosis="The regression loss is missing from the sum.",
    question="Which task would then never be trained?",
)
def regression_forgotten(factorization):
    return factorization, 0.0


@wrong(
    "losses",
    CENTRAL,
    diagnosis="The factorization loss is missing from the sum.",
    question="Which task would then never be trained?",
)
def factorization_forgotten(regression):
    return 0.0, regression


@wrong(
    "losses",
    CENTRAL,
    diagnosis="The regression loss is cut out of the graph.",
    question="Which task would then never be trained?",
)
def regression_detached(factorization, regression):
    return factorization, regression.detach()


@wrong(
    "losses",
    CENTRAL,
    diagnosis="The factorization loss is cut out of the graph.",
    question="Which task would then never be trained?",
)
def factorization_detached(factorization, regression):
    return factorization.detach(), regression


@wrong(
    "losses",
    PARTIAL,
    diagnosis="A root is taken of the regression loss.",
    question="Is there a root in the handout's loss?",
)
def root_of_the_regression(factorization, regression):
    return factorization, regression.sqrt()


@wrong(
    "losses",
    PARTIAL,
    diagnosis="The regression loss is squared.",
    question="Is there a square in the handout's loss?",
)
def square_of_the_regression(factorization, regression):
    return factorization, regression**2


@wrong(
    "losses",
    PARTIAL,
    diagnosis="Logarithms are taken of both losses.",
    question="Is there a logarithm in the handout's loss?",
)
def logarithms_of_the_losses(factorization, regression):
    return factorization.log(), regression.log()


@part
def number(weights, losses):
    return weights[0] * losses[0] + weights[1] * losses[1]


@wrong(
    "number",
    CENTRAL,
    diagnosis="The regression loss is subtracted.",
    question="Should training make the regression loss larger or smaller?",
)
def regression_subtracted(weights, losses):
    return weights[0] * losses[0] - weights[1] * losses[1]


@wrong(
    "number",
    CENTRAL,
    diagnosis="The factorization loss is subtracted.",
    question="Should training make the factorization loss larger or smaller?",
)
def factorization_subtracted(weights, losses):
    return weights[1] * losses[1] - weights[0] * losses[0]


@wrong(
    "number",
    PARTIAL,
    diagnosis="The weighted losses are multiplied, not added.",
    question="What is the gradient of one loss when the other is zero?",
)
def losses_multiplied(weights, losses):
    return weights[0] * losses[0] * weights[1] * losses[1]


@wrong(
    "number",
    PARTIAL,
    diagnosis="Only the larger of the weighted losses counts.",
    question="Should both tasks be trained at each step?",
)
def larger_loss_only(weights, losses):
    return torch.maximum(weights[0] * losses[0], weights[1] * losses[1])


@wrong(
    "number",
    PARTIAL,
    diagnosis="The weights and the losses are summed apart, and the sums are multiplied.",
    question="Which of the two losses does each weight belong to?",
)
def sum_times_sum(weights, losses):
    return (weights[0] + weights[1]) * (losses[0] + losses[1])


@wrong(
    "number",
    PARTIAL,
    diagnosis="The first weight multiplies both losses, for the brackets are around the sum.",
    question="Which of the two losses does each weight belong to?",
)
def brackets_around_the_sum(weights, losses):
    return weights[0] * (losses[0] + weights[1] * losses[1])


@wrong(
    "number",
    PARTIAL,
    diagnosis="The weights are added to the losses, not multiplied with them.",
    question="What is the gradient with respect to a loss?",
)
def weights_added(weights, losses):
    return weights[0] + losses[0] + weights[1] + losses[1]


@wrong(
    "number",
    PARTIAL,
    diagnosis="The weights are exponents of the losses.",
    question="What is the gradient with respect to a loss?",
)
def weights_as_exponents(weights, losses):
    return losses[0] ** weights[0] + losses[1] ** weights[1]


@wrong(
    "number",
    CENTRAL,
    diagnosis="The weighted losses are returned as two numbers, without their sum.",
    question="What does backward expect of a loss?",
)
def losses_not_added(weights, losses):
    return torch.stack([weights[0] * losses[0], weights[1] * losses[1]])


add_result(PIPELINE, "joint")


@PIPELINE.whole(
    "joint_loss",
    PARTIAL,
    diagnosis="The weighted losses are written into the caller's own tensors (*=, +=).",
    question="Whose tensors are both losses after the call?",
)
def joint_loss_in_place(factorization, regression, first, second):
    factorization *= first
    regression *= second
    return factorization + regression
