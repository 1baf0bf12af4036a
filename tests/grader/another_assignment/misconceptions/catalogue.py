"""Two mistakes in the three parts of a fit."""

import numpy as np

from grader.engine import composition
from grader.engine.composition import Composition, Misconception, Output

IMPORTS_AND_PREDICT = """
import numpy as np


def predict(x, slope, intercept):
    return slope * x + intercept
"""


class Pipeline(composition.Pipeline):
    files = ("line",)

    def base(self, file: str) -> list[str]:
        return [IMPORTS_AND_PREDICT]


PIPELINE = Pipeline("f", "line", Output("fit(x, y)", "line"))
part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def slope(x, y):
    return np.cov(x, y, bias=True)[0, 1] / np.var(x)


@part
def intercept(x, y, slope):
    return y.mean() - slope * x.mean()


@wrong(
    "intercept",
    "all of it",
    diagnosis="The line goes through the origin: the intercept is always zero.",
    question="Where should the line be at the mean of x?",
)
def through_the_origin():
    return 0.0


@part
def line(slope, intercept):
    return slope, intercept


@wrong(
    "line",
    "all of it",
    diagnosis="The intercept comes first.",
    question="In which order does the docstring ask for both numbers?",
)
def slope_and_intercept_swapped(slope, intercept):
    return intercept, slope


def read_catalogue() -> dict[str, Misconception]:
    return PIPELINE.mistakes


def right() -> Composition:
    return Composition(PIPELINE)
