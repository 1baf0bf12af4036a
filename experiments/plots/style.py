"""What all figures have in common: style, lines of runs, axes and files."""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter

from experiments.run import Metric, Run

LINE_WIDTH = 6.5  # inches: a line of text in the handout
STYLE = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "curves",
}
# For pictures a third of a line wide, which the handout sets without titles and legends.
SMALL = {
    "font.size": 6.5,
    "lines.linewidth": 1.2,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "axes.labelpad": 1,
}
GREY = "0.4"
NO_DATE = {"pdf": {"CreationDate": None}, "png": {"Software": None}}
LOG_FACTOR = 5  # a metric that falls by it has a logarithmic axis
MANY_DECADES = 3e3


def styled(**changes: object) -> AbstractContextManager[None]:
    """Return the context that figures are drawn and saved in."""
    return matplotlib.rc_context(STYLE | changes)


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``"pdf"`` or ``"png"``; equal figures give equal bytes."""
    content = io.BytesIO()
    with styled():
        figure.savefig(content, format=kind, dpi=200, metadata=NO_DATE[kind])
    return content.getvalue()


def line_of(run: Run) -> dict[str, object]:
    """Return a run's line: colour by the weights, dashes for separate tables."""
    return {
        "color": run.colour,
        "linestyle": run.line_style,
        "dash_capstyle": "butt",
        "label": run.latex,
    }


def math_symbols(text: str) -> str:
    return text.replace("L_F", "$L_F$").replace("lambda_F", r"$\lambda_F$")


def legend_below(figure: Figure, axes: Axes, columns: int, size: float = 7) -> None:
    """Put the legend of one panel's lines below all panels."""
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=columns,
        fontsize=size,
        handlelength=2.5,
        columnspacing=1,
    )


def set_metric_axis(axes: Axes, metric: Metric) -> None:
    """Choose the upright axis of a metric's curves; call it after drawing them.

    It is logarithmic where the metric may have such an axis and falls by a factor of five.
    """
    values = np.concatenate([line.get_ydata() for line in axes.lines] or [[]]).astype(float)
    values = values[np.isfinite(values)]
    if metric.log_axis and len(values) and values.max() > LOG_FACTOR * values.min() > 0:
        set_log_axis(axes, values)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def set_log_axis(axes: Axes, values: Sequence[float]) -> None:
    """Make the upright axis logarithmic, with plain numbers at 1, 2 and 5 times powers of ten.

    An axis of many decades has powers of ten instead. ``values`` are those that were drawn.
    """
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    least, most = min(values), max(values)
    if most / least > MANY_DECADES:
        axes.yaxis.set_major_locator(LogLocator())
        return
    decades = range(int(np.floor(np.log10(least))) - 1, int(np.ceil(np.log10(most))) + 1)
    ticks = [tick * 10.0**decade for decade in decades for tick in (1, 2, 5)]
    axes.yaxis.set_major_locator(FixedLocator([t for t in ticks if least / 1.3 <= t <= most]))
    axes.yaxis.set_minor_locator(FixedLocator([]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.10f}".rstrip("0").rstrip("."))
