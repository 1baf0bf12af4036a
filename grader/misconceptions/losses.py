"""Questions 2a, 2b and 2c: the losses."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader.misconceptions.entry import Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2a",
    "bpr_loss",
    did="The loss has its sign turned: it is small when the unwatched movie scores higher.",
    think="Is the loss 0 or 1 when the watched movie is far ahead?",
)
def bpr_sign_turned(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(negative_predictions - positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The 1 - is missing: the loss grows when the watched movie is ahead.",
    think="Is the loss 0 or 1 when the watched movie is far ahead?",
    same_as="bpr-sign-turned",
)
def one_minus_missing(positive_predictions, negative_predictions):
    return torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is -sigmoid, which has the right gradients and values one too small.",
    think="What is the loss when both movies score the same?",
)
def negative_sigmoid(positive_predictions, negative_predictions):
    return -torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is -log sigmoid, the one of Rendle's paper, not the one of this assignment.",
    think="Is there a logarithm in the handout's loss?",
)
def log_sigmoid(positive_predictions, negative_predictions):
    return -F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is log sigmoid, which grows when the watched movie is ahead.",
    think="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_sign_turned(positive_predictions, negative_predictions):
    return F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is 1 - log sigmoid.",
    think="Is there a logarithm in the handout's loss?",
)
def one_minus_log_sigmoid(positive_predictions, negative_predictions):
    return (1 - F.logsigmoid(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is summed over the batch, not averaged.",
    think="Should the loss of a larger batch be larger?",
)
def bpr_summed(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).sum()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss has one number for each pair: the mean is missing.",
    think="What does backward expect of a loss?",
)
def bpr_not_reduced(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid(positive_predictions - negative_predictions)


@wrong(
    "2a",
    "bpr_loss",
    did="Each score has a sigmoid of its own, and the difference has none.",
    think="Is the sigmoid applied before or after the subtraction?",
)
def two_sigmoids(positive_predictions, negative_predictions):
    return (1 - (torch.sigmoid(positive_predictions) - torch.sigmoid(negative_predictions))).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="Each score goes through a sigmoid before the sigmoid of their difference.",
    think="How often is a sigmoid applied in the handout's loss?",
)
def sigmoids_inside_and_outside(positive_predictions, negative_predictions):
    return (
        1 - torch.sigmoid(torch.sigmoid(positive_predictions) - torch.sigmoid(negative_predictions))
    ).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The sigmoid is applied to the mean of the differences, not the mean to the sigmoids.",
    think="Is the mean of a curve's values its value at the mean?",
)
def sigmoid_of_the_mean(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid((positive_predictions - negative_predictions).mean())


@wrong(
    "2a",
    "bpr_loss",
    did="The sigmoid is applied to the sum of the scores.",
    think="What should the loss be when both movies score the same?",
)
def sigmoid_of_the_sum(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions + negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss looks at the watched movies only.",
    think="What should the score of the unwatched movie change?",
)
def positive_scores_only(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="Each watched movie is compared with all the unwatched ones of the batch.",
    think="Which unwatched movie belongs to row k?",
)
def all_pairs(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions[:, None] - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The sigmoid is missing: the loss is 1 minus the difference.",
    think="Between which values does the loss lie?",
)
def bpr_without_sigmoid(positive_predictions, negative_predictions):
    return (1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is the mean difference of the scores, without a sigmoid.",
    think="Between which values does the loss lie?",
)
def mean_difference(positive_predictions, negative_predictions):
    return (negative_predictions - positive_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is a hinge: the difference is cut off at 1.",
    think="What is the loss when both movies score the same?",
)
def hinge(positive_predictions, negative_predictions):
    return F.relu(1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss counts pairs in the wrong order, which has no gradient.",
    think="What is the derivative of a comparison?",
)
def hard_count(positive_predictions, negative_predictions):
    return (1 - (positive_predictions > negative_predictions).float()).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is the cross entropy of both scores as probabilities.",
    think="Does the handout's loss look at the two scores apart or at their difference?",
)
def cross_entropy(positive_predictions, negative_predictions):
    ones, zeros = torch.ones_like(positive_predictions), torch.zeros_like(negative_predictions)
    gain = F.binary_cross_entropy_with_logits(positive_predictions, ones)
    return gain + F.binary_cross_entropy_with_logits(negative_predictions, zeros)


@wrong(
    "2a",
    "bpr_loss",
    did="The term 1 - sigmoid is squared.",
    think="Is there a square in the handout's loss?",
)
def squared_loss_of_sigmoid(positive_predictions, negative_predictions):
    return ((1 - torch.sigmoid(positive_predictions - negative_predictions)) ** 2).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="A tanh stands for the sigmoid.",
    think="Between which values does a sigmoid lie?",
)
def tanh_for_sigmoid(positive_predictions, negative_predictions):
    return (1 - torch.tanh(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The unwatched movies' scores are cut out of the graph.",
    think="Should training push unwatched movies down?",
)
def negatives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions.detach())).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The watched movies' scores are cut out of the graph.",
    think="Should training push watched movies up?",
)
def positives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions.detach() - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    did="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    think="What does backward need beside a number?",
)
def bpr_as_number(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean().detach()


@wrong(
    "2b",
    "regression_loss",
    did="The loss is the root of the mean squared error.",
    think="Is there a root in the mean squared error?",
)
def root_mean_squared_error(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean().sqrt()


@wrong(
    "2b",
    "regression_loss",
    did="The loss is the mean absolute error.",
    think="Does an error of two stars count twice or four times as much as one of one star?",
)
def mean_absolute_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).abs().mean()


@wrong(
    "2b",
    "regression_loss",
    did="The squared errors are summed, not averaged.",
    think="Should the loss of a larger batch be larger?",
)
def squared_errors_summed(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).sum()


@wrong(
    "2b",
    "regression_loss",
    did="The mean squared error is halved.",
    think="What is the loss when each prediction is one star off?",
)
def half_squared_error(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean() / 2


@wrong(
    "2b",
    "regression_loss",
    did="The loss has one number for each pair: the mean is missing.",
    think="What does backward expect of a loss?",
)
def squared_errors_not_reduced(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings) ** 2


@wrong(
    "2b",
    "regression_loss",
    did="The mean error is squared, so that errors of both signs cancel.",
    think="Is the mean taken before or after the square?",
)
def square_of_the_mean_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).mean() ** 2


@wrong(
    "2b",
    "regression_loss",
    did="The errors are averaged with their signs.",
    think="What is the loss of one prediction too high and one as much too low?",
)
def mean_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).mean()


@wrong(
    "2b",
    "regression_loss",
    did="Each prediction is compared with all the ratings of the batch.",
    think="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def every_rating_with_every_other(observed_ratings, predicted_ratings):
    return ((observed_ratings[:, None] - predicted_ratings) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    did="The loss is smooth L1 (Huber), which is linear for large errors.",
    think="Does an error of two stars count twice or four times as much as one of one star?",
)
def smooth_absolute_error(observed_ratings, predicted_ratings):
    return F.smooth_l1_loss(predicted_ratings, observed_ratings)


@wrong(
    "2b",
    "regression_loss",
    did="The predictions are clamped to 1 to 5 before they are compared.",
    think="What gradient does a prediction outside of 1 to 5 get?",
)
def clamped_predictions(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings.clamp(1, 5)) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    did="The predictions are rounded before they are compared, which has no useful gradient.",
    think="What is the derivative of rounding?",
)
def rounded_predictions(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings.round()) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    did="The sum of squares is divided by one less than the batch.",
    think="How many terms does the mean have?",
)
def sample_variance(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).sum() / (len(observed_ratings) - 1)


@wrong(
    "2b",
    "regression_loss",
    did="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    think="What does backward need beside a number?",
)
def regression_as_number(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean().detach()


@wrong(
    "2b",
    "regression_loss",
    did="The errors are divided by the five stars before they are squared.",
    think="In which unit is the loss?",
)
def ratings_scaled(observed_ratings, predicted_ratings):
    return (((observed_ratings - predicted_ratings) / 5) ** 2).mean()


@wrong(
    "2c",
    "joint_loss",
    did="The weights are swapped: each loss has the other's.",
    think="Which of the two losses does factorization_weight belong to?",
)
def weights_swapped(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return regression_weight * factorization_loss + factorization_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The losses are added up without their weights.",
    think="What should change when a weight changes?",
)
def weights_ignored(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_loss + regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The losses are averaged whatever the weights are.",
    think="What should change when a weight changes?",
)
def losses_averaged(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return (factorization_loss + regression_loss) / 2


@wrong(
    "2c",
    "joint_loss",
    did="The weights are divided by their sum.",
    think="Must the weights sum to one?",
)
def weights_normalised(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    total = factorization_weight + regression_weight
    return (factorization_weight * factorization_loss + regression_weight * regression_loss) / total


@wrong(
    "2c",
    "joint_loss",
    did="The second weight is taken to be one minus the first.",
    think="Must the weights sum to one?",
)
def one_weight_for_both(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + (1 - factorization_weight) * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The first weight is taken to be one minus the second.",
    think="Must the weights sum to one?",
)
def first_weight_from_the_second(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return (1 - regression_weight) * factorization_loss + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The weighted losses are multiplied, not added.",
    think="What is the gradient of one loss when the other is zero?",
)
def losses_multiplied(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return factorization_weight * factorization_loss * regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The regression loss is missing from the sum.",
    think="Which task would then never be trained?",
)
def regression_forgotten(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss


@wrong(
    "2c",
    "joint_loss",
    did="The factorization loss is missing from the sum.",
    think="Which task would then never be trained?",
)
def factorization_forgotten(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The regression loss has no weight.",
    think="How many weights are there?",
)
def regression_unweighted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The factorization loss has no weight.",
    think="How many weights are there?",
)
def factorization_unweighted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_loss + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The regression loss is subtracted.",
    think="Should training make the regression loss larger or smaller?",
)
def regression_subtracted(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss - regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The weighted sum is halved.",
    think="What is the joint loss of two losses of 2 with weights 0.5?",
)
def weighted_losses_halved(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return (factorization_weight * factorization_loss + regression_weight * regression_loss) / 2


@wrong(
    "2c",
    "joint_loss",
    did="Only the larger of the weighted losses counts.",
    think="Should both tasks be trained at each step?",
)
def larger_loss_only(factorization_loss, regression_loss, factorization_weight, regression_weight):
    return torch.maximum(
        factorization_weight * factorization_loss, regression_weight * regression_loss
    )


@wrong(
    "2c",
    "joint_loss",
    did="The regression loss is cut out of the graph.",
    think="Which task would then never be trained?",
)
def regression_detached(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss + regression_weight * regression_loss.detach()


@wrong(
    "2c",
    "joint_loss",
    did="The factorization loss is cut out of the graph.",
    think="Which task would then never be trained?",
)
def factorization_detached(
    factorization_loss, regression_loss, factorization_weight, regression_weight
):
    return factorization_weight * factorization_loss.detach() + regression_weight * regression_loss


@wrong(
    "2c",
    "joint_loss",
    did="The joint loss is a plain number: a new tensor, .item() or .detach(), without gradient.",
    think="What does backward need beside a number?",
)
def joint_as_number(factorization_loss, regression_loss, factorization_weight, regression_weight):
    loss = factorization_weight * factorization_loss + regression_weight * regression_loss
    return torch.tensor(loss.item())
