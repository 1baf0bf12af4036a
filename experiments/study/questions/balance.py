"""What is the best balance? Two tasks weighed against each other, and a choice by preference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from experiments.plots.style import GREY, LINE_WIDTH, styled
from experiments.run import BLUE, COURSE_RUNS, GREEN, HEAVY, MRR, ORANGE, TEST_MSE, Run
from experiments.study.measurements import (
    SEEDS,
    Measurements,
    choose,
    varied_together,
    weights_add_up_to_one,
)
from experiments.study.section import Question, Section, Table, listed, with_interval
from experiments.study.statistics import MIN_SEEDS, Estimate, mean_interval

QUESTION = Question(
    "balance",
    "What is the best balance?",
    ("balance",),
    "other weights beside the four runs', all of them at the same 2 seeds or more",
)
PREFERENCES = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
TOLD_PREFERENCES = (1.0, 10.0)
METHOD_NAMES = {
    "uncertainty": "uncertainty weighting",
    "pcgrad": "PCGrad",
    "cagrad": "CAGrad",
    "mgda": "MGDA",
    "upgrad": "UPGrad",
    "imtlg": "IMTL-G",
}


@dataclass(frozen=True)
class Balance:
    """One way of weighing the tasks, and where it ends.

    Attributes
    ----------
    sharing : bool
    method : str
        ``"fixed"``, or what balances instead of weights.
    weight : float
        lambda_F of fixed weights.
    mse, mrr : Estimate
        Of the test set, over seeds.
    by_seed : DataFrame
        Columns ``mse`` and ``mrr``, indexed by seed.
    """

    sharing: bool
    method: str
    weight: float
    mse: Estimate
    mrr: Estimate
    by_seed: pd.DataFrame

    @property
    def label(self) -> str:
        """``shared 0.99``, or ``shared PCGrad``."""
        tables = "shared" if self.sharing else "separate"
        if self.method == "fixed":
            return f"{tables} {self.weight:g}"
        return f"{tables} {METHOD_NAMES.get(self.method, self.method)}"

    @property
    def colour(self) -> str:
        return Run(self.sharing, self.weight, 1 - self.weight).colour

    @property
    def is_course_run(self) -> bool:
        weights = {(run.embedding_sharing, run.factorization_weight) for run in COURSE_RUNS}
        return self.method == "fixed" and (self.sharing, self.weight) in weights


def balances(measurements: Measurements) -> list[Balance]:
    """Return every balance that the study tried by the assignment's protocol.

    Only seeds count that all of them have: a split moves every balance's MSE, so that means over
    different seeds would tell the seeds apart and not the balances. Fixed weights come first,
    shared before separate and small lambda_F before large, then the other methods by their names.
    There is none with fewer than two common seeds.
    """
    runs = varied_together(choose(measurements.runs, balancing=None))
    fixed = weights_add_up_to_one(runs[runs["balancing"] == "fixed"])
    runs = pd.concat([fixed, runs[runs["balancing"] != "fixed"]])
    key = [
        ~runs["embedding_sharing"].astype(bool),
        runs["balancing"],
        runs["factorization_weight"],
    ]
    seeds = [set(rows) for _, rows in runs.groupby(key)[SEEDS[0]]]
    common = set.intersection(*seeds) if seeds else set()
    if len(common) < MIN_SEEDS:
        return []
    found = []
    for (separate, method, weight), rows in runs[runs[SEEDS[0]].isin(common)].groupby(key):
        by_seed = rows.set_index(SEEDS[0])[[TEST_MSE.key, MRR.key]].sort_index()
        by_seed.columns = ["mse", "mrr"]
        means = mean_interval(by_seed["mse"]), mean_interval(by_seed["mrr"])
        found.append(Balance(not separate, method, float(weight), *means, by_seed))
    return sorted(found, key=lambda balance: balance.method != "fixed")


def non_dominated(mse: Sequence[float], mrr: Sequence[float]) -> np.ndarray:
    """Return for each point whether no other one is at least as good in both and better in one.

    Parameters
    ----------
    mse, mrr : sequences of float, shape (num_points,)
        Less is better of the first, more of the second.

    Returns
    -------
    bool array, shape (num_points,)
        Equal points are on the front, or off it, together.
    """
    costs = np.column_stack([mse, np.negative(mrr)]).astype(float)
    no_worse = (costs[:, None] <= costs[None]).all(axis=2)
    better = (costs[:, None] < costs[None]).any(axis=2)
    return ~(no_worse & better).any(axis=0)


def front(points: Sequence[Balance]) -> list[Balance]:
    """Return the balances whose means no other balance beats, lowest MSE first."""
    on_front = non_dominated([p.mse.value for p in points], [p.mrr.value for p in points])
    chosen = (point for point, on in zip(points, on_front) if on)
    return sorted(chosen, key=lambda point: (point.mse.value, -point.mrr.value))


@dataclass(frozen=True)
class Choice:
    """The best balance by a preference, and in how many of the common seeds it is the best."""

    preference: float
    balance: Balance
    wins: int
    seeds: int


def loss_in_percent(mse: Sequence[float], mrr: Sequence[float], preference: float) -> np.ndarray:
    """Return what each point loses against the best of the points, in percent of the best MRR.

    ``preference`` is how many percent of MRR one percent of MSE is worth.
    """
    mse, mrr = np.asarray(mse, dtype=float), np.asarray(mrr, dtype=float)
    return preference * 100 * (mse / mse.min() - 1) + 100 * (1 - mrr / mrr.max())


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

    def best(values: list[tuple[float, float]]) -> int:
        return int(np.argmin(loss_in_percent(*zip(*values), preference)))

    chosen = best([(point.mse.value, point.mrr.value) for point in points])
    seeds = sorted(set.intersection(*(set(point.by_seed.index) for point in points)))
    winners = [
        best([tuple(point.by_seed.loc[seed, ["mse", "mrr"]]) for point in points]) for seed in seeds
    ]
    return Choice(preference, points[chosen], winners.count(chosen), len(seeds))


def answer(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    if all(point.is_course_run for point in points if point.method == "fixed"):
        return None
    shared = [point for point in points if point.sharing]
    edge = front(points)
    findings = [
        "Better in MSE or in MRR than every other balance, on average: "
        f"{listed([point.label for point in edge])}.",
    ]
    if shared and len(shared) < len(points):
        findings.append(
            f"Among shared tables only: {listed([point.label for point in front(shared)])}."
        )
    choices = [
        (best_balance(points, preference), best_balance(shared or points, preference))
        for preference in PREFERENCES
    ]
    findings += [
        f"To someone who would trade {overall.preference:g} % of MRR for 1 % of MSE, the best "
        f"balance is {described(overall)}; with shared tables, {described(of_shared)}."
        for overall, of_shared in choices
        if overall.preference in TOLD_PREFERENCES
    ]
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
        (
            Table(
                "The best balance by preference, and in how many seeds it is the best by itself",
                ("% of MRR for 1 % of MSE", "best of all", "seeds", "best of the shared", "seeds"),
                tuple(
                    (f"{pair[0].preference:g} %", *(cell for c in pair for cell in cells_of(c)))
                    for pair in choices
                ),
            ),
            Table(
                "Every balance, at the end [95 % interval]",
                ("balance", "test MSE", "test MRR", "N", "on the front"),
                tuple(
                    (
                        *(point.label, with_interval(point.mse), with_interval(point.mrr)),
                        *(
                            str(point.mse.count),
                            "yes" if any(point is other for other in edge) else "",
                        ),
                    )
                    for point in points
                ),
            ),
        ),
        table_of(points, edge),
    )


def cells_of(choice: Choice) -> tuple[str, str]:
    return choice.balance.label, f"{choice.wins} of {choice.seeds}"


def described(choice: Choice) -> str:
    balance = choice.balance
    return (
        f"{balance.label} (test MSE {with_interval(balance.mse)}, MRR "
        f"{with_interval(balance.mrr)}, N = {balance.mse.count}; best in {choice.wins} of "
        f"{choice.seeds} seeds)"
    )


def draw(points: Sequence[Balance], chosen: Balance | None = None) -> Figure:
    """Draw test MSE against MRR of every balance, the fronts, and the course's runs.

    Parameters
    ----------
    points : sequence of Balance
    chosen : Balance, optional
        Gets a star.
    """
    sweep = [point for point in points if point.method == "fixed"]
    methods = [point for point in points if point.method != "fixed"]
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 4.2), layout="constrained")
        axes = figure.subplots()
        draw_front(axes, points, ":", "front of all")
        draw_front(axes, [point for point in points if point.sharing], "-.", "front of the shared")
        for sharing in (True, False):
            side = [point for point in sweep if point.sharing == sharing]
            axes.plot(*means(side), color="0.7", linewidth=0.8, zorder=2)
            for point in side:
                draw_point(axes, point, **marker_of(sharing, point.colour), zorder=3)
            annotate_weights(axes, side, points)
            name = f"{'shared' if sharing else 'separate'}, fixed weights"
            axes.plot([], [], label=name, **marker_of(sharing, GREY))
        for colour, words in ((BLUE, "up to"), (ORANGE, "above")):
            axes.plot([], [], "s", color=colour, label=rf"$\lambda_F$ {words} {HEAVY:g}")
        for k, point in enumerate(methods):
            look = {"markersize": 5.5, "mec": "black", "mew": 0.4, "zorder": 5}
            draw_point(axes, point, fmt="Xv^DPp"[k % 6], color=GREEN, label=point.label, **look)
        ring = {"markersize": 10, "mfc": "none", "mec": "black", "mew": 1, "zorder": 4}
        course = [point for point in points if point.is_course_run]
        axes.plot(*means(course), "o", label="the course's four runs", **ring)
        if chosen:
            star = {"markersize": 16, "mfc": "none", "mec": "#c00000", "mew": 1.4, "zorder": 6}
            axes.plot(*means([chosen]), "*", label=f"your choice: {chosen.label}", **star)
        axes.set_xlim(room_for([point.mse.value for point in points]))
        axes.set_ylim(room_for([point.mrr.value for point in points]))
        axes.set_xlabel("test MSE (less is better)")
        axes.set_ylabel("test MRR (more is better)")
        figure.legend(loc="outside right center", fontsize=7)
    return figure


def marker_of(sharing: bool, colour: str) -> dict[str, object]:
    """Return the look of a point of fixed weights: full for shared tables, open for separate."""
    look = {"linestyle": "", "marker": "o" if sharing else "s", "markersize": 4, "color": colour}
    return look | {"mfc": colour if sharing else "white"}


def means(points: Sequence[Balance]) -> tuple[list[float], list[float]]:
    return [point.mse.value for point in points], [point.mrr.value for point in points]


def draw_point(axes: Axes, point: Balance, **look: object) -> None:
    bars = {"xerr": point.mse.bars, "yerr": point.mrr.bars, "elinewidth": 0.5, "alpha": 0.9}
    axes.errorbar(point.mse.value, point.mrr.value, **bars, **look)


def draw_front(axes: Axes, points: Sequence[Balance], dashes: str, label: str) -> None:
    edge = front(points) if points else []
    if len(edge) > 1:
        look = {"color": GREY, "linewidth": 1.2, "zorder": 1, "label": label}
        axes.step(*means(edge), dashes, where="post", **look)


def room_for(values: Sequence[float]) -> tuple[float, float]:
    """Return an axis's ends for points, whose intervals may reach beyond the picture."""
    room = 0.2 * (max(values) - min(values)) or 0.1 * abs(values[0])
    return min(values) - room, max(values) + room


def annotate_weights(axes: Axes, sweep: Sequence[Balance], points: Sequence[Balance]) -> None:
    """Write lambda_F beside its point, once for neighbours that are too close to tell apart."""
    spans = [float(np.ptp(values)) or 1.0 for values in means(points)]
    groups: list[list[Balance]] = []
    for point in sweep:
        beside = groups[-1][-1] if groups else None
        if beside and all(
            abs(one - other) < 0.05 * span
            for (one,), (other,), span in zip(means([point]), means([beside]), spans)
        ):
            groups[-1].append(point)
        else:
            groups.append([point])
    for group in groups:
        ends = dict.fromkeys(f"{point.weight:g}" for point in (group[0], group[-1]))
        axes.annotate(
            " to ".join(ends),
            (group[-1].mse.value, group[-1].mrr.value),
            (7, -9),
            textcoords="offset points",
            fontsize=6.5,
            color=group[-1].colour,
            zorder=2.5,  # above lines and below markers, which it must not hide
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )


def table_of(points: Sequence[Balance], edge: Sequence[Balance]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "balance": point.label,
            "embedding_sharing": point.sharing,
            "balancing": point.method,
            "factorization_weight": point.weight,
            **point.mse.columns("test_mse"),
            **point.mrr.columns("test_mrr"),
            "on_front": any(point is other for other in edge),
        }
        for point in points
    )
