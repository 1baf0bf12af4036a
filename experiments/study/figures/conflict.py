"""The two tasks' gradients along training."""

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

from experiments.study.conflict import Conflict
from experiments.study.figures.drawing import (
    STUDY_STYLE,
    WIDTH,
    run_style,
    set_plain_logarithmic,
)


def draw_conflict(found: Sequence[Conflict]) -> Figure:
    """Draw cosine and norm ratio of the tasks' gradients by the shared tables, along training."""
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        for conflict in found:
            style = run_style(conflict.run)
            for axes, table in ((left, conflict.cosine), (right, conflict.norm_ratio)):
                axes.plot(table.index, table.mean(axis=1), **style)
                axes.fill_between(
                    table.index,
                    table.min(axis=1),
                    table.max(axis=1),
                    color=style["color"],
                    alpha=0.2,
                    linewidth=0,
                )
        left.axhline(0, color="0.4", linewidth=0.8)
        left.set_title("Cosine of the tasks' gradients")
        left.set_ylabel("← apart        together →")
        right.axhline(1, color="0.4", linewidth=0.8)
        set_plain_logarithmic(right)
        right.set_title(r"$|\lambda_F \nabla L_F|\;/\;|\lambda_R \nabla L_R|$ on the shared tables")
        for axes in (left, right):
            axes.set_xlabel("epoch")
            axes.margins(x=0.01)
        figure.legend(
            *left.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=7
        )
    return figure
