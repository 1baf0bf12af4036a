"""What a seed moves, by what it changes."""

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.configuration import METRICS
from experiments.run import COURSE_RUNS
from experiments.study.figures.drawing import (
    STUDY_STYLE,
    WIDTH,
    error_bars,
    math_symbol,
    run_style,
    set_plain_logarithmic,
)
from experiments.study.quantities import SYMBOLS
from experiments.study.sources import SOURCES, TOGETHER, Spread


def draw_sources(found: Sequence[Spread]) -> Figure:
    """Draw the standard deviation of final metrics by what the seed varied."""
    metrics = (METRICS[0], METRICS[3], METRICS[4])
    sources = (*SOURCES.values(), TOGETHER)
    markers = dict(zip(COURSE_RUNS, "os^D"))
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
        panels = figure.subplots(1, 3)
        for axes, metric in zip(panels, metrics):
            for spread in found:
                if spread.metric != metric or not spread.deviation.value > 0:
                    continue
                place = sources.index(spread.source)
                offset = 0.17 * (COURSE_RUNS.index(spread.run) - 1.5)
                style = run_style(spread.run)
                axes.errorbar(
                    place + offset,
                    spread.deviation.value,
                    yerr=error_bars(spread.deviation),
                    fmt=markers[spread.run],
                    markersize=3.5,
                    color=style["color"],
                    mfc=style["color"] if spread.run.embedding_sharing else "white",
                    ecolor=style["color"],
                    elinewidth=0.9,
                    capsize=1.5,
                )
            set_plain_logarithmic(axes)
            axes.set_xticks(range(len(sources)), [s.replace(" ", "\n", 1) for s in sources])
            axes.tick_params(axis="x", labelsize=6.5)
            axes.set_title(math_symbol(SYMBOLS[metric]))
            axes.grid(axis="x", visible=False)
        panels[0].set_ylabel("standard deviation over seeds")
        handles = [
            Line2D(
                [],
                [],
                linestyle="",
                marker=markers[run],
                color=run_style(run)["color"],
                mfc=run_style(run)["color"] if run.embedding_sharing else "white",
                markersize=4,
                label=run_style(run)["label"],
            )
            for run in COURSE_RUNS
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7)
    return figure
