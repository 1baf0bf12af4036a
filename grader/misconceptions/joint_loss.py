"""Question 2c: the weighted sum of both losses."""

import torch

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong
from grader.misconceptions.losses import loss, result


def given(name, arguments, weights):
    factorization, regression = adapter.tensors(*arguments)
    first, second = weights
    return {
        "factorization": factorization,
        "regression": regression,
        "first": first,
        "second": second,
    }


PIPELINE = Pipeline(
    "2c",
    Output(
        "joint_loss(factorization, regression, first, second)",
        "result",
        observed=("2c-1", "the loss"),
        given=given,
    ),
)
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
    def weights_ignored():
        """The losses are added up without their weights.
        What should change when a weight changes?"""
        return 1.0, 1.0

    @wrong(CENTRAL)
    def losses_averaged():
        """The losses are averaged whatever the weights are.
        What should change when a weight changes?"""
        return 0.5, 0.5

    @wrong(CORNER)
    def weights_normalised(first, second):
        """The weights are divided by their sum."""
        return first / (first + second), second / (first + second)

    @wrong(CORNER)
    def one_weight_for_both(first):
        """The second weight is taken to be one minus the first."""
        return first, 1 - first

    @wrong(CORNER)
    def first_weight_from_the_second(second):
        """The first weight is taken to be one minus the second."""
        return 1 - second, second

    @wrong(CENTRAL)
    def first_weight_twice(first):
        """Both losses have the first weight.
        How many weights are there?"""
        return first, first

    @wrong(CENTRAL)
    def second_weight_twice(second):
        """Both losses have the second weight.
        How many weights are there?"""
        return second, second

    @wrong(CENTRAL)
    def regression_unweighted(first):
        """The regression loss has no weight.
        How many weights are there?"""
        return first, 1.0

    @wrong(CENTRAL)
    def factorization_unweighted(second):
        """The factorization loss has no weight.
        How many weights are there?"""
        return 1.0, second

    def weights_squared(first, second):
        """The weights are squared.
        What is the gradient with respect to a loss?"""
        return first**2, second**2

    def softmax_of_the_weights(first, second):
        """A softmax is taken of the weights."""
        return torch.softmax(torch.tensor([first, second]), dim=0)

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
    def regression_forgotten(factorization):
        """The regression loss is missing from the sum."""
        return factorization, 0.0

    @wrong(CENTRAL)
    def factorization_forgotten(regression):
        """The factorization loss is missing from the sum."""
        return 0.0, regression

    @wrong(CENTRAL)
    def regression_detached(factorization, regression):
        """The regression loss is cut out of the graph."""
        return factorization, regression.detach()

    @wrong(CENTRAL)
    def factorization_detached(factorization, regression):
        """The factorization loss is cut out of the graph."""
        return factorization.detach(), regression

    def root_of_the_regression(factorization, regression):
        """A root is taken of the regression loss.
        Is there a root in the handout's loss?"""
        return factorization, regression.sqrt()

    def square_of_the_regression(factorization, regression):
        """The regression loss is squared.
        Is there a square in the handout's loss?"""
        return factorization, regression**2

    def logarithms_of_the_losses(factorization, regression):
        """Logarithms are taken of both losses.
        Is there a logarithm in the handout's loss?"""
        return factorization.log(), regression.log()


@part
class number:
    """Which of the two losses does each weight belong to?"""

    def right(weights, losses):
        return weights[0] * losses[0] + weights[1] * losses[1]

    @wrong(CENTRAL)
    def regression_subtracted(weights, losses):
        """The regression loss is subtracted.
        Should training make the regression loss larger or smaller?"""
        return weights[0] * losses[0] - weights[1] * losses[1]

    @wrong(CENTRAL)
    def factorization_subtracted(weights, losses):
        """The factorization loss is subtracted.
        Should training make the factorization loss larger or smaller?"""
        return weights[1] * losses[1] - weights[0] * losses[0]

    def losses_multiplied(weights, losses):
        """The weighted losses are multiplied, not added.
        What is the gradient of one loss when the other is zero?"""
        return weights[0] * losses[0] * weights[1] * losses[1]

    def larger_loss_only(weights, losses):
        """Only the larger of the weighted losses counts.
        Should both tasks be trained at each step?"""
        return torch.maximum(weights[0] * losses[0], weights[1] * losses[1])

    def sum_times_sum(weights, losses):
        """The weights and the losses are summed apart, and the sums are multiplied."""
        return (weights[0] + weights[1]) * (losses[0] + losses[1])

    def brackets_around_the_sum(weights, losses):
        """The first weight multiplies both losses, for the brackets are around the sum."""
        return weights[0] * (losses[0] + weights[1] * losses[1])

    def weights_added(weights, losses):
        """The weights are added to the losses, not multiplied with them.
        What is the gradient with respect to a loss?"""
        return weights[0] + losses[0] + weights[1] + losses[1]

    def weights_as_exponents(weights, losses):
        """The weights are exponents of the losses.
        What is the gradient with respect to a loss?"""
        return losses[0] ** weights[0] + losses[1] ** weights[1]

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
