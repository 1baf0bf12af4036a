"""Questions 2a to 2c: what their losses have in common, and the mistakes that each may have.

Each loss has terms of its own. These become one number, and the number is what is returned.
"""

from grader import adapter
from grader.misconceptions.entry import CENTRAL, Output, Pipeline, each, wrong


def pipeline(question, call, values_in):
    """Return the pipeline of a loss, whose values the test ``values_in`` shows."""

    def given(name, arguments, weights=()):
        return dict(zip(output.start, (*adapter.tensors(*arguments), *weights)))

    output = Output(call, "result", observed=(values_in, "the loss"), given=given)
    return Pipeline(question, output)


class number:
    """Over what is the mean taken?"""

    def right(terms):
        return terms.mean()

    def summed(terms):
        """The terms of the batch are summed, not averaged.
        Should the loss of a larger batch be larger?"""
        return terms.sum()

    @wrong(CENTRAL)
    def not_reduced(terms):
        """The loss has one number for each pair: the mean is missing.
        What does backward expect of a loss?"""
        return terms

    def divided_twice(terms):
        """The mean over the batch is divided by its size once more.
        Should the loss of a larger batch be smaller?"""
        return terms.mean() / len(terms)

    def first_pair(terms):
        """Only the first pair of the batch counts."""
        return terms[0]


class loss:
    """Is there a factor in front of the handout's loss?"""

    def right(number):
        return number

    @each("done", halved="halved", doubled="doubled")
    def scaled(number, done):
        """The loss is {done}."""
        return number / 2 if done == "halved" else 2 * number

    @wrong(CENTRAL)
    def negative(number):
        """The loss is multiplied by minus one.
        Does the optimizer make a loss small or large?"""
        return -number

    def root(number):
        """A root is taken of the loss.
        Is there a root in the handout's loss?"""
        return number.sqrt()


class result:
    """What does backward need beside a number?"""

    def right(loss):
        return loss

    @wrong(CENTRAL)
    def as_number(loss):
        """The loss is cut out of the graph (.detach(), .data, no_grad or a new tensor)."""
        return loss.detach()

    @wrong(CENTRAL)
    def as_python_number(loss):
        """The loss is a number of Python (.item() or float), not a tensor."""
        return loss.item()

    def in_a_row(loss):
        """The loss is a tensor with a dimension too many.
        Which shape has a single number?"""
        return loss.unsqueeze(0)
