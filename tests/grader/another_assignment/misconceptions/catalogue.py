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
    usual_severity = "all of it"

    def base(self, file: str) -> list[str]:
        return [IMPORTS_AND_PREDICT]


PIPELINE = Pipeline("f", "line", Output("fit(x, y)", "line"))
part = PIPELINE.part


@part
def slope(x, y):
    return np.cov(x, y, bias=True)[0, 1] / np.var(x)


@part
class intercept:
    def right(x, y, slope):
        return y.mean() - slope * x.mean()

    def through_the_origin():
        """The line goes through the origin: the intercept is always zero.
        Where should the line be at the mean of x?"""
        return 0.0


@part
class line:
    def right(slope, intercept):
        return slope, intercept

    def slope_and_intercept_swapped(slope, intercept):
        """The intercept comes first.
        In which order does the docstring ask for both numbers?"""
        return intercept, slope


def read_catalogue() -> dict[str, Misconception]:
    return PIPELINE.mistakes


def right() -> Composition:
    return Composition(PIPELINE)
