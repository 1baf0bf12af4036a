"""Pictures of the curves: five panels, one a metric, all runs in each."""

import io
import re
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.configuration import METRICS
from experiments.io import write_atomic
from experiments.run import BLUE, BROWN, GREEN, ORANGE, RUN_BY_NAME

TITLES = {
    "training/Factorization Loss": "Factorization loss, training",
    "training/MSE": "MSE of ratings, training",
    "training/Joint Loss": "Joint loss, training",
    "eval/Mean Reciprocal Rank": "Mean reciprocal rank, test",
    "eval/MSE": "MSE of ratings, test",
}
LOGARITHMIC = ("training/MSE", "training/Joint Loss", "eval/MSE")

COLOURS = (BLUE, ORANGE, GREEN, BROWN)
STYLE = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "curves",
}
NO_DATE = {"pdf": {"CreationDate": None}, "png": {"Software": None}}


def file_stem(metric: str) -> str:
    """Return the name of a metric's figure: ``training/MSE`` is in ``training_mse.pdf``."""
    return re.sub(r"\W+", "_", metric).lower()


def run_styles(runs: list[str]) -> dict[str, dict]:
    """Return line properties by name: colour for weights, dashes for separate tables."""
    styles: dict[str, dict] = {name: {"label": name} for name in runs}
    for name in styles.keys() & RUN_BY_NAME.keys():
        run = RUN_BY_NAME[name]
        styles[name] = {
            "color": run.colour,
            "linestyle": run.line_style,
            "dash_capstyle": "butt",
            "label": run.latex,
        }
    return styles


def draw_metric(axes: Axes, curves: pd.DataFrame, metric: str) -> None:
    """Draw one panel: the metric of every run against the epoch."""
    styles = run_styles(list(dict.fromkeys(curves["run"])))
    of_metric = curves[curves["metric"] == metric]
    for run, style in styles.items():
        of_run = of_metric[of_metric["run"] == run]
        marker = "o" if len(of_run) == 1 else None
        axes.plot(of_run["epoch"], of_run["value"], marker=marker, markersize=4, **style)
    axes.set_title(TITLES.get(metric, metric))
    axes.set_xlabel("epoch")
    if metric in LOGARITHMIC:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axes.margins(x=0.01)


def draw_curves(curves: pd.DataFrame) -> Figure:
    """Draw all five metrics, with one legend in the place of the sixth panel.

    Parameters
    ----------
    curves : DataFrame
        Columns run, epoch, metric, value.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 5), layout="constrained")
        panels = figure.subplots(2, 3).flat
        for axes, metric in zip(panels, METRICS):
            draw_metric(axes, curves, metric)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.axes[-1].axis("off")
        figure.axes[-1].legend(handles, labels, loc="center", fontsize=9, handlelength=3)
    return figure


def draw_one(curves: pd.DataFrame, metric: str) -> Figure:
    """Draw one metric with its legend, as wide as a column of text."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(3.4, 2.7), layout="constrained")
        axes = figure.subplots()
        draw_metric(axes, curves, metric)
        axes.set_title(axes.get_title(), pad=4)
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=2,
            fontsize=6.5,
            handlelength=2.5,
            columnspacing=1,
        )
    return figure


def save_figures(curves: pd.DataFrame, folder: Path) -> list[Path]:
    """Write each metric's figure and ``curves``, as PDF and PNG; return their paths.

    The same curves give the same bytes.
    """
    figures = {file_stem(metric): draw_one(curves, metric) for metric in METRICS}
    figures["curves"] = draw_curves(curves)
    paths = []
    for stem, figure in figures.items():
        for kind, metadata in NO_DATE.items():
            content = io.BytesIO()
            with matplotlib.rc_context(STYLE):
                figure.savefig(content, format=kind, dpi=200, metadata=metadata)
            paths.append(folder / f"{stem}.{kind}")
            write_atomic(paths[-1], content.getvalue())
    return paths
