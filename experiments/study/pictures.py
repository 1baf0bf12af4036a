"""The study's figures, one function a figure; each takes values and returns a figure."""

import io
import math
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.configuration import COURSE_RUNS, METRICS, Configuration
from experiments.figures import COLOURS, NO_DATE, STYLE
from experiments.study.balance import Balance, front
from experiments.study.claims import MARGIN
from experiments.study.conflict import Conflict
from experiments.study.measurements import FULL_BATCH
from experiments.study.overfitting import Overfit
from experiments.study.quantities import FINAL, SYMBOLS
from experiments.study.sharing import CONDITIONS, TASKS, SharingEffect, place
from experiments.study.sources import SOURCES, TOGETHER, Spread
from experiments.study.statistics import Estimate
from experiments.study.verdicts import Judgement

WIDTH = 6.5  # inches: the handout's line
STUDY_STYLE = STYLE | {"svg.hashsalt": "study", "axes.axisbelow": True}
BLUE, ORANGE, GREEN, BROWN = COLOURS
DOTS = {"ecolor": "0.35", "elinewidth": 1.1, "capsize": 2.5}


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``"pdf"`` or ``"png"``; the same values give the same bytes."""
    content = io.BytesIO()
    with matplotlib.rc_context(STUDY_STYLE):
        figure.savefig(content, format=kind, dpi=200, metadata=NO_DATE[kind])
    return content.getvalue()


def run_style(run: Configuration) -> dict[str, object]:
    """Return a course run's line as everywhere: colour by the weights, dashes for separate."""
    return {
        "color": ORANGE if run.factorization_weight > 0.9 else BLUE,
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


def draw_claims(judgements: Sequence[Judgement]) -> Figure:
    """Draw the paired differences behind 3a to 3c: a dot a seed, mean and interval above.

    One panel a metric, because each has its own unit. Grey is the margin of "about equal".
    """
    final = [
        judgement
        for judgement in judgements
        if judgement.claim.versus and judgement.claim.quantity.moment == FINAL
    ]
    shown = {(j.claim.question, j.claim.quantity.metric): j for j in reversed(final)}
    places = {question: -k for k, question in enumerate(("3a", "3b", "3c"))}
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
        panels = figure.subplots(2, 3, sharey=True).flat
        for axes, metric in zip(panels, METRICS):
            axes.axvline(0, color="0.4", linewidth=0.8)
            if "Rank" not in metric and "Factorization" not in metric:
                axes.axvspan(-MARGIN, MARGIN, color="0.85", linewidth=0)
            for (question, of_metric), judgement in shown.items():
                if of_metric != metric:
                    continue
                y, colour = places[question], (BLUE, GREEN, ORANGE)[-places[question]]
                estimate = judgement.estimate
                axes.plot(
                    *(judgement.values, np.full(len(judgement.values), y - 0.22)),
                    "o",
                    color=colour,
                    alpha=0.45,
                    markersize=2.5,
                    markeredgewidth=0,
                )
                axes.errorbar(
                    *(estimate.value, y),
                    xerr=error_bars(estimate),
                    fmt="o",
                    markersize=4.5,
                    color=colour,
                    **DOTS,
                )
            axes.set_title(math_symbol(SYMBOLS[metric]))
            axes.set_yticks(list(places.values()), places)
            axes.set_ylim(-2.6, 0.5)
            axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
        legend = figure.axes[-1]
        legend.axis("off")
        legend.text(
            *(0.0, 0.98),
            "Mean difference and 95 % interval;\nsmall dots: one a seed\n\n"
            "3a  separate − shared, $\\lambda_F$=0.99\n"
            "3b  separate − shared, $\\lambda_F$=0.5\n"
            "3c  $\\lambda_F$=0.99 − 0.5, both shared\n\n"
            f"grey: within {MARGIN:g}, “about equal”",
            va="top",
            fontsize=7.5,
            linespacing=1.35,
            transform=legend.transAxes,
        )
    return figure


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


def weight_colour(weight: float) -> str:
    return ORANGE if weight > 0.9 else BLUE


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


def draw_overfitting(found: Sequence[Overfit]) -> Figure:
    """Draw the minibatch runs' training and test MSE, with the seeds' lowest and highest."""
    with matplotlib.rc_context(STUDY_STYLE):
        figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
        panels = figure.subplots(1, 2, sharex=True)
        for overfit in found:
            style = run_style(overfit.run)
            for axes, curves in zip(panels, (overfit.train, overfit.test)):
                epochs = np.arange(curves.shape[1])
                axes.plot(epochs, curves.mean(axis=0), **style)
                axes.fill_between(
                    epochs,
                    curves.min(axis=0),
                    curves.max(axis=0),
                    color=style["color"],
                    alpha=0.2,
                    linewidth=0,
                )
        size = found[0].batch_size if found else 0
        for axes, title in zip(panels, ("training", "test")):
            axes.set_title(f"MSE of ratings, {title}, {size} pairs a step")
            axes.set_xlabel("epoch")
            axes.margins(x=0.01)
            values = np.concatenate([line.get_ydata() for line in axes.lines])
            # The first epochs fall from 13; what happens afterwards is what there is to see.
            later = np.concatenate([line.get_ydata()[3:] for line in axes.lines])
            if len(later) and values.max() > 2 * later.max():
                axes.set_ylim(0.95 * values.min(), 1.05 * later.max())
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7
        )
    return figure
