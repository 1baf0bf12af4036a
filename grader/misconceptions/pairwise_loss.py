"""Question 2a: the loss of the factorization."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline
from grader.misconceptions.losses import add_mean


def given(name, arguments, weights=()):
    positive, negative = adapter.tensors(*arguments)
    return {"positive": positive, "negative": negative}


PIPELINE = Pipeline(
    "2a",
    Output("bpr_loss(positive, negative)", "result", observed=("2a-2", "the loss"), given=given),
)
part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def watched(positive):
    return positive


@wrong(
    "watched",
    PARTIAL,
    diagnosis="Each watched movie is compared with all the unwatched ones of the batch.",
    question="Which unwatched movie belongs to row k?",
)
def all_pairs(positive):
    return positive[:, None]


@wrong(
    "watched",
    PARTIAL,
    diagnosis="The watched movies' scores are cut out of the graph.",
    question="Should training push watched movies up?",
)
def positives_detached(positive):
    return positive.detach()


@part
def unwatched(negative):
    return negative


@wrong(
    "unwatched",
    PARTIAL,
    diagnosis="The unwatched movies' scores are cut out of the graph.",
    question="Should training push unwatched movies down?",
)
def negatives_detached(negative):
    return negative.detach()


@wrong(
    "unwatched",
    PARTIAL,
    diagnosis="Each watched movie is compared with the mean of the unwatched ones.",
    question="Which unwatched movie belongs to row k?",
)
def mean_of_the_negatives(negative):
    return negative.mean()


@wrong(
    "unwatched",
    PARTIAL,
    diagnosis="Each watched movie is compared with the best unwatched one of the batch.",
    question="Which unwatched movie belongs to row k?",
)
def best_of_the_negatives(negative):
    return negative.max()


@part
def difference(watched, unwatched):
    return watched - unwatched


@wrong(
    "difference",
    CENTRAL,
    diagnosis="The loss has its sign turned: it is small when the unwatched movie scores higher.",
    question="Is the loss 0 or 1 when the watched movie is far ahead?",
)
def bpr_sign_turned(watched, unwatched):
    return unwatched - watched


@wrong(
    "difference",
    PARTIAL,
    diagnosis="The scores of both movies are added, not subtracted.",
    question="What should the loss be when both movies score the same?",
)
def sigmoid_of_the_sum(watched, unwatched):
    return watched + unwatched


@wrong(
    "difference",
    PARTIAL,
    diagnosis="The scores of both movies are multiplied, not subtracted.",
    question="What should the loss be when both movies score the same?",
)
def product_of_the_scores(watched, unwatched):
    return watched * unwatched


@wrong(
    "difference",
    PARTIAL,
    diagnosis="The difference of the scores loses its sign.",
    question="Is a watched movie that is far behind as good as one that is far ahead?",
)
def absolute_difference(watched, unwatched):
    return (watched - unwatched).abs()


@wrong(
    "difference",
    PARTIAL,
    diagnosis="The difference of the scores is squared.",
    question="Is a watched movie that is far behind as good as one that is far ahead?",
)
def squared_difference(watched, unwatched):
    return (watched - unwatched) ** 2


@wrong(
    "difference",
    CENTRAL,
    diagnosis="The loss looks at the watched movies only.",
    question="What should the score of the unwatched movie change?",
)
def positive_scores_only(watched):
    return watched


@wrong(
    "difference",
    CENTRAL,
    diagnosis="The loss looks at the unwatched movies only.",
    question="What should the score of the watched movie change?",
)
def negative_scores_only(unwatched):
    return -unwatched


@wrong(
    "difference",
    PARTIAL,
    diagnosis="Each score goes through a sigmoid before their difference is taken.",
    question="Is the sigmoid applied before or after the subtraction?",
)
def sigmoids_inside_and_outside(watched, unwatched):
    return torch.sigmoid(watched) - torch.sigmoid(unwatched)


@wrong(
    "difference",
    PARTIAL,
    diagnosis="A softmax over the batch is taken of the scores before their difference.",
    question="Should one pair's loss depend on the other pairs?",
)
def softmax_of_each_side(watched, unwatched):
    return torch.softmax(watched, dim=0) - torch.softmax(unwatched, dim=0)


@wrong(
    "difference",
    CORNER,
    diagnosis="The differences are clamped, which stops their gradients outside.",
    question="What gradient does a pair get that is far in the wrong order?",
)
def clamped_difference(watched, unwatched):
    return (watched - unwatched).clamp(-5, 5)


@part
def probability(difference):
    return torch.sigmoid(difference)


@wrong(
    "probability",
    PARTIAL,
    diagnosis="The sigmoid is applied to the mean of the differences, not to each of them.",
    question="Is the mean of a curve's values its value at the mean?",
)
def sigmoid_of_the_mean(difference):
    return torch.sigmoid(difference.mean())


@wrong(
    "probability",
    PARTIAL,
    diagnosis="The sigmoid of the difference is missing.",
    question="Between which values does the loss lie?",
)
def bpr_without_sigmoid(difference):
    return difference


@wrong(
    "probability",
    PARTIAL,
    diagnosis="Each score has a sigmoid of its own, and the difference has none.",
    question="Is the sigmoid applied before or after the subtraction?",
)
def two_sigmoids(watched, unwatched):
    return torch.sigmoid(watched) - torch.sigmoid(unwatched)


@wrong(
    "probability",
    PARTIAL,
    diagnosis="A tanh stands for the sigmoid.",
    question="Between which values does a sigmoid lie?",
)
def tanh_for_sigmoid(difference):
    return torch.tanh(difference)


@wrong(
    "probability",
    PARTIAL,
    diagnosis="An exponential stands for the sigmoid.",
    question="Between which values does a sigmoid lie?",
)
def exponential_for_sigmoid(difference):
    return torch.exp(difference)


@wrong(
    "probability",
    PARTIAL,
    diagnosis="The sigmoid is applied to the difference twice.",
    question="How often is a sigmoid applied in the handout's loss?",
)
def sigmoid_twice(difference):
    return torch.sigmoid(torch.sigmoid(difference))


@wrong(
    "probability",
    PARTIAL,
    diagnosis="The loss is a hinge: the difference is cut off at 1.",
    question="What is the loss when both movies score the same?",
)
def hinge(difference):
    return difference.clamp(max=1)


@wrong(
    "probability",
    CENTRAL,
    diagnosis="Pairs in the right order are counted by a comparison, which has no gradient.",
    question="What is the derivative of a comparison?",
)
def hard_count(difference):
    return (difference > 0).float()


@part
def terms(probability):
    return 1 - probability


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The 1 - is missing.",
    question="Is the loss 0 or 1 when the watched movie is far ahead?",
    general="bpr-sign-turned",
)
def one_minus_missing(probability):
    return probability


@wrong(
    "terms",
    PARTIAL,
    diagnosis="A minus stands for the 1 -, for right gradients and values that are one too small.",
    question="What is the loss when both movies score the same?",
)
def negative_sigmoid(probability):
    return -probability


@wrong(
    "terms",
    PARTIAL,
    diagnosis="One is added where it is to be subtracted from.",
    question="What is the loss when both movies score the same?",
)
def one_plus(probability):
    return 1 + probability


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is -log sigmoid, that of Rendle's paper, not that of this assignment.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid(probability):
    return -torch.log(probability)


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The loss is log sigmoid, which grows when the watched movie is ahead.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_sign_turned(probability):
    return torch.log(probability)


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is 1 - log sigmoid.",
    question="Is there a logarithm in the handout's loss?",
)
def one_minus_log_sigmoid(probability):
    return 1 - torch.log(probability)


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is -log sigmoid with a small number added before the logarithm.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_and_a_small_number(probability):
    return -torch.log(probability + 1e-8)


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is -log sigmoid with a very small number added before the logarithm.",
    question="Is there a logarithm in the handout's loss?",
)
def log_sigmoid_and_a_tiny_number(probability):
    return -torch.log(probability + 1e-10)


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The loss is -log(1 - sigmoid), which grows when the watched movie is ahead.",
    question="Is there a logarithm in the handout's loss?",
)
def log_of_one_minus_sigmoid(difference):
    return F.softplus(difference)


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is the cross entropy of both scores as probabilities.",
    question="Does the handout's loss look at the two scores apart or at their difference?",
)
def cross_entropy(watched, unwatched):
    return F.softplus(-watched) + F.softplus(unwatched)


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The term 1 - sigmoid is squared.",
    question="Is there a square in the handout's loss?",
)
def squared_loss_of_sigmoid(probability):
    return (1 - probability) ** 2


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is a hinge without a margin: a pair in the right order counts nothing.",
    question="What is the loss when both movies score the same?",
)
def hinge_without_margin(difference):
    return F.relu(-difference)


add_mean(PIPELINE, "bpr")


@wrong(
    "number",
    PARTIAL,
    diagnosis="The mean or sum is taken before the 1 -, so that the 1 counts once for the batch.",
    question="Which terms does the mean have?",
)
def one_minus_the_sum(probability):
    return 1 - probability.sum()


@PIPELINE.whole(
    "bpr_loss",
    PARTIAL,
    diagnosis="The difference is written into the caller's own tensor (-=, sub_).",
    question="Whose tensor is positive_predictions after the call?",
)
def difference_in_place(positive, negative):
    positive -= negative
    return (1 - torch.sigmoid(positive)).mean()
