"""Two mistakes, each a whole file."""

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

RIGHT = """
import numpy as np


def predict(x, slope, intercept):
    return slope * x + intercept


def fit(x, y):
    slope = np.cov(x, y, bias=True)[0, 1] / np.var(x)
    return slope, y.mean() - slope * x.mean()
"""


@dataclass(frozen=True)
class Misconception:
    """A mistake: its sentences, and the text that it replaces by another."""

    id: str
    asked_in: str
    diagnosis: str
    question: str
    replaced: tuple[str, str]
    indistinguishable_from: str = ""

    @property
    def source(self) -> str:
        assert self.replaced[0] in RIGHT
        return RIGHT.replace(*self.replaced)

    @cached_property
    def modules(self) -> dict[str, ModuleType]:
        module = ModuleType("line")
        exec(compile(self.source, f"<{self.id}>", "exec"), vars(module))
        return {"line": module}


def read_catalogue() -> dict[str, Misconception]:
    entries = (
        Misconception(
            "through-the-origin",
            "f",
            "The line goes through the origin: the intercept is always zero.",
            "Where should the line be at the mean of x?",
            ("y.mean() - slope * x.mean()", "0.0"),
        ),
        Misconception(
            "slope-and-intercept-swapped",
            "f",
            "The intercept comes first.",
            "In which order does the docstring ask for both numbers?",
            ("slope, y.mean() - slope * x.mean()", "y.mean() - slope * x.mean(), slope"),
        ),
    )
    return {entry.id: entry for entry in entries}
