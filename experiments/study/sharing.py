"""When one pair of tables does better than two."""

import math
from dataclasses import dataclass

import pandas as pd

from experiments.run import COURSE_RUNS
from experiments.study.measurements import (
    FULL_BATCH,
    Measurements,
    choose,
    of_course_run,
    pair_by_seed,
    varied_together,
)
from experiments.study.statistics import Estimate, mean_interval

TASKS = {"eval/MSE": "test MSE", "eval/Mean Reciprocal Rank": "test MRR"}
CONDITIONS = {
    "training_fraction": "share of the ratings that train",
    "embedding_dim": "columns of the tables",
    "batch_size": "pairs a step",
}


@dataclass(frozen=True)
class SharingEffect:
    """Shared minus separate tables, paired by seed, under one condition.

    Attributes
    ----------
    condition : str
        A key of CONDITIONS.
    value : float
        Of the condition; ``FULL_BATCH`` is the whole training set.
    weight : float
        lambda_F of both runs.
    metric : str
        A key of TASKS.
    difference, shared, separate : Estimate
    """

    condition: str
    value: float
    weight: float
    metric: str
    difference: Estimate
    shared: Estimate
    separate: Estimate

    @property
    def winner(self) -> str:
        """``"shared"``, ``"separate"``, or ``"undecided"`` where the interval holds zero."""
        low, high = self.difference.low, self.difference.high
        if not (low > 0 or high < 0):
            return "undecided"
        less_is_better = self.metric == "eval/MSE"
        return "shared" if (high < 0) == less_is_better else "separate"


def sharing_effects(measurements: Measurements) -> tuple[SharingEffect, ...]:
    """Return the effect of sharing wherever the study varies a condition."""
    found = []
    for condition in CONDITIONS:
        effects = []
        runs = varied_together(choose(measurements.runs, **{condition: None}, epochs=None))
        for shared, separate in zip(COURSE_RUNS[:2], COURSE_RUNS[:1:-1]):
            for value, rows in sorted(runs.groupby(condition), key=lambda group: place(group[0])):
                rows = rows[rows["epochs"] == rows["epochs"].mode().max()]
                pairs = pair_by_seed(of_course_run(rows, shared), of_course_run(rows, separate))
                if len(pairs):
                    effects += [
                        SharingEffect(
                            *(condition, float(value), shared.factorization_weight, metric),
                            mean_interval(pairs[f"{metric}_one"] - pairs[f"{metric}_other"]),
                            mean_interval(pairs[f"{metric}_one"]),
                            mean_interval(pairs[f"{metric}_other"]),
                        )
                        for metric in TASKS
                    ]
        weights = {
            weight
            for weight in {effect.weight for effect in effects}
            if len({effect.value for effect in effects if effect.weight == weight}) > 1
        }
        found += [effect for effect in effects if effect.weight in weights]
    return tuple(found)


def place(value: float) -> float:
    """Return what a condition's values are sorted by: a full batch is larger than any other."""
    return math.inf if value == FULL_BATCH else value


def effects_table(effects: tuple[SharingEffect, ...]) -> pd.DataFrame:
    rows = []
    for effect in effects:
        full = effect.condition == "batch_size" and effect.value == FULL_BATCH
        row: dict[str, object] = {
            "condition": effect.condition,
            "value": "full" if full else f"{effect.value:g}",
            "factorization_weight": effect.weight,
            "metric": effect.metric,
        }
        for name in ("shared", "separate", "difference"):
            estimate: Estimate = getattr(effect, name)
            row |= {name: estimate.value, f"{name}_low": estimate.low}
            row |= {f"{name}_high": estimate.high}
        rows.append(row | {"seeds": effect.difference.count, "better": effect.winner})
    return pd.DataFrame(rows)
