"""Question 2a: the loss of the factorization."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader import adapter
from grader.misconceptions import losses
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong


def given(name, arguments, weights=()):
    positive, negative = adapter.tensors(*arguments)
    return {"positive": positive, "negative": negative}


PIPELINE = Pipeline(
    "2a",
    Output("bpr_loss(positive, negative)", "result", observed=("2a-2", "the loss"), given=given),
)
part = PIPELINE.part


@part
class watched:
    def right(positive):
        return positive

    def all_pairs(positive):
        """Each watched movie is compared with all the unwatched ones of the batch.
        Which unwatched movie belongs to row k?"""
        return positive[:, None]

    def positives_detached(positive):
        """The watched movies' scores are cut out of the graph.
        Should training push watched movies up?"""
        return positive.detach()


@part
class unwatched:
    """Which unwatched movie belongs to row k?"""

    def right(negative):
        return negative

    def negatives_detached(negative):
        """The unwatched movies' scores are cut out of the graph.
        Should training push unwatched movies down?"""
        return negative.detach()

    def mean_of_the_negatives(negative):
        """Each watched movie is compared with the mean of the unwatched ones."""
        return negative.mean()

    def best_of_the_negatives(negative):
        """Each watched movie is compared with the best unwatched one of the batch."""
        return negative.max()


@part
class difference:
    """What should the loss be when both movies score the same?"""

    def right(watched, unwatched):
        return watched - unwatched

    @wrong(CENTRAL)
    def bpr_sign_turned(watched, unwatched):
        """The loss has its sign turned: it is small when the unwatched movie scores higher.
        Is the loss 0 or 1 when the watched movie is far ahead?"""
        return unwatched - watched

    def sigmoid_of_the_sum(watched, unwatched):
        """The scores of both movies are added, not subtracted."""
        return watched + unwatched

    def product_of_the_scores(watched, unwatched):
        """The scores of both movies are multiplied, not subtracted."""
        return watched * unwatched

    def absolute_difference(watched, unwatched):
        """The difference of the scores loses its sign.
        Is a watched movie that is far behind as good as one that is far ahead?"""
        return (watched - unwatched).abs()

    def squared_difference(watched, unwatched):
        """The difference of the scores is squared.
        Is a watched movie that is far behind as good as one that is far ahead?"""
        return (watched - unwatched) ** 2

    @wrong(CENTRAL)
    def positive_scores_only(watched):
        """The loss looks at the watched movies only.
        What should the score of the unwatched movie change?"""
        return watched

    @wrong(CENTRAL)
    def negative_scores_only(unwatched):
        """The loss looks at the unwatched movies only.
        What should the score of the watched movie change?"""
        return -unwatched

    def sigmoids_inside_and_outside(watched, unwatched):
        """Each score goes through a sigmoid before their difference is taken.
        Is the sigmoid applied before or after the subtraction?"""
        return torch.sigmoid(watched) - torch.sigmoid(unwatched)

    def softmax_of_each_side(watched, unwatched):
        """A softmax over the batch is taken of the scores before their difference.
        Should one pair's loss depend on the other pairs?"""
        return torch.softmax(watched, dim=0) - torch.softmax(unwatched, dim=0)

    @wrong(CORNER)
    def clamped_difference(watched, unwatched):
        """The differences are clamped, which stops their gradients outside.
        What gradient does a pair get that is far in the wrong order?"""
        return (watched - unwatched).clamp(-5, 5)


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
        """The sigmoid of the difference is missing.
        Between which values does the loss lie?"""
        return difference

    def two_sigmoids(watched, unwatched):
        """Each score has a sigmoid of its own, and the difference has none.
        Is the sigmoid applied before or after the subtraction?"""
        return torch.sigmoid(watched) - torch.sigmoid(unwatched)

    def tanh_for_sigmoid(difference):
        """A tanh stands for the sigmoid."""
        return torch.tanh(difference)

    def exponential_for_sigmoid(difference):
        """An exponential stands for the sigmoid."""
        return torch.exp(difference)

    def sigmoid_twice(difference):
        """The sigmoid is applied to the difference twice.
        How often is a sigmoid applied in the handout's loss?"""
        return torch.sigmoid(torch.sigmoid(difference))

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

    def one_plus(probability):
        """One is added where it is to be subtracted from.
        What is the loss when both movies score the same?"""
        return 1 + probability

    def log_sigmoid(probability):
        """The loss is -log sigmoid, that of Rendle's paper, not that of this assignment."""
        return -torch.log(probability)

    @wrong(CENTRAL)
    def log_sigmoid_sign_turned(probability):
        """The loss is log sigmoid, which grows when the watched movie is ahead."""
        return torch.log(probability)

    def one_minus_log_sigmoid(probability):
        """The loss is 1 - log sigmoid."""
        return 1 - torch.log(probability)

    def log_sigmoid_and_a_small_number(probability):
        """The loss is -log sigmoid with a small number added before the logarithm."""
        return -torch.log(probability + 1e-8)

    def log_sigmoid_and_a_tiny_number(probability):
        """The loss is -log sigmoid with a very small number added before the logarithm."""
        return -torch.log(probability + 1e-10)

    @wrong(CENTRAL)
    def log_of_one_minus_sigmoid(difference):
        """The loss is -log(1 - sigmoid), which grows when the watched movie is ahead."""
        return F.softplus(difference)

    def cross_entropy(watched, unwatched):
        """The loss is the cross entropy of both scores as probabilities.
        Does the handout's loss look at the two scores apart or at their difference?"""
        return F.softplus(-watched) + F.softplus(unwatched)

    def squared_loss_of_sigmoid(probability):
        """The term 1 - sigmoid is squared.
        Is there a square in the handout's loss?"""
        return (1 - probability) ** 2

    def hinge_without_margin(difference):
        """The loss is a hinge without a margin: a pair in the right order counts nothing.
        What is the loss when both movies score the same?"""
        return F.relu(-difference)


part(losses.number, "bpr_")
part(losses.loss, "bpr_")
part(losses.result, "bpr_")


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
