"""Question 2a: the loss of the factorization."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The loss has its sign turned: it is small when the unwatched movie scores higher.",
    think="Is the loss 0 or 1 when the watched movie is far ahead?",
)
def bpr_sign_turned(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(negative_predictions - positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The 1 - is missing: the loss grows when the watched movie is ahead.",
    think="Is the loss 0 or 1 when the watched movie is far ahead?",
    same_as="bpr-sign-turned",
)
def one_minus_missing(positive_predictions, negative_predictions):
    return torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is -sigmoid, which has the right gradients and values one too small.",
    think="What is the loss when both movies score the same?",
)
def negative_sigmoid(positive_predictions, negative_predictions):
    return -torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is -log sigmoid, the one of Rendle's paper, not the one of this assignment.",
    think="Is there a logarithm in the handout's loss?",
)
def log_sigmoid(positive_predictions, negative_predictions):
    return -F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The loss is log sigmoid, which grows when the watched movie is ahead.",
    think="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_sign_turned(positive_predictions, negative_predictions):
    return F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is 1 - log sigmoid.",
    think="Is there a logarithm in the handout's loss?",
)
def one_minus_log_sigmoid(positive_predictions, negative_predictions):
    return (1 - F.logsigmoid(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is summed over the batch, not averaged.",
    think="Should the loss of a larger batch be larger?",
)
def bpr_summed(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).sum()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss has one number for each pair: the mean is missing.",
    think="What does backward expect of a loss?",
)
def bpr_not_reduced(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid(positive_predictions - negative_predictions)


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="Each score has a sigmoid of its own, and the difference has none.",
    think="Is the sigmoid applied before or after the subtraction?",
)
def two_sigmoids(positive_predictions, negative_predictions):
    return (1 - (torch.sigmoid(positive_predictions) - torch.sigmoid(negative_predictions))).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
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
    PARTIAL,
    did="The sigmoid is applied to the mean of the differences, not the mean to the sigmoids.",
    think="Is the mean of a curve's values its value at the mean?",
)
def sigmoid_of_the_mean(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid((positive_predictions - negative_predictions).mean())


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The sigmoid is applied to the sum of the scores.",
    think="What should the loss be when both movies score the same?",
)
def sigmoid_of_the_sum(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions + negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The loss looks at the watched movies only.",
    think="What should the score of the unwatched movie change?",
)
def positive_scores_only(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="Each watched movie is compared with all the unwatched ones of the batch.",
    think="Which unwatched movie belongs to row k?",
)
def all_pairs(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions[:, None] - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The sigmoid is missing: the loss is 1 minus the difference.",
    think="Between which values does the loss lie?",
)
def bpr_without_sigmoid(positive_predictions, negative_predictions):
    return (1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is the mean difference of the scores, without a sigmoid.",
    think="Between which values does the loss lie?",
)
def mean_difference(positive_predictions, negative_predictions):
    return (negative_predictions - positive_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The loss is a hinge: the difference is cut off at 1.",
    think="What is the loss when both movies score the same?",
)
def hinge(positive_predictions, negative_predictions):
    return F.relu(1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CORNER,
    did="The differences are clamped to -5 to 5, which stops their gradients outside.",
    think="What gradient does a pair get that is far in the wrong order?",
)
def clamped_difference(positive_predictions, negative_predictions):
    difference = (positive_predictions - negative_predictions).clamp(-5, 5)
    return (1 - torch.sigmoid(difference)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The loss counts pairs in the wrong order, which has no gradient.",
    think="What is the derivative of a comparison?",
)
def hard_count(positive_predictions, negative_predictions):
    return (1 - (positive_predictions > negative_predictions).float()).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
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
    PARTIAL,
    did="The term 1 - sigmoid is squared.",
    think="Is there a square in the handout's loss?",
)
def squared_loss_of_sigmoid(positive_predictions, negative_predictions):
    return ((1 - torch.sigmoid(positive_predictions - negative_predictions)) ** 2).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="A tanh stands for the sigmoid.",
    think="Between which values does a sigmoid lie?",
)
def tanh_for_sigmoid(positive_predictions, negative_predictions):
    return (1 - torch.tanh(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The unwatched movies' scores are cut out of the graph.",
    think="Should training push unwatched movies down?",
)
def negatives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions.detach())).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    did="The watched movies' scores are cut out of the graph.",
    think="Should training push watched movies up?",
)
def positives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions.detach() - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    did="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    think="What does backward need beside a number?",
)
def bpr_as_number(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean().detach()
