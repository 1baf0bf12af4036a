"""What the study's figures have in common: style, colours, axes and bytes."""

import io
import math

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.figures import COLOURS, NO_DATE, STYLE
from experiments.run import Run
from experiments.study.statistics import Estimate

WIDTH = 6.5  # inches: the handout's line
STUDY_STYLE = STYLE | {"svg.hashsalt": "study", "axes.axisbelow": True}
BLUE, ORANGE, GREEN, BROWN = COLOURS


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``"pdf"`` or ``"png"``; the same values give the same bytes."""
    content = io.BytesIO()
    with matplotlib.rc_context(STUDY_STYLE):
        figure.savefig(content, format=kind, dpi=200, metadata=NO_DATE[kind])
    return content.getvalue()


def weight_colour(weight: float) -> str:
    """Return the colour of a lambda_F: one for heavy factorization, one for the others."""
    return ORANGE if weight > 0.9 else BLUE


def run_style(run: Run) -> dict[str, object]:
    """Return a course run's line as everywhere: colour by the weights, dashes for separate."""
    return {
        "color": weight_colour(run.factorization_weight),
        "linestyle": "-" if run.embedding_sharing else (0, (4, 3)),
        "label": rf"{'shared' if run.embedding_sharing else 'separate'}, "
        rf"$\lambda_F$={run.factorization_weight:g}",
    }


def math_symbol(text: str) -> str:
    return text.replace("L_F", "$L_F$")


def error_bars(estimate: Estimate) -> list[list[float]]:
    """Return the interval's reach below and above the value; none where there is none."""
    if math.isnan(estimate.low):
        return [[0.0], [0.0]]
    return [[estimate.value - estimate.low], [estimate.high - estimate.value]]


def set_plain_logarithmic(axes: Axes) -> None:
    """Make the upright axis logarithmic, with plain numbers at 1, 2 and 5; call it after drawing.

    An axis of many decades has powers of ten instead.
    """
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    if high / low > 3e3:
        return
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.10f}".rstrip("0").rstrip("."))
