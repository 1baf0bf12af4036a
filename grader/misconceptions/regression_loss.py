"""Question 2b: the loss of the regression."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader.misconceptions import losses
from grader.misconceptions.entry import CENTRAL, each, wrong

PIPELINE = losses.pipeline("2b", "regression_loss(observed, predicted)", values_in="2b-1")
part = PIPELINE.part


@part
class predictions:
    """Are the predictions stars already?"""

    def right(predicted):
        return predicted

    @each("low", clamped_predictions=1, clamped_at_zero=0, clamped_at_half_a_star=0.5)
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
    """What should the loss be when each prediction is right?"""

    def right(observed, predictions):
        return observed - predictions

    def every_rating_with_every_other(observed, predictions):
        """Each prediction is compared with all the ratings of the batch.
        To which shape does PyTorch broadcast (N, 1) and (N,)?"""
        return observed[:, None] - predictions

    def whole_stars(observed, predictions):
        """The observed ratings are cut down to whole numbers.
        Which ratings can a user give beside whole stars?"""
        return observed.trunc() - predictions

    def ratings_scaled(observed, predictions):
        """The errors are divided by the five stars before they are squared.
        In which unit is the loss?"""
        return (observed - predictions) / 5

    @wrong(CENTRAL)
    def ratings_added(observed, predictions):
        """The ratings and the predictions are added, not subtracted."""
        return observed + predictions


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

    @wrong(CENTRAL)
    def doubled_error(error):
        """The errors are multiplied by two, not squared.
        Which operator is a power?"""
        return 2 * error


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
