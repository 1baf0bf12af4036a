"""Shared minus separate tables, by condition."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.study.figures.drawing import STUDY_STYLE, WIDTH, error_bars, weight_colour
from experiments.study.measurements import FULL_BATCH
from experiments.study.sharing import CONDITIONS, TASKS, SharingEffect, place


def draw_sharing(effects: Sequence[SharingEffect]) -> Figure:
    """Draw shared minus separate, test MSE above and MRR below, one column a condition."""
    conditions = [c for c in CONDITIONS if any(e.condition == c for e in effects)]
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
        grid = figure.subplots(2, len(conditions), sharex="col", sharey=False, squeeze=False)
        for row, metric in zip(grid, TASKS):
            for axes, condition in zip(row, conditions):
                axes.axhline(0, color="0.4", linewidth=0.8)
                draw_effects(
                    axes, [e for e in effects if (e.condition, e.metric) == (condition, metric)]
                )
        for axes, condition in zip(grid[-1], conditions):
            axes.set_xlabel(CONDITIONS[condition])
        for axes, (metric, name) in zip(grid[:, 0], TASKS.items()):
            better = "below" if metric == "eval/MSE" else "above"
            axes.set_ylabel(f"{name},\nshared − separate\n({better} 0 sharing wins)", fontsize=7.5)
        weights = sorted({effect.weight for effect in effects})
        handles = [
            Line2D(
                [],
                [],
                marker="o",
                color=weight_colour(weight),
                markersize=4,
                label=rf"$\lambda_F$={weight:g}",
            )
            for weight in weights
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=7)
    return figure


def draw_effects(axes: Axes, effects: Sequence[SharingEffect]) -> None:
    """Draw one metric's differences against one condition; values stand at equal steps."""
    values = sorted({effect.value for effect in effects}, key=place)
    for k, weight in enumerate(sorted({effect.weight for effect in effects})):
        chosen = sorted(
            (e for e in effects if e.weight == weight), key=lambda e: values.index(e.value)
        )
        places = [values.index(effect.value) + 0.08 * k for effect in chosen]
        means = [effect.difference.value for effect in chosen]
        bars = np.hstack([error_bars(effect.difference) for effect in chosen])
        axes.errorbar(
            places,
            means,
            yerr=bars,
            fmt="o-",
            markersize=3.5,
            color=weight_colour(weight),
            linewidth=1,
            elinewidth=1,
            capsize=2,
        )
    share = all(effect.condition == "training_fraction" for effect in effects)
    axes.set_xticks(
        range(len(values)),
        [
            "full" if value == FULL_BATCH else f"{value:.0%}" if share else f"{value:g}"
            for value in values
        ],
    )
    axes.margins(x=0.15)
