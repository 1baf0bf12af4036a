"""Metrics against epochs: of single runs, and of many seeds as a mean and a band."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.io import write_atomic
from experiments.plots.style import (
    LINE_WIDTH,
    SMALL,
    legend_below,
    line_of,
    picture_bytes,
    set_metric_axis,
    styled,
)
from experiments.run import COURSE_RUNS, METRICS, Metric, Run


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


def draw_band(axes: Axes, epochs: Sequence[int], values: np.ndarray, run: Run) -> None:
    """Draw the mean over seeds, and a band from the lowest to the highest seed.

    Parameters
    ----------
    values : float array, shape (num_seeds, num_epochs)
    """
    axes.plot(epochs, values.mean(axis=0), **line_of(run))
    band = {"color": run.colour, "alpha": 0.2, "linewidth": 0}
    axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), **band)
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
