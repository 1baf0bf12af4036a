"""Question 2b: the loss of the regression."""

import math

import torch
import torch.nn.functional as F  # noqa: N812

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline
from grader.misconceptions.losses import add_mean


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
def ratings(observed):
    return observed


@wrong(
    "ratings",
    PARTIAL,
    diagnosis="Each prediction is compared with all the ratings of the batch.",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def every_rating_with_every_other(observed):
    return observed[:, None]


@wrong(
    "ratings",
    PARTIAL,
    diagnosis="The observed ratings are cut down to whole numbers.",
    question="Which ratings can a user give beside whole stars?",
)
def whole_stars(observed):
    return observed.trunc()


@wrong(
    "ratings",
    CENTRAL,
    diagnosis="The predictions are compared with the mean rating of the batch.",
    question="Which rating belongs to row k?",
)
def mean_rating(observed):
    return observed.mean()


@part
def predictions(predicted):
    return predicted


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="The predictions are clamped to 1 to 5 before they are compared.",
    question="What gradient does a prediction outside of 1 to 5 get?",
)
def clamped_predictions(predicted):
    return predicted.clamp(1, 5)


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="The predictions are clamped to 0 to 5 before they are compared.",
    question="What gradient does a prediction outside of 0 to 5 get?",
)
def predictions_clamped_at_zero(predicted):
    return predicted.clamp(0, 5)


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="The predictions are clamped to 0.5 to 5 before they are compared.",
    question="What gradient does a prediction outside of 0.5 to 5 get?",
)
def predictions_clamped_at_half_a_star(predicted):
    return predicted.clamp(0.5, 5)


@wrong(
    "predictions",
    CENTRAL,
    diagnosis="The predictions are rounded before they are compared, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def rounded_predictions(predicted):
    return predicted.round()


@wrong(
    "predictions",
    CENTRAL,
    diagnosis="The predictions are cut down to whole numbers, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def whole_predictions(predicted):
    return predicted.trunc()


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="A sigmoid is taken of the predictions before they are compared.",
    question="Are the predictions stars already?",
)
def sigmoid_of_the_predictions(predicted):
    return torch.sigmoid(predicted)


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="The predictions are squashed to 0 to 5 by a sigmoid before they are compared.",
    question="Are the predictions stars already?",
)
def predictions_squashed_from_zero(predicted):
    return 5 * torch.sigmoid(predicted)


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="The predictions are squashed to 1 to 5 by a sigmoid before they are compared.",
    question="Are the predictions stars already?",
)
def predictions_squashed_from_one(predicted):
    return 1 + 4 * torch.sigmoid(predicted)


@wrong(
    "predictions",
    PARTIAL,
    diagnosis="Predictions below zero are set to zero before they are compared.",
    question="What gradient does a prediction below zero get?",
)
def negative_predictions_at_zero(predicted):
    return F.relu(predicted)


@part
def error(ratings, predictions):
    return ratings - predictions


@wrong(
    "error",
    PARTIAL,
    diagnosis="The errors are divided by the five stars before they are squared.",
    question="In which unit is the loss?",
)
def ratings_scaled(ratings, predictions):
    return (ratings - predictions) / 5


@wrong(
    "error",
    CENTRAL,
    diagnosis="The ratings and the predictions are added, not subtracted.",
    question="What should the loss be when each prediction is right?",
)
def ratings_added(ratings, predictions):
    return ratings + predictions


@wrong(
    "error",
    PARTIAL,
    diagnosis="The errors are divided by the ratings.",
    question="Does an error of one star count less for a rating of five stars?",
)
def relative_error(ratings, predictions):
    return (ratings - predictions) / ratings


@wrong(
    "error",
    PARTIAL,
    diagnosis="Only predictions that are too low count.",
    question="What is the loss of a prediction that is too high?",
)
def too_low_only(ratings, predictions):
    return F.relu(ratings - predictions)


@wrong(
    "error",
    PARTIAL,
    diagnosis="Only predictions that are too high count.",
    question="What is the loss of a prediction that is too low?",
)
def too_high_only(ratings, predictions):
    return F.relu(predictions - ratings)


@wrong(
    "error",
    PARTIAL,
    diagnosis="The mean error is taken out of the errors.",
    question="What is the loss when each prediction is one star too high?",
)
def variance(ratings, predictions):
    return ratings - predictions - (ratings - predictions).mean()


@wrong(
    "error",
    CENTRAL,
    diagnosis="The loss looks at the predictions only.",
    question="What are the predictions compared with?",
)
def predictions_only(predictions):
    return predictions


@part
def terms(error):
    return error**2


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The errors are taken without their signs, but not squared.",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def mean_absolute_error(error):
    return error.abs()


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The errors keep their signs: they are not squared.",
    question="What is the loss of one prediction too high and one as much too low?",
)
def mean_error(error):
    return error


@wrong(
    "terms",
    PARTIAL,
    diagnosis="Small errors are squared and halved, large ones count linearly (smooth L1, Huber).",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def smooth_absolute_error(error):
    return F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none")


@wrong(
    "terms",
    CORNER,
    diagnosis="Errors of more than five stars count linearly (Huber), not squared.",
    question="Does an error of twenty stars count twice or four times as much as one of ten stars?",
)
def large_errors_linear(error):
    return 2 * F.huber_loss(error, torch.zeros_like(error), delta=5.0, reduction="none")


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The errors are cubed, not squared.",
    question="What is the loss of one prediction too high and one as much too low?",
)
def cubed_error(error):
    return error**3


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The errors are raised to the fourth power, not squared.",
    question="Does an error of two stars count four times as much as one of one star, or more?",
)
def fourth_power(error):
    return error**4


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The errors are multiplied by two, not squared.",
    question="Which operator is a power?",
)
def doubled_error(error):
    return 2 * error


@wrong(
    "terms",
    PARTIAL,
    diagnosis="The loss is log cosh of the errors, which is linear for large ones.",
    question="Does an error of two stars count twice or four times as much as one of one star?",
)
def log_cosh(error):
    return error.abs() + F.softplus(-2 * error.abs()) - math.log(2)


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The loss is the cross entropy of the predictions, as if these were classes.",
    question="How far is a prediction of two stars from four stars?",
)
def classes(ratings, predictions):
    return -ratings * torch.log_softmax(predictions, dim=0) * len(predictions)


@wrong(
    "terms",
    CENTRAL,
    diagnosis="The loss is the cross entropy of the predictions as probabilities.",
    question="Is a rating a probability?",
)
def binary_cross_entropy(ratings, predictions):
    return F.softplus(predictions) - ratings * predictions


add_mean(PIPELINE, "squared_errors")


@wrong(
    "number",
    PARTIAL,
    diagnosis="The mean error is squared, so that errors of both signs cancel.",
    question="Is the mean taken before or after the square?",
)
def square_of_the_mean_error(error):
    return error.mean() ** 2


@PIPELINE.whole(
    "regression_loss",
    PARTIAL,
    diagnosis="The error is written into the caller's own tensor (-=, sub_).",
    question="Whose tensor is predicted_ratings after the call?",
)
def error_in_place(observed, predicted):
    predicted -= observed
    return (predicted**2).mean()
