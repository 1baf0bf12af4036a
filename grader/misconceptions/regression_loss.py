"""Question 2b: the loss of the regression."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline


def given(name, arguments, weights=()):
    observed, predicted = adapter.tensors(*arguments)
    return {"observed": observed, "predicted": predicted}


PIPELINE = Pipeline(
    "2b",
    Output(
        "regression_loss(observed, predicted)",
        "result",
        observed=("2b-1", "the loss"),
        given=given,
    ),
)
part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def error(observed, predicted):
    return observed - predicted


@wrong(
    "error",
    PARTIAL,
    diagnosis="Each prediction is compared with all the ratings of the batch.",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def every_rating_with_every_other(observed, predicted):
    return observed[:, None] - predicted


@wrong(
    "error",
    PARTIAL,
    diagnosis="The predictions are clamped to 1 to 5 before they are compared.",
    question="What gradient does a prediction outside of 1 to 5 get?",
)
def clamped_predictions(observed, predicted):
    return observed - predicted.clamp(1, 5)


@wrong(
    "error",
    CENTRAL,
    diagnosis="The predictions are rounded before they are compared, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def rounded_predictions(observed, predicted):
    return observed - predicted.round()


@wrong(
    "error",
    PARTIAL,
    diagnosis="The errors are divided by the five stars before they are squared.",
    question="In which unit is the loss?",
)
def ratings_scaled(observed, predicted):
    return (observed - predicted) / 5


@part
def penalty(error):
    return error**2


@wrong(
    "penalty",
    PARTIAL,
    diagnosis="The errors are taken without their signs, but not squared.",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def mean_absolute_error(error):
    return error.abs()


@wrong(
    "penalty",
    CENTRAL,
    diagnosis="The errors keep their signs: they are not squared.",
    question="What is the loss of one prediction too high and one as much too low?",
)
def mean_error(error):
    return error


@wrong(
    "penalty",
    PARTIAL,
    diagnosis="Small errors are squared and halved, large ones count linearly (smooth L1, Huber).",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def smooth_absolute_error(error):
    return F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none")


@wrong(
    "penalty",
    CORNER,
    diagnosis="Errors of more than five stars count linearly (Huber), not squared.",
    question="Does an error of twenty stars count twice or four times as much as one of ten stars?",
)
def large_errors_linear(error):
    return 2 * F.huber_loss(error, torch.zeros_like(error), delta=5.0, reduction="none")


@part
def reduced(penalty):
    return penalty.mean()


@wrong(
    "reduced",
    PARTIAL,
    diagnosis="The terms of the batch are summed, not averaged.",
    question="Should the loss of a larger batch be larger?",
)
def squared_errors_summed(penalty):
    return penalty.sum()


@wrong(
    "reduced",
    CENTRAL,
    diagnosis="The loss has one number for each pair: the mean is missing.",
    question="What does backward expect of a loss?",
)
def squared_errors_not_reduced(penalty):
    return penalty


@wrong(
    "reduced",
    PARTIAL,
    diagnosis="The mean error is squared, so that errors of both signs cancel.",
    question="Is the mean taken before or after the square?",
)
def square_of_the_mean_error(error):
    return error.mean() ** 2


@wrong(
    "reduced",
    PARTIAL,
    diagnosis="The sum over the batch is divided by one less than the batch.",
    question="How many terms does the mean have?",
)
def sample_variance(penalty):
    return penalty.sum() / (len(penalty) - 1)


@part
def loss(reduced):
    return reduced


@wrong(
    "loss",
    PARTIAL,
    diagnosis="The loss is the root of what the handout asks for.",
    question="Is there a root in the mean squared error?",
)
def root_mean_squared_error(reduced):
    return reduced.sqrt()


@wrong(
    "loss",
    PARTIAL,
    diagnosis="The loss is halved.",
    question="What is the loss when each prediction is one star off?",
)
def half_squared_error(reduced):
    return reduced / 2


@wrong(
    "loss",
    PARTIAL,
    diagnosis="The sign of the loss is turned around, so that training makes the errors larger.",
    question="Does the optimizer look for a small loss or for a large one?",
)
def negative_loss(reduced):
    return -reduced


@part
def result(loss):
    return loss


@wrong(
    "result",
    CENTRAL,
    diagnosis="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    question="What does backward need beside a number?",
)
def regression_as_number(loss):
    return loss.detach()
