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
    diagnosis="The loss has its sign turned: it is small when the unwatched movie scores higher.",
    question="Is the loss 0 or 1 when the watched movie is far ahead?",
)
def bpr_sign_turned(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(negative_predictions - positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    diagnosis="The 1 - is missing: the loss grows when the watched movie is ahead.",
    question="Is the loss 0 or 1 when the watched movie is far ahead?",
    indistinguishable_from="bpr-sign-turned",
)
def one_minus_missing(positive_predictions, negative_predictions):
    return torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is -sigmoid, which has the right gradients and values one too small.",
    question="What is the loss when both movies score the same?",
)
def negative_sigmoid(positive_predictions, negative_predictions):
    return -torch.sigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is -log sigmoid, that of Rendle's paper, not that of this assignment.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid(positive_predictions, negative_predictions):
    return -F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    diagnosis="The loss is log sigmoid, which grows when the watched movie is ahead.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_sign_turned(positive_predictions, negative_predictions):
    return F.logsigmoid(positive_predictions - negative_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is 1 - log sigmoid.",
    question="Is there a logarithm in the handout's loss?",
)
def one_minus_log_sigmoid(positive_predictions, negative_predictions):
    return (1 - F.logsigmoid(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is summed over the batch, not averaged.",
    question="Should the loss of a larger batch be larger?",
)
def bpr_summed(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).sum()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss has one number for each pair: the mean is missing.",
    question="What does backward expect of a loss?",
)
def bpr_not_reduced(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid(positive_predictions - negative_predictions)


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="Each score has a sigmoid of its own, and the difference has none.",
    question="Is the sigmoid applied before or after the subtraction?",
)
def two_sigmoids(positive_predictions, negative_predictions):
    return (1 - (torch.sigmoid(positive_predictions) - torch.sigmoid(negative_predictions))).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="Each score goes through a sigmoid before the sigmoid of their difference.",
    question="How often is a sigmoid applied in the handout's loss?",
)
def sigmoids_inside_and_outside(positive_predictions, negative_predictions):
    return (
        1 - torch.sigmoid(torch.sigmoid(positive_predictions) - torch.sigmoid(negative_predictions))
    ).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The sigmoid is applied to the mean of the differences, not to each of them.",
    question="Is the mean of a curve's values its value at the mean?",
)
def sigmoid_of_the_mean(positive_predictions, negative_predictions):
    return 1 - torch.sigmoid((positive_predictions - negative_predictions).mean())


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The sigmoid is applied to the sum of the scores.",
    question="What should the loss be when both movies score the same?",
)
def sigmoid_of_the_sum(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions + negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    diagnosis="The loss looks at the watched movies only.",
    question="What should the score of the unwatched movie change?",
)
def positive_scores_only(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="Each watched movie is compared with all the unwatched ones of the batch.",
    question="Which unwatched movie belongs to row k?",
)
def all_pairs(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions[:, None] - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The sigmoid is missing: the loss is 1 minus the difference.",
    question="Between which values does the loss lie?",
)
def bpr_without_sigmoid(positive_predictions, negative_predictions):
    return (1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is the mean difference of the scores, without a sigmoid.",
    question="Between which values does the loss lie?",
)
def mean_difference(positive_predictions, negative_predictions):
    return (negative_predictions - positive_predictions).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is a hinge: the difference is cut off at 1.",
    question="What is the loss when both movies score the same?",
)
def hinge(positive_predictions, negative_predictions):
    return F.relu(1 - (positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CORNER,
    diagnosis="The differences are clamped to -5 to 5, which stops their gradients outside.",
    question="What gradient does a pair get that is far in the wrong order?",
)
def clamped_difference(positive_predictions, negative_predictions):
    difference = (positive_predictions - negative_predictions).clamp(-5, 5)
    return (1 - torch.sigmoid(difference)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    diagnosis="The loss counts pairs in the wrong order, which has no gradient.",
    question="What is the derivative of a comparison?",
)
def hard_count(positive_predictions, negative_predictions):
    return (1 - (positive_predictions > negative_predictions).float()).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The loss is the cross entropy of both scores as probabilities.",
    question="Does the handout's loss look at the two scores apart or at their difference?",
)
def cross_entropy(positive_predictions, negative_predictions):
    ones, zeros = torch.ones_like(positive_predictions), torch.zeros_like(negative_predictions)
    gain = F.binary_cross_entropy_with_logits(positive_predictions, ones)
    return gain + F.binary_cross_entropy_with_logits(negative_predictions, zeros)


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The term 1 - sigmoid is squared.",
    question="Is there a square in the handout's loss?",
)
def squared_loss_of_sigmoid(positive_predictions, negative_predictions):
    return ((1 - torch.sigmoid(positive_predictions - negative_predictions)) ** 2).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="A tanh stands for the sigmoid.",
    question="Between which values does a sigmoid lie?",
)
def tanh_for_sigmoid(positive_predictions, negative_predictions):
    return (1 - torch.tanh(positive_predictions - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The unwatched movies' scores are cut out of the graph.",
    question="Should training push unwatched movies down?",
)
def negatives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions.detach())).mean()


@wrong(
    "2a",
    "bpr_loss",
    PARTIAL,
    diagnosis="The watched movies' scores are cut out of the graph.",
    question="Should training push watched movies up?",
)
def positives_detached(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions.detach() - negative_predictions)).mean()


@wrong(
    "2a",
    "bpr_loss",
    CENTRAL,
    diagnosis="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    question="What does backward need beside a number?",
)
def bpr_as_number(positive_predictions, negative_predictions):
    return (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean().detach()
