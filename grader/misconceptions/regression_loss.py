"""Question 2b: the loss of the regression."""

import torch.nn.functional as F  # noqa: N812

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The loss is the root of the mean squared error.",
    question="Is there a root in the mean squared error?",
)
def root_mean_squared_error(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean().sqrt()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The loss is the mean absolute error.",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def mean_absolute_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).abs().mean()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The squared errors are summed, not averaged.",
    question="Should the loss of a larger batch be larger?",
)
def squared_errors_summed(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).sum()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The mean squared error is halved.",
    question="What is the loss when each prediction is one star off?",
)
def half_squared_error(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean() / 2


@wrong(
    "2b",
    "regression_loss",
    CENTRAL,
    diagnosis="The loss has one number for each pair: the mean is missing.",
    question="What does backward expect of a loss?",
)
def squared_errors_not_reduced(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings) ** 2


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The mean error is squared, so that errors of both signs cancel.",
    question="Is the mean taken before or after the square?",
)
def square_of_the_mean_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).mean() ** 2


@wrong(
    "2b",
    "regression_loss",
    CENTRAL,
    diagnosis="The errors are averaged with their signs.",
    question="What is the loss of one prediction too high and one as much too low?",
)
def mean_error(observed_ratings, predicted_ratings):
    return (observed_ratings - predicted_ratings).mean()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="Each prediction is compared with all the ratings of the batch.",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def every_rating_with_every_other(observed_ratings, predicted_ratings):
    return ((observed_ratings[:, None] - predicted_ratings) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The loss is smooth L1 (Huber), which is linear for large errors.",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def smooth_absolute_error(observed_ratings, predicted_ratings):
    return F.smooth_l1_loss(predicted_ratings, observed_ratings)


@wrong(
    "2b",
    "regression_loss",
    CORNER,
    diagnosis="Errors of more than five stars count linearly (Huber), not squared.",
    question="Does an error of twenty stars count twice or four times as much as one of ten stars?",
)
def large_errors_linear(observed_ratings, predicted_ratings):
    return 2 * F.huber_loss(predicted_ratings, observed_ratings, delta=5.0)


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The predictions are clamped to 1 to 5 before they are compared.",
    question="What gradient does a prediction outside of 1 to 5 get?",
)
def clamped_predictions(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings.clamp(1, 5)) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    CENTRAL,
    diagnosis="The predictions are rounded before they are compared, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def rounded_predictions(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings.round()) ** 2).mean()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The sum of squares is divided by one less than the batch.",
    question="How many terms does the mean have?",
)
def sample_variance(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).sum() / (len(observed_ratings) - 1)


@wrong(
    "2b",
    "regression_loss",
    CENTRAL,
    diagnosis="The loss is a plain number (.item() or .detach()): no gradient flows through it.",
    question="What does backward need beside a number?",
)
def regression_as_number(observed_ratings, predicted_ratings):
    return ((observed_ratings - predicted_ratings) ** 2).mean().detach()


@wrong(
    "2b",
    "regression_loss",
    PARTIAL,
    diagnosis="The errors are divided by the five stars before they are squared.",
    question="In which unit is the loss?",
)
def ratings_scaled(observed_ratings, predicted_ratings):
    return (((observed_ratings - predicted_ratings) / 5) ** 2).mean()
