"""Question 2c: the weighted sum of both losses."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, each, wrong
from grader.misconceptions.losses import loss, pipeline, result

PIPELINE = pipeline("2c", "joint_loss(factorization, regression, first, second)", values_in="2c-1")
part = PIPELINE.part


@part
class weights:
    """Must the weights sum to one?"""

    def right(first, second):
        return first, second

    @wrong(CENTRAL)
    def weights_swapped(first, second):
        """The weights are swapped: each loss has the other's.
        Which of the two losses does factorization_weight belong to?"""
        return second, first

    @wrong(CENTRAL)
    @each("done", weights_ignored="added up", losses_averaged="averaged")
    def without_weights(done):
        """The losses are {done} without their weights.
        What should change when a weight changes?"""
        return (1.0, 1.0) if done == "added up" else (0.5, 0.5)

    @wrong(CORNER)
    @each("which", first_weight_from_the_second="first", one_weight_for_both="second")
    def one_minus_the_other(first, second, which):
        """The {which} weight is taken to be one minus the other."""
        return (1 - second, second) if which == "first" else (first, 1 - first)

    @wrong(CENTRAL)
    @each("which", first_weight_twice="first", second_weight_twice="second")
    def twice(first, second, which):
        """Both losses have the {which} weight.
        How many weights are there?"""
        return (first, first) if which == "first" else (second, second)

    @wrong(CENTRAL)
    @each("which", factorization_unweighted="factorization", regression_unweighted="regression")
    def unweighted(first, second, which):
        """The {which} loss has no weight.
        How many weights are there?"""
        return (1.0, second) if which == "factorization" else (first, 1.0)

    def weights_squared(first, second):
        """The weights are squared.
        What is the gradient with respect to a loss?"""
        return first**2, second**2

    def divided_by_the_weights(first, second):
        """The losses are divided by their weights.
        Does a task with a larger weight count more or less?"""
        return 1 / torch.tensor([first, second])


@part
class losses:
    """Which task would then never be trained?"""

    def right(factorization, regression):
        return factorization, regression

    @wrong(CENTRAL)
    @each("which", factorization_forgotten="factorization", regression_forgotten="regression")
    def forgotten(factorization, regression, which):
        """The {which} loss is missing from the sum."""
        return (0.0, regression) if which == "factorization" else (factorization, 0.0)

    @wrong(CENTRAL)
    @each("which", factorization_detached="factorization", regression_detached="regression")
    def detached(factorization, regression, which):
        """The {which} loss is cut out of the graph."""
        if which == "factorization":
            return factorization.detach(), regression
        return factorization, regression.detach()


@part
class number:
    """Which of the two losses does each weight belong to?"""

    def right(weights, losses):
        return weights[0] * losses[0] + weights[1] * losses[1]

    @wrong(CORNER)
    def weights_normalised(weights, losses):
        """The weights are divided by their sum.
        Must the weights sum to one?"""
        return number(weights, losses) / (weights[0] + weights[1])

    @wrong(CENTRAL)
    @each("which", factorization_subtracted="factorization", regression_subtracted="regression")
    def subtracted(weights, losses, which):
        """The {which} loss is subtracted.
        Should training make the {which} loss larger or smaller?"""
        difference = weights[0] * losses[0] - weights[1] * losses[1]
        return difference if which == "regression" else -difference

    def brackets_around_the_sum(weights, losses):
        """The first weight multiplies both losses, for the brackets are around the sum."""
        return weights[0] * (losses[0] + weights[1] * losses[1])

    @wrong(CENTRAL)
    def losses_not_added(weights, losses):
        """The weighted losses are returned as two numbers, without their sum.
        What does backward expect of a loss?"""
        return torch.stack([weights[0] * losses[0], weights[1] * losses[1]])


part(loss, "joint_")
part(result, "joint_")


@PIPELINE.whole("joint_loss")
def joint_loss_in_place(factorization, regression, first, second):
    """The weighted losses are written into the caller's own tensors (*=, +=).
    Whose tensors are both losses after the call?"""
    factorization *= first
    regression *= second
    return factorization + regression
