"""Test MSE against MRR of every balance."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from experiments.run import COURSE_RUNS
from experiments.study.balance import Balance, front
from experiments.study.figures.drawing import BLUE, GREEN, ORANGE, STUDY_STYLE, WIDTH, error_bars


def draw_balance(points: Sequence[Balance], chosen: Balance | None = None) -> Figure:
    """Draw test MSE against MRR of every balance, the fronts, and the course's runs.

    Parameters
    ----------
    points : sequence of Balance
    chosen : Balance, optional
        Gets a star.
    """
    course = {(run.embedding_sharing, run.factorization_weight) for run in COURSE_RUNS}
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
        axes = figure.subplots()
        shared = [point for point in points if point.sharing]
        for candidates, colour, label in (
            (points, "0.4", "front of all"),
            (shared, BLUE, "front of the shared"),
        ):
            edge = front(candidates)
            if len(edge) > 1:
                axes.step(
                    [p.mse.value for p in edge],
                    [p.mrr.value for p in edge],
                    *(":",),
                    where="post",
                    color=colour,
                    linewidth=1.2,
                    zorder=1,
                    label=label,
                )
        for sharing, colour, name in ((True, BLUE, "shared"), (False, ORANGE, "separate")):
            sweep = [p for p in points if p.method == "fixed" and p.sharing == sharing]
            axes.plot(
                [p.mse.value for p in sweep],
                [p.mrr.value for p in sweep],
                color=colour,
                linewidth=0.8,
                alpha=0.6,
                linestyle="-" if sharing else (0, (4, 3)),
                zorder=2,
            )
            for k, point in enumerate(sweep):
                axes.errorbar(
                    point.mse.value,
                    point.mrr.value,
                    xerr=error_bars(point.mse),
                    yerr=error_bars(point.mrr),
                    fmt="o" if sharing else "s",
                    markersize=4,
                    color=colour,
                    ecolor=colour,
                    elinewidth=0.5,
                    alpha=0.9,
                    zorder=3,
                    label=rf"{name}, $\lambda_F$ in the sweep" if k == 0 else None,
                )
                if (sharing, point.weight) in course:
                    axes.plot(
                        point.mse.value,
                        point.mrr.value,
                        "o",
                        markersize=10,
                        mfc="none",
                        mec="black",
                        mew=1,
                        zorder=4,
                    )
            annotate_weights(axes, sweep, colour, points)
        for k, point in enumerate(p for p in points if p.method != "fixed"):
            axes.errorbar(
                point.mse.value,
                point.mrr.value,
                xerr=error_bars(point.mse),
                yerr=error_bars(point.mrr),
                fmt="Xv^DPp"[k % 6],
                markersize=5.5,
                color=GREEN,
                mec="black",
                mew=0.4,
                ecolor=GREEN,
                elinewidth=0.5,
                zorder=5,
                label=point.label,
            )
        axes.plot(
            [], [], "o", markersize=9, mfc="none", mec="black", label="the course's four runs"
        )
        axes.set_xlim(room_for([point.mse.value for point in points]))
        axes.set_ylim(room_for([point.mrr.value for point in points]))
        axes.set_xlabel("test MSE (less is better)")
        axes.set_ylabel("test MRR (more is better)")
        figure.legend(loc="outside right center", fontsize=7)
    return figure


def room_for(values: Sequence[float]) -> tuple[float, float]:
    """Return an axis's ends for points, whose intervals may reach beyond the picture."""
    room = 0.2 * (max(values) - min(values)) or 0.1 * abs(values[0])
    return min(values) - room, max(values) + room


def annotate_weights(
    axes: Axes, sweep: Sequence[Balance], colour: str, points: Sequence[Balance]
) -> None:
    """Write lambda_F beside its point, once for neighbours that stand too close to tell apart."""
    spans = [np.ptp([getattr(p, name).value for p in points]) or 1 for name in ("mse", "mrr")]
    groups: list[list[Balance]] = []
    for point in sweep:
        beside = groups[-1][-1] if groups else None
        if (
            beside
            and abs(point.mse.value - beside.mse.value) < 0.05 * spans[0]
            and abs(point.mrr.value - beside.mrr.value) < 0.05 * spans[1]
        ):
            groups[-1].append(point)
        else:
            groups.append([point])
    for group in groups:
        ends = dict.fromkeys(f"{point.weight:g}" for point in (group[0], group[-1]))
        last = group[-1]
        axes.annotate(
            " to ".join(ends),
            (last.mse.value, last.mrr.value),
            (7, -9),
            textcoords="offset points",
            fontsize=6.5,
            color=colour,
            zorder=2.5,  # above lines and below markers, which it must not hide
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
