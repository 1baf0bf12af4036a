"""Question 2a: the loss of the factorization."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader.misconceptions import losses
from grader.misconceptions.entry import CENTRAL, CORNER, each, wrong

PIPELINE = losses.pipeline("2a", "bpr_loss(positive, negative)", values_in="2a-2")
part = PIPELINE.part


@part
class difference:
    """What should the loss be when both movies score the same?"""

    def right(positive, negative):
        return positive - negative

    @wrong(CENTRAL)
    def bpr_sign_turned(positive, negative):
        """The loss has its sign turned: it is small when the unwatched movie scores higher.
        Is the loss 0 or 1 when the watched movie is far ahead?"""
        return negative - positive

    def sigmoid_of_the_sum(positive, negative):
        """The scores of both movies are added, not subtracted."""
        return positive + negative

    @each("function", absolute_difference="abs", squared_difference="square")
    def sign_lost(positive, negative, function):
        """The difference of the scores loses its sign ({function}).
        Is a watched movie that is far behind as good as one that is far ahead?"""
        return getattr(torch, function)(positive - negative)

    @wrong(CENTRAL)
    @each("side", positive_scores_only="watched", negative_scores_only="unwatched")
    def one_side_only(positive, negative, side):
        """The loss looks at the {side} movies only.
        What should the score of the other movie change?"""
        return positive if side == "watched" else -negative

    @each("side", positives_detached="watched", negatives_detached="unwatched")
    def one_side_detached(positive, negative, side):
        """The {side} movies' scores are cut out of the graph.
        Should training change the scores of both movies?"""
        return positive.detach() - negative if side == "watched" else positive - negative.detach()

    def all_pairs(positive, negative):
        """Each watched movie is compared with all the unwatched ones of the batch.
        Which unwatched movie belongs to row k?"""
        return positive[:, None] - negative

    def sigmoids_inside_and_outside(positive, negative):
        """Each score goes through a sigmoid before their difference is taken.
        Is the sigmoid applied before or after the subtraction?"""
        return torch.sigmoid(positive) - torch.sigmoid(negative)

    @wrong(CORNER)
    def clamped_difference(positive, negative):
        """The differences are clamped, which stops their gradients outside.
        What gradient does a pair get that is far in the wrong order?"""
        return (positive - negative).clamp(-5, 5)


@part
class probability:
    """Between which values does a sigmoid lie?"""

    def right(difference):
        return torch.sigmoid(difference)

    def sigmoid_of_the_mean(difference):
        """The sigmoid is applied to the mean of the differences, not to each of them.
        Is the mean of a curve's values its value at the mean?"""
        return torch.sigmoid(difference.mean())

    def bpr_without_sigmoid(difference):
        """The sigmoid of the difference is missing."""
        return difference

    def two_sigmoids(positive, negative):
        """Each score has a sigmoid of its own, and the difference has none.
        Is the sigmoid applied before or after the subtraction?"""
        return torch.sigmoid(positive) - torch.sigmoid(negative)

    @each("function", tanh_for_sigmoid="tanh", exponential_for_sigmoid="exp")
    def another_function(difference, function):
        """The function {function} stands for the sigmoid."""
        return getattr(torch, function)(difference)

    def hinge(difference):
        """The loss is a hinge: the difference is cut off at 1.
        What is the loss when both movies score the same?"""
        return difference.clamp(max=1)

    @wrong(CENTRAL)
    def hard_count(difference):
        """Pairs in the right order are counted by a comparison, which has no gradient.
        What is the derivative of a comparison?"""
        return (difference > 0).float()


@part
class terms:
    """Is there a logarithm in the handout's loss?"""

    def right(probability):
        return 1 - probability

    @wrong(CENTRAL, general="bpr-sign-turned")
    def one_minus_missing(probability):
        """The 1 - is missing.
        Is the loss 0 or 1 when the watched movie is far ahead?"""
        return probability

    def negative_sigmoid(probability):
        """A minus stands for the 1 -, for right gradients and values that are one too small.
        What is the loss when both movies score the same?"""
        return -probability

    def log_sigmoid(probability):
        """The loss is -log sigmoid, that of Rendle's paper, not that of this assignment."""
        return -torch.log(probability)

    @each("added", log_sigmoid_and_a_small_number=1e-8, log_sigmoid_and_a_tiny_number=1e-10)
    def log_of_a_sum(probability, added):
        """The loss is -log sigmoid with a number such as {added} added before the logarithm."""
        return -torch.log(probability + added)

    def one_minus_log_sigmoid(probability):
        """The loss is 1 - log sigmoid."""
        return 1 - torch.log(probability)

    @wrong(CENTRAL)
    def log_of_one_minus_sigmoid(difference):
        """The loss is -log(1 - sigmoid), which grows when the watched movie is ahead."""
        return F.softplus(difference)

    def cross_entropy(positive, negative):
        """The loss is the cross entropy of both scores as probabilities.
        Does the handout's loss look at the two scores apart or at their difference?"""
        return F.softplus(-positive) + F.softplus(negative)

    def hinge_without_margin(difference):
        """The loss is a hinge without a margin: a pair in the right order counts nothing.
        What is the loss when both movies score the same?"""
        return F.relu(-difference)


for common in (losses.number, losses.loss, losses.result):
    part(common, "bpr_")


@part
class number:
    def one_minus_the_sum(probability):
        """The mean or sum is taken before the 1 -, so that the 1 counts once for the batch.
        Which terms does the mean have?"""
        return 1 - probability.sum()


@PIPELINE.whole("bpr_loss")
def difference_in_place(positive, negative):
    """The difference is written into the caller's own tensor (-=, sub_).
    Whose tensor is positive_predictions after the call?"""
    positive -= negative
    return (1 - torch.sigmoid(positive)).mean()
