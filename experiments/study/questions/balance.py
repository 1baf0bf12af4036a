"""What is the best balance? Two tasks weighed against each other, and a choice by preference."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from experiments.plots import GREY, LINE_WIDTH, styled
from experiments.run import BLUE, HEAVY, MRR, ORANGE, RUN_NAMES, TEST_MSE, Run
from experiments.study.measurements import (
    SEEDS,
    Measurements,
    choose,
    weights_add_up_to_one,
)
from experiments.study.section import Question, Section, Table, listed, with_interval
from experiments.study.statistics import MIN_SEEDS, Estimate, mean_interval

QUESTION = Question(
    "balance",
    "What is the best balance?",
    ("balance",),
    f"other weights beside the four runs', all of them at the same {MIN_SEEDS} seeds or more",
)
PREFERENCES = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
TOLD_PREFERENCES = (1.0, 10.0)


@dataclass(frozen=True)
class Balance:
    """One way of weighing the tasks, and where it ends.

    Attributes
    ----------
    run : Run
        Its tables, weights and balancing count.
    by_seed : DataFrame
        Columns ``mse`` and ``mrr`` of the test set, indexed by seed.
    """

    run: Run
    by_seed: pd.DataFrame

    @cached_property
    def mse(self) -> Estimate:
        return mean_interval(self.by_seed["mse"])

    @cached_property
    def mrr(self) -> Estimate:
        return mean_interval(self.by_seed["mrr"])

    @property
    def is_fixed(self) -> bool:
        return self.run.balancing == "fixed"


def balances(measurements: Measurements) -> list[Balance]:
    """Return every balance that the study tried by the assignment's protocol.

    Only seeds count that all of them have: a split moves every balance's MSE, so that means over
    different seeds would tell the seeds apart and not the balances. Fixed weights come first,
    shared before separate and small lambda_F before large, then the other methods by their names.
    There is none with fewer than two common seeds.
    """
    runs = choose(measurements.runs, balancing=None)
    fixed = weights_add_up_to_one(runs[runs["balancing"] == "fixed"])
    runs = pd.concat([fixed, runs[runs["balancing"] != "fixed"]])
    runs = runs.rename(columns={TEST_MSE.key: "mse", MRR.key: "mrr"}).set_index(SEEDS[0])
    key = ["embedding_sharing", "factorization_weight", "regression_weight", "balancing"]
    groups = [(Run(**dict(zip(key, values))), rows) for values, rows in runs.groupby(key)]
    common = set.intersection(*(set(rows.index) for _, rows in groups)) if groups else set()
    if len(common) < MIN_SEEDS:
        return []
    found = [Balance(run, rows.loc[sorted(common), ["mse", "mrr"]]) for run, rows in groups]
    return sorted(found, key=lambda b: (not b.is_fixed, not b.run.embedding_sharing))


def means(points: Sequence[Balance]) -> tuple[list[float], list[float]]:
    """Return the points' MSE and MRR."""
    return [point.mse.value for point in points], [point.mrr.value for point in points]


def non_dominated(mse: Sequence[float], mrr: Sequence[float]) -> np.ndarray:
    """Return for each point whether no other one is at least as good in both and better in one.

    Less MSE and more MRR is better. Equal points are on the front, or off it, together.
    """
    costs = np.column_stack([mse, np.negative(mrr)]).astype(float)
    no_worse = (costs[:, None] <= costs[None]).all(axis=2)
    better = (costs[:, None] < costs[None]).any(axis=2)
    return np.logical_not((no_worse & better).any(axis=0))


def front(points: Sequence[Balance]) -> list[Balance]:
    """Return the balances whose means no other balance beats, lowest MSE first."""
    chosen = (point for point, on in zip(points, non_dominated(*means(points))) if on)
    return sorted(chosen, key=lambda point: (point.mse.value, -point.mrr.value))


@dataclass(frozen=True)
class Choice:
    """The best balance by a preference, and in how many of the common seeds it is the best."""

    balance: Balance
    wins: int
    seeds: int

    @property
    def wins_of_seeds(self) -> str:
        return f"{self.wins} of {self.seeds}"

    def __str__(self) -> str:
        mse, mrr = self.balance.mse, self.balance.mrr
        return (
            f"{self.balance.run.label} (test MSE {with_interval(mse)}, MRR {with_interval(mrr)}, "
            f"N = {mse.count}; best in {self.wins_of_seeds} seeds)"
        )


def best_balance(points: Sequence[Balance], preference: float) -> Choice:
    """Return the balance that loses least, by a person's own preference.

    Parameters
    ----------
    points : sequence of Balance
        To choose from; "percent" is relative to the best of them.
    preference : float
        How many percent of MRR one percent of test MSE is worth; 0 looks at MRR only. Such a
        weighing finds the corners of the front and passes over its dents.

    Raises
    ------
    ValueError
        If there is nothing to choose from, or the preference is negative.
    """
    if not points:
        raise ValueError(f"there is no balance to choose from: the study needs {QUESTION.needs}")
    if not preference >= 0:
        raise ValueError(f"a preference is at least 0 percent of MRR, got {preference}")

    def best(mse: Sequence[float], mrr: Sequence[float]) -> int:
        worse = np.divide(mse, min(mse)) - 1, 1 - np.divide(mrr, max(mrr))
        return int(np.argmin(preference * worse[0] + worse[1]))

    chosen = best(*means(points))
    seeds = set.intersection(*(set(point.by_seed.index) for point in points))
    by_seed = [[point.by_seed.loc[seed] for point in points] for seed in seeds]
    wins = sum(
        best([row["mse"] for row in rows], [row["mrr"] for row in rows]) == chosen
        for rows in by_seed
    )
    return Choice(points[chosen], wins, len(seeds))


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    if all(point.run.name in RUN_NAMES for point in points if point.is_fixed):
        return None
    shared = [point for point in points if point.run.embedding_sharing]
    edge = front(points)
    front_of_all, front_of_shared = (
        listed([p.run.label for p in some]) for some in (edge, front(shared))
    )
    choices = {p: [best_balance(some, p) for some in (points, shared)] for p in PREFERENCES}
    findings = [
        f"Better in MSE or in MRR than every other balance, on average: {front_of_all}; among "
        f"shared tables only: {front_of_shared}.",
        *(
            f"To someone who would trade {preference:g} % of MRR for 1 % of MSE, the best balance "
            f"is {overall}; with shared tables, {of_shared}."
            for preference, (overall, of_shared) in choices.items()
            if preference in TOLD_PREFERENCES
        ),
    ]
    every = Table(
        "Every balance, at the end [95 % interval]",
        [
            {
                "balance": point.run.label,
                "test MSE": point.mse,
                "test MRR": point.mrr,
                "N": point.mse.count,
                "on the front": "yes" if any(point is other for other in edge) else "",
            }
            for point in points
        ],
    )
    preferred = Table(
        "The best balance by preference, and in how many seeds it is the best by itself",
        [
            {
                "% of MRR for 1 % of MSE": f"{preference:g} %",
                "best of all": overall.balance.run.label,
                "seeds": overall.wins_of_seeds,
                "best of the shared": of_shared.balance.run.label,
                "its seeds": of_shared.wins_of_seeds,
            }
            for preference, (overall, of_shared) in choices.items()
        ],
    )
    return Section(
        QUESTION,
        "The weights go from almost all regression to almost all factorization, with "
        "lambda_R = 1 − lambda_F, all over the same seeds. Bars are for new seeds; they are wide "
        "because a split moves all balances together, so that differences between balances are "
        "surer than the bars look. Which balance is best depends on what one is worth: how many "
        "percent of MRR you would trade for one percent of MSE, both measured from the best of the "
        "balances.",
        tuple(findings),
        draw(points),
        "Test MSE against test MRR of every balance, means with 95 % intervals, which may reach "
        "beyond the picture; up and left is better. Circles: the course's four runs.",
        (every, preferred),
    )


def draw(points: Sequence[Balance], chosen: Balance | None = None) -> Figure:
    """Draw test MSE against MRR of every balance, the fronts, and the course's runs.

    A balance that is ``chosen`` gets a star.
    """
    fixed = [point for point in points if point.is_fixed]
    shared = [point for point in points if point.run.embedding_sharing]
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 4.2), layout="constrained")
        axes = figure.subplots()
        for some, dashes, label in ((points, ":", "all"), (shared, "-.", "the shared")):
            edge = front(some)
            if len(edge) > 1:
                look: dict[str, Any] = {"color": GREY, "linewidth": 1.2, "zorder": 1}
                look["label"] = f"front of {label}"
                axes.step(*means(edge), dashes, where="post", **look)
        for sharing, name in ((True, "shared"), (False, "separate")):
            side = [point for point in fixed if point.run.embedding_sharing == sharing]
            axes.plot(*means(side), color="0.7", linewidth=0.8, zorder=2)
            for point in side:
                draw_point(axes, point, **marker_of(sharing, point.run.colour), zorder=3)
            write_weights(axes, side, points)
            axes.plot([], [], label=f"{name}, fixed weights", **marker_of(sharing, GREY))
        for colour, words in ((BLUE, "up to"), (ORANGE, "above")):
            axes.plot([], [], "s", color=colour, label=rf"$\lambda_F$ {words} {HEAVY:g}")
        look = {"markersize": 5.5, "mec": "black", "mew": 0.4, "zorder": 5}
        for marker, point in zip("Xv^DPp", (point for point in points if not point.is_fixed)):
            own: dict[str, Any] = {
                "fmt": marker,
                "color": point.run.colour,
                "label": point.run.label,
            }
            draw_point(axes, point, **own, **look)
        ring: dict[str, Any] = {
            "markersize": 10,
            "mfc": "none",
            "mec": "black",
            "mew": 1,
            "zorder": 4,
        }
        course = [point for point in fixed if point.run.name in RUN_NAMES]
        axes.plot(*means(course), "o", label="the course's four runs", **ring)
        if chosen:
            star: dict[str, Any] = {
                "markersize": 16,
                "mfc": "none",
                "mec": "#c00000",
                "mew": 1.4,
                "zorder": 6,
            }
            axes.plot(*means([chosen]), "*", label=f"your choice: {chosen.run.label}", **star)
        for values, axis in zip(means(points), ("x", "y")):
            room = 0.2 * np.ptp(values) or 0.1 * abs(values[0])
            axes.set(**{f"{axis}lim": (min(values) - room, max(values) + room)})
        axes.set_xlabel("test MSE (less is better)")
        axes.set_ylabel("test MRR (more is better)")
        figure.legend(loc="outside right center", fontsize=7)
    return figure


def marker_of(sharing: bool, colour: str) -> dict[str, Any]:
    """Return the look of a point of fixed weights: full for shared tables, open for separate."""
    look = {"linestyle": "", "marker": "o" if sharing else "s", "markersize": 4, "color": colour}
    return {**look, "mfc": colour if sharing else "white"}


def draw_point(axes: Axes, point: Balance, **look: Any) -> None:
    bars: dict[str, Any] = {
        "xerr": point.mse.bars,
        "yerr": point.mrr.bars,
        "elinewidth": 0.5,
        "alpha": 0.9,
    }
    axes.errorbar(point.mse.value, point.mrr.value, **bars, **look)


def write_weights(axes: Axes, sweep: Sequence[Balance], points: Sequence[Balance]) -> None:
    """Write lambda_F beside its point, once for neighbours that are too close to tell apart."""
    near = [0.05 * (np.ptp(values) or 1.0) for values in means(points)]
    groups: list[list[Balance]] = []
    for point in sweep:
        distance = np.subtract(means([point]), means(groups[-1][-1:])) if groups else np.inf
        if (np.abs(distance).ravel() < near).all():
            groups[-1].append(point)
        else:
            groups.append([point])
    for group in groups:
        ends = dict.fromkeys(f"{b.run.factorization_weight:g}" for b in (group[0], group[-1]))
        place = group[-1].mse.value, group[-1].mrr.value
        look: dict[str, Any] = {
            "textcoords": "offset points",
            "fontsize": 6.5,
            "color": group[-1].run.colour,
        }
        # Above lines and below markers, which it must not hide.
        halo: dict[str, Any] = {
            "zorder": 2.5,
            "path_effects": [withStroke(linewidth=2, foreground="white")],
        }
        axes.annotate(" to ".join(ends), place, (7, -9), **look, **halo)
