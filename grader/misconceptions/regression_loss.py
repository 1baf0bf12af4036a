"""Question 2b: the loss of the regression."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader import adapter
from grader.misconceptions import losses
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, each, wrong


def given(name, arguments, weights=()):
    return dict(zip(("observed", "predicted"), adapter.tensors(*arguments)))


CALL = "regression_loss(observed, predicted)"
PIPELINE = Pipeline("2b", Output(CALL, "result", observed=("2b-1", "the loss"), given=given))
part = PIPELINE.part


@part
class ratings:
    def right(observed):
        return observed

    def every_rating_with_every_other(observed):
        """Each prediction is compared with all the ratings of the batch.
        To which shape does PyTorch broadcast (N, 1) and (N,)?"""
        return observed[:, None]

    def whole_stars(observed):
        """The observed ratings are cut down to whole numbers.
        Which ratings can a user give beside whole stars?"""
        return observed.trunc()

    @wrong(CENTRAL)
    def mean_rating(observed):
        """The predictions are compared with the mean rating of the batch.
        Which rating belongs to row k?"""
        return observed.mean()


@part
class predictions:
    """Are the predictions stars already?"""

    def right(predicted):
        return predicted

    @each(
        "low",
        clamped_predictions=1,
        predictions_clamped_at_zero=0,
        predictions_clamped_at_half_a_star=0.5,
    )
    def clamped(predicted, low):
        """The predictions are clamped to {low} to 5 before they are compared.
        What gradient does a prediction outside of {low} to 5 get?"""
        return predicted.clamp(low, 5)

    def negative_predictions_at_zero(predicted):
        """Predictions below zero are set to zero before they are compared.
        What gradient does a prediction below zero get?"""
        return F.relu(predicted)

    @wrong(CENTRAL)
    @each("function", rounded_predictions="round", whole_predictions="trunc")
    def made_whole(predicted, function):
        """The predictions are made whole ({function}), which has no useful gradient.
        What is the derivative of rounding?"""
        return getattr(torch, function)(predicted)

    def sigmoid_of_the_predictions(predicted):
        """A sigmoid is taken of the predictions before they are compared."""
        return torch.sigmoid(predicted)

    @each("low", predictions_squashed_from_zero=0, predictions_squashed_from_one=1)
    def squashed(predicted, low):
        """The predictions are squashed to {low} to 5 by a sigmoid before they are compared."""
        return low + (5 - low) * torch.sigmoid(predicted)


@part
class error:
    """What should the loss be when each prediction is right, or one star too high?"""

    def right(ratings, predictions):
        return ratings - predictions

    def ratings_scaled(ratings, predictions):
        """The errors are divided by the five stars before they are squared.
        In which unit is the loss?"""
        return (ratings - predictions) / 5

    @wrong(CENTRAL)
    def ratings_added(ratings, predictions):
        """The ratings and the predictions are added, not subtracted."""
        return ratings + predictions

    def relative_error(ratings, predictions):
        """The errors are divided by the ratings.
        Does an error of one star count less for a rating of five stars?"""
        return (ratings - predictions) / ratings

    @each("side", too_low_only="low", too_high_only="high")
    def one_side_only(ratings, predictions, side):
        """Only predictions that are too {side} count.
        What is the loss of each other prediction?"""
        return F.relu(ratings - predictions if side == "low" else predictions - ratings)

    def variance(ratings, predictions):
        """The mean error is taken out of the errors."""
        return ratings - predictions - (ratings - predictions).mean()

    @wrong(CENTRAL)
    def predictions_only(predictions):
        """The loss looks at the predictions only."""
        return predictions


@part
class terms:
    """Does an error of two stars count twice or four times as much as one of one star?"""

    def right(error):
        return error**2

    def mean_absolute_error(error):
        """The errors are taken without their signs, but not squared."""
        return error.abs()

    @wrong(CENTRAL)
    def mean_error(error):
        """The errors keep their signs: they are not squared.
        What is the loss of one prediction too high and one as much too low?"""
        return error

    def smooth_absolute_error(error):
        """Small errors are squared and halved, large ones count linearly (smooth L1, Huber)."""
        return F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none")

    @wrong(CORNER)
    def large_errors_linear(error):
        """Errors of more than five stars count linearly (Huber), not squared.
        Does an error of twenty stars count twice or four times as much as one of ten stars?"""
        return 2 * F.huber_loss(error, torch.zeros_like(error), delta=5.0, reduction="none")

    @each("power", cubed_error=3, fourth_power=4)
    def another_power(error, power):
        """The errors are raised to the power of {power}, not squared."""
        return error**power

    @wrong(CENTRAL)
    def doubled_error(error):
        """The errors are multiplied by two, not squared.
        Which operator is a power?"""
        return 2 * error

    @wrong(CENTRAL)
    def classes(ratings, predictions):
        """The loss is the cross entropy of the predictions, as if these were classes.
        How far is a prediction of two stars from four stars?"""
        return -ratings * torch.log_softmax(predictions, dim=0) * len(predictions)

    @wrong(CENTRAL)
    def binary_cross_entropy(ratings, predictions):
        """The loss is the cross entropy of the predictions as probabilities.
        Is a rating a probability?"""
        return F.softplus(predictions) - ratings * predictions


for common in (losses.number, losses.loss, losses.result):
    part(common, "squared_errors_")


@part
class number:
    def square_of_the_mean_error(error):
        """The mean error is squared, so that errors of both signs cancel.
        Is the mean taken before or after the square?"""
        return error.mean() ** 2


@PIPELINE.whole("regression_loss")
def error_in_place(observed, predicted):
    """The error is written into the caller's own tensor (-=, sub_).
    Whose tensor is predicted_ratings after the call?"""
    predicted -= observed
    return (predicted**2).mean()
