"""Figures: metrics against epochs, and the style and axes of every figure."""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from experiments.run import COURSE_RUNS, METRICS, Metric, Run
from problem_set.io import write_atomic

LINE_WIDTH = 6.5  # inches: a line of text in the handout
STYLE: dict[str, Any] = {
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


def styled(**changes: Any) -> AbstractContextManager[None]:
    """Return the context that figures are drawn and saved in."""
    return matplotlib.rc_context(cast(Any, STYLE | changes))


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``"pdf"`` or ``"png"``; equal figures give equal bytes."""
    content = io.BytesIO()
    with styled():
        figure.savefig(content, format=kind, dpi=200, metadata=NO_DATE[kind])
    return content.getvalue()


def line_of(run: Run) -> dict[str, Any]:
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


def draw_curves(curves: pd.DataFrame) -> Figure:
    """Draw all five metrics, with one legend in the place of the sixth panel.

    Parameters
    ----------
    curves : DataFrame
        Columns run (its name), epoch, metric and value.
    """
    runs = runs_in(curves)
    with styled():
        figure = Figure(figsize=(9, 5), layout="constrained")
        panels = figure.subplots(2, 3).flat
        for axes, metric in zip(panels, METRICS):
            draw_metric(axes, curves, metric, runs)
            axes.set_title(metric.title)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.axes[-1].axis("off")
        figure.axes[-1].legend(handles, labels, loc="center", fontsize=9, handlelength=3)
    return figure


def draw_one_metric(curves: pd.DataFrame, metric: Metric) -> Figure:
    """Draw one metric of all runs with title and legend, half a line of text wide."""
    runs = runs_in(curves)
    with styled():
        figure = Figure(figsize=(LINE_WIDTH / 2, 2.6), layout="constrained")
        axes = figure.subplots()
        draw_metric(axes, curves, metric, runs)
        axes.set_title(metric.title)
        legend_below(figure, axes, columns=2, size=6.5)
    return figure


def draw_small(curves: pd.DataFrame, metric: Metric, runs: Sequence[Run]) -> Figure:
    """Draw one metric of some runs a third of a line wide, without title and legend.

    The axes have the same place in each such figure, so that pictures in a row line up.
    """
    with styled(**SMALL):
        figure = Figure(figsize=(2.1, 1.3))
        draw_metric(figure.add_axes((0.15, 0.21, 0.8, 0.75)), curves, metric, runs)
    return figure


def draw_metric(axes: Axes, curves: pd.DataFrame, metric: Metric, runs: Sequence[Run]) -> None:
    """Draw a metric of every run against the epoch; a run without curves has an empty line."""
    of_metric = curves[curves["metric"] == metric.key]
    for run in runs:
        rows = of_metric[of_metric["run"] == run.name].sort_values("epoch", kind="stable")
        marker = "o" if len(rows) == 1 else None
        axes.plot(rows["epoch"], rows["value"], marker=marker, markersize=4, **line_of(run))
    set_metric_axis(axes, metric)
    set_epoch_axis(axes)


def draw_band(axes: Axes, epochs: ArrayLike, values: np.ndarray, run: Run) -> None:
    """Draw the mean over seeds, and a band from the lowest to the highest seed.

    Parameters
    ----------
    values : float array, shape (num_seeds, num_epochs)
    """
    axes.plot(epochs, values.mean(axis=0), **line_of(run))
    low, high = values.min(axis=0), values.max(axis=0)
    axes.fill_between(epochs, low, high, color=run.colour, alpha=0.2, linewidth=0)
    set_epoch_axis(axes)


def set_epoch_axis(axes: Axes) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axes.margins(x=0.01)


def runs_in(curves: pd.DataFrame) -> list[Run]:
    """Return the course's runs that have curves.

    Raises
    ------
    ValueError
        If curves are of other runs.
    """
    names = set(curves["run"])
    if strange := names - {run.name for run in COURSE_RUNS}:
        raise ValueError(
            f"the curves are of {', '.join(sorted(strange))}, which is none of the four runs; "
            "`make experiments` writes curves.csv again"
        )
    return [run for run in COURSE_RUNS if run.name in names]


def save_figures(curves: pd.DataFrame, folder: Path) -> list[Path]:
    """Write each metric's figure and ``curves``, as PDF and PNG; return their paths."""
    figures = {metric.slug: draw_one_metric(curves, metric) for metric in METRICS}
    figures["curves"] = draw_curves(curves)
    paths = []
    for stem, figure in figures.items():
        for kind in ("pdf", "png"):
            paths.append(folder / f"{stem}.{kind}")
            write_atomic(paths[-1], picture_bytes(figure, kind))
    return paths
