"""When does sharing help? With fewer ratings, narrower and wider tables, and small batches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.plots import GREY, LINE_WIDTH, styled
from experiments.run import (
    COURSE_RUNS,
    MRR,
    SEPARATE_50,
    SEPARATE_99,
    SHARED_50,
    SHARED_99,
    TEST_MSE,
    Metric,
)
from experiments.study.measurements import (
    FULL_BATCH,
    Measurements,
    choose,
)
from experiments.study.questions.claims import Comparison, compare
from experiments.study.section import Question, Section, Table, listed
from experiments.study.statistics import MIN_SEEDS, mean_interval

QUESTION = Question(
    "sharing",
    "When does sharing help?",
    ("fraction", "width", "minibatch"),
    f"shared and separate tables at two values of a condition, each at {MIN_SEEDS} seeds or more",
)
METRICS = (TEST_MSE, MRR)
CONDITIONS = {
    "training_fraction": "share of the ratings that train",
    "embedding_dim": "columns of the tables",
    "batch_size": "pairs a step",
}
COLOURS = {run.factorization_weight: run.colour for run in COURSE_RUNS}


@dataclass(frozen=True)
class Effect:
    """Shared against separate tables under one condition.

    Attributes
    ----------
    condition : str
        A key of CONDITIONS.
    value : float
        Of the condition; ``FULL_BATCH`` is the whole training set.
    comparison : Comparison
        Shared minus separate, paired by seed.
    """

    condition: str
    value: float
    comparison: Comparison

    @property
    def weight(self) -> float:
        """lambda_F of both runs."""
        return self.comparison.run.factorization_weight

    @property
    def better(self) -> str:
        """``"shared"``, ``"separate"``, or ``"undecided"`` where the interval holds zero."""
        return self.comparison.better.tables if self.comparison.better else "undecided"

    @property
    def value_label(self) -> str:
        if self.condition == "batch_size" and self.value == FULL_BATCH:
            return "full"
        if self.condition == "training_fraction":
            return f"{self.value:.0%}".replace("%", " %")
        return f"{self.value:g}"


def effects_of_sharing(measurements: Measurements) -> list[Effect]:
    """Return the effect of sharing wherever the study varies a condition."""
    found = []
    for condition in CONDITIONS:
        groups = choose(measurements.runs, **{condition: None}).groupby(condition)
        for pair in ((SHARED_99, SEPARATE_99), (SHARED_50, SEPARATE_50)):
            effects = [
                Effect(condition, float(value), comparison)
                for value, runs in groups
                for metric in METRICS
                if (comparison := compare(measurements, *pair, metric, runs=runs))
            ]
            if len({effect.value for effect in effects}) > 1:
                found += effects
    return found


def answer(measurements: Measurements) -> Section | None:
    effects = effects_of_sharing(measurements)
    if not effects:
        return None
    groups: dict[tuple[str, Metric, float], list[Effect]] = {}
    for e in effects:
        groups.setdefault((e.condition, e.comparison.metric, e.weight), []).append(e)
    return Section(
        QUESTION,
        "Shared minus separate tables, paired by seed, with fewer ratings to train on, narrower "
        "and wider tables, and small batches instead of one step an epoch. Below, “better” means "
        "that the interval of the difference leaves zero out.",
        tuple(
            f"{metric.short} by {CONDITIONS[condition]}, lambda_F = {weight:g}: {winners(chosen)}."
            for (condition, metric, weight), chosen in groups.items()
        ),
        draw(effects),
        "Shared minus separate with 95 % intervals. Above: test MSE, where less is better. Below: "
        "test MRR, where more is better.",
        (
            Table(
                "Shared against separate tables, at the end [95 % interval]",
                [
                    {
                        "condition": f"{CONDITIONS[e.condition]}: {e.value_label}",
                        "lambda_F": f"{e.weight:g}",
                        "metric": e.comparison.metric.short,
                        "shared": mean_interval(e.comparison.of_run),
                        "separate": mean_interval(e.comparison.of_versus),
                        "difference": e.comparison.difference,
                        "N": e.comparison.difference.count,
                        "better": e.better,
                    }
                    for e in effects
                ],
            ),
        ),
    )


def winners(effects: Sequence[Effect]) -> str:
    """Return the conditions' values by which tables are better there."""
    found: dict[str, list[str]] = {}
    for e in effects:
        words = e.better if e.better == "undecided" else f"{e.better} is better"
        found.setdefault(words, []).append(e.value_label)
    return "; ".join(f"{words} at {listed(values)}" for words, values in found.items())


def draw(effects: Sequence[Effect]) -> Figure:
    """Draw shared minus separate, test MSE above and MRR below, one column a condition."""
    conditions = list(dict.fromkeys(e.condition for e in effects))
    weights = sorted({e.weight for e in effects})
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 3.9), layout="constrained")
        grid = figure.subplots(2, len(conditions), sharex="col", squeeze=False)
        for row, metric in zip(grid, METRICS):
            side = "above" if metric.higher_is_better else "below"
            row[0].set_ylabel(
                f"{metric.short},\nshared − separate\n({side} 0 sharing is better)", fontsize=7.5
            )
            for axes, condition in zip(row, conditions):
                axes.axhline(0, color=GREY, linewidth=0.8)
                chosen = [
                    e for e in effects if (e.condition, e.comparison.metric) == (condition, metric)
                ]
                labels = {e.value: e.value_label for e in sorted(chosen, key=lambda e: e.value)}
                places = {value: place for place, value in enumerate(labels)}
                for k, weight in enumerate(weights):
                    line = [e for e in chosen if e.weight == weight]
                    if line:
                        axes.errorbar(
                            [places[e.value] + 0.08 * k for e in line],
                            [e.comparison.difference.value for e in line],
                            yerr=np.hstack([e.comparison.difference.bars for e in line]),
                            **{"fmt": "o-", "markersize": 3.5, "color": COLOURS[weight]},
                            **{"linewidth": 1, "elinewidth": 1, "capsize": 2},
                        )
                axes.set_xticks(range(len(labels)), [x.replace(" ", "") for x in labels.values()])
                axes.margins(x=0.15)
        for axes, condition in zip(grid[-1], conditions):
            axes.set_xlabel(CONDITIONS[condition])
        handles = [
            Line2D([], [], marker="o", markersize=4, color=COLOURS[w], label=rf"$\lambda_F$={w:g}")
            for w in weights
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=7)
    return figure
