"""What the page, the notebook and the files of ``results/study/`` have in common.

A section's sentences are made from the measurements; what runs were not made for is left out.
"""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure

from experiments.study.figures.drawing import picture_bytes

TOLD_METRICS = ("training/Factorization Loss", "eval/Mean Reciprocal Rank", "eval/MSE")


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """An answered question.

    Attributes
    ----------
    key : str
        Names the section's files.
    title : str
    lead : str
        What was done.
    findings : tuple of str
        What came out.
    figure : Figure or None
    caption : str
        Of the figure; for who cannot see it, with the findings and tables, all that it shows.
    tables : tuple of Table
    data : dict of str to DataFrame
        The numbers at full precision, by the name of their file.
    latex : str
        A table for the handout, where there is one.
    """

    key: str
    title: str
    lead: str
    findings: tuple[str, ...]
    figure: Figure | None = None
    caption: str = ""
    tables: tuple[Table, ...] = ()
    data: dict[str, pd.DataFrame] = field(default_factory=dict)
    latex: str = ""

    @cached_property
    def png(self) -> bytes | None:
        """The figure as a PNG, drawn once."""
        return picture_bytes(self.figure, "png") if self.figure else None


@dataclass(frozen=True)
class Question:
    """A question to the study, and the parts of a study that answer it."""

    key: str
    title: str
    parts: tuple[str, ...]

    @property
    def command(self) -> str:
        return "python -m experiments study " + " ".join(f"--part {part}" for part in self.parts)
