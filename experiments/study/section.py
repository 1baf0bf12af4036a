"""An answered question, as the page, the notebook and the files of a study show it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure

from experiments.plots import picture_bytes
from experiments.study.statistics import Estimate
from problem_set.environment import PYTHON

MINUS = "−"


@dataclass(frozen=True)
class Question:
    """A question to the study.

    Attributes
    ----------
    key : str
        Names the section's files.
    title : str
    parts : tuple of str
        The parts of a study that answer it.
    needs : str
        The fewest runs that answer it.
    """

    key: str
    title: str
    parts: tuple[str, ...]
    needs: str

    @property
    def command(self) -> str:
        parts = " ".join(f"--part {part}" for part in self.parts)
        return f"{PYTHON} -m experiments study {parts}"


@dataclass(frozen=True)
class Table:
    """Rows of equal headings; the first cell names the row."""

    caption: str
    rows: Sequence[Mapping[str, object]]

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(self.rows[0])

    @property
    def cells(self) -> list[list[str]]:
        """The rows as people read them."""
        return [[as_text(cell) for cell in row.values()] for row in self.rows]

    @property
    def data(self) -> pd.DataFrame:
        """The rows at full precision; an estimate has columns for the ends of its interval."""
        wide = []
        for row in self.rows:
            cells: dict[str, object] = {}
            for heading, cell in row.items():
                if isinstance(cell, Estimate):
                    cells |= {heading: cell.value}
                    cells |= {f"{heading}, low": cell.low, f"{heading}, high": cell.high}
                else:
                    cells[heading] = cell
            wide.append(cells)
        return pd.DataFrame(wide)


@dataclass(frozen=True)
class Section:
    """An answered question.

    Attributes
    ----------
    question : Question
    lead : str
        What was done.
    findings : tuple of str
        What came out, in sentences made from the measurements.
    figure : Figure or None
    caption : str
        Of the figure; with findings and tables it says all that the figure shows.
    tables : tuple of Table
        The first one is the section's file, at full precision.
    latex : str
        A table for the handout, where there is one.
    """

    question: Question
    lead: str
    findings: tuple[str, ...]
    figure: Figure | None = None
    caption: str = ""
    tables: tuple[Table, ...] = ()
    latex: str = ""

    @cached_property
    def png(self) -> bytes | None:
        """The figure as a PNG, drawn once."""
        return picture_bytes(self.figure, "png") if self.figure else None


def decimals_of(estimate: Estimate) -> int:
    """Return the decimals that show two digits of the interval's half width, at most 5.

    Without a width they are those that show four digits of the value, at most 4.
    """
    half = (estimate.high - estimate.low) / 2
    if not (math.isfinite(half) and half > 0):
        digits = math.floor(math.log10(abs(estimate.value))) if estimate.value else 0
        return min(4, max(0, 3 - digits))
    return min(5, max(0, 1 - math.floor(math.log10(half))))


def as_text(cell: object) -> str:
    return with_interval(cell) if isinstance(cell, Estimate) else str(cell)


def fixed(value: float, decimals: int) -> str:
    """Return a number with a real minus sign."""
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def with_interval(estimate: Estimate) -> str:
    """Return ``0.907 [0.894, 0.921]``; a dash for the interval of a single seed."""
    decimals = decimals_of(estimate)
    value = fixed(estimate.value, decimals)
    if math.isnan(estimate.low):
        return f"{value} [–]"
    return f"{value} [{fixed(estimate.low, decimals)}, {fixed(estimate.high, decimals)}]"


def with_seeds(estimate: Estimate) -> str:
    """Return ``0.907 [0.894, 0.921], N = 10``."""
    return f"{with_interval(estimate)}, N = {estimate.count}"


def listed(names: list[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def sentence(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]
