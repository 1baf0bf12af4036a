"""Questions 2a to 2c: what their losses have in common, and the mistakes that each may have.

Each loss has terms of its own. These become one number, and the number is what is returned.
"""

from collections.abc import Callable

from grader.misconceptions.entry import CENTRAL, PARTIAL, Pipeline

MISTAKES: list[tuple[Callable, str, str, str, str]] = []


def wrong(
    part: str, severity: str, diagnosis: str, question: str
) -> Callable[[Callable], Callable]:
    def add(function: Callable) -> Callable:
        MISTAKES.append((function, part, severity, diagnosis, question))
        return function

    return add


def add_result(pipeline: Pipeline, name: str) -> None:
    """Add what becomes of the number of a loss; ids of mistakes begin with ``name``."""
    _add(pipeline, name, loss, result)


def add_mean(pipeline: Pipeline, name: str) -> None:
    """Add the mean of the terms, and what becomes of it."""
    _add(pipeline, name, number, loss, result)


def _add(pipeline: Pipeline, name: str, *parts: Callable) -> None:
    for right in parts:
        pipeline.part(right)
        for function, part, severity, diagnosis, question in MISTAKES:
            if part == right.__name__:
                id_ = f"{name}_{function.__name__}"
                pipeline.wrong(part, severity, diagnosis, question, name=id_)(function)


def number(terms):
    return terms.mean()


@wrong(
    "number",
    PARTIAL,
    diagnosis="The terms of the batch are summed, not averaged.",
    question="Should the loss of a larger batch be larger?",
)
def summed(terms):
    return terms.sum()


@wrong(
    "number",
    CENTRAL,
    diagnosis="The loss has one number for each pair: the mean is missing.",
    question="What does backward expect of a loss?",
)
def not_reduced(terms):
    return terms


@wrong(
    "number",
    PARTIAL,
    diagnosis="The sum over the batch is divided by one less than its size.",
    question="How many terms does the mean have?",
)
def one_term_fewer(terms):
    return terms.sum() / (len(terms) - 1)


@wrong(
    "number",
    PARTIAL,
    diagnosis="The mean over the batch is divided by its size once more.",
    question="Should the loss of a larger batch be smaller?",
)
def divided_twice(terms):
    return terms.mean() / len(terms)


@wrong(
    "number",
    PARTIAL,
    diagnosis="The loss is the median of the batch, not its mean.",
    question="Which pairs would then have a gradient?",
)
def median_term(terms):
    return terms.median()


@wrong(
    "number",
    PARTIAL,
    diagnosis="Only the largest term of the batch counts.",
    question="Which pairs would then have a gradient?",
)
def largest(terms):
    return terms.max()


@wrong(
    "number",
    PARTIAL,
    diagnosis="Only the first pair of the batch counts.",
    question="Over what is the mean taken?",
)
def first_pair(terms):
    return terms[0]


def loss(number):
    return number


@wrong(
    "loss",
    PARTIAL,
    diagnosis="The loss is halved.",
    question="Is there a factor in front of the handout's loss?",
)
def halved(number):
    return number / 2


@wrong(
    "loss",
    PARTIAL,
    diagnosis="The loss is doubled.",
    question="Is there a factor in front of the handout's loss?",
)
def doubled(number):
    return 2 * number


@wrong(
    "loss",
    CENTRAL,
    diagnosis="The loss is multiplied by minus one.",
    question="Does the optimizer make a loss small or large?",
)
def negative(number):
    return -number


@wrong(
    "loss",
    PARTIAL,
    diagnosis="A root is taken of the loss.",
    question="Is there a root in the handout's loss?",
)
def root(number):
    return number.sqrt()


def result(loss):
    return loss


@wrong(
    "result",
    CENTRAL,
    diagnosis="The loss is cut out of the graph (.detach(), .data, no_grad or a new tensor).",
    question="What does backward need beside a number?",
)
def as_number(loss):
    return loss.detach()


@wrong(
    "result",
    CENTRAL,
    diagnosis="The loss is a number of Python (.item() or float), not a tensor.",
    question="What does backward need beside a number?",
)
def as_python_number(loss):
    return loss.item()


@wrong(
    "result",
    PARTIAL,
    diagnosis="The loss is a tensor with a dimension too many.",
    question="Which shape has a single number?",
)
def in_a_row(loss):
    return loss.unsqueeze(0)
