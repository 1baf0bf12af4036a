"""Two tasks weighed against each other: the front of what can be had, and a choice on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.study.measurements import (
    SEEDS,
    Measurements,
    choose,
    varied_together,
    weights_add_up_to_one,
)
from experiments.study.statistics import Estimate, mean_interval

MSE, MRR = "eval/MSE", "eval/Mean Reciprocal Rank"
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


def balances(measurements: Measurements) -> tuple[Balance, ...]:
    """Return every balance that the study tried by the course's protocol.

    Only seeds count that all of them have: a split moves every balance's MSE, so that means over
    different seeds would tell the seeds apart and not the balances. Fixed weights come first,
    shared before separate and small lambda_F before large, then the other methods by their names.
    """
    runs = varied_together(choose(measurements.runs, balancing=None))
    fixed = weights_add_up_to_one(runs[runs["balancing"] == "fixed"])
    runs = pd.concat([fixed, runs[runs["balancing"] != "fixed"]])
    balance = [
        ~runs["embedding_sharing"].astype(bool),
        runs["balancing"],
        runs["factorization_weight"],
    ]
    seeds = [set(rows) for _, rows in runs.groupby(balance)[SEEDS[0]]]
    runs = runs[runs[SEEDS[0]].isin(set.intersection(*seeds) if seeds else set())]
    found = []
    for (separate, method, weight), rows in runs.groupby(balance):
        by_seed = rows.set_index(SEEDS[0])[[MSE, MRR]].sort_index()
        found.append(
            Balance(
                *(not separate, method, float(weight)),
                mean_interval(by_seed[MSE]),
                mean_interval(by_seed[MRR]),
                by_seed.rename(columns={MSE: "mse", MRR: "mrr"}),
            )
        )
    return tuple(sorted(found, key=lambda balance: balance.method != "fixed"))


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


def front(points: Sequence[Balance]) -> tuple[Balance, ...]:
    """Return the balances whose means no other balance beats, lowest MSE first."""
    on_front = non_dominated([p.mse.value for p in points], [p.mrr.value for p in points])
    chosen = (point for point, on in zip(points, on_front) if on)
    return tuple(sorted(chosen, key=lambda point: (point.mse.value, -point.mrr.value)))


def sacrifice(mse: Sequence[float], mrr: Sequence[float], preference: float) -> np.ndarray:
    """Return what each point gives up, in percent of the best MRR.

    A point gives up some percent of the lowest MSE among the points and some percent of the
    highest MRR; ``preference`` is how many percent of MRR one percent of MSE is worth.
    """
    mse, mrr = np.asarray(mse, dtype=float), np.asarray(mrr, dtype=float)
    return preference * 100 * (mse / mse.min() - 1) + 100 * (1 - mrr / mrr.max())


@dataclass(frozen=True)
class Choice:
    """The best balance by a preference.

    Attributes
    ----------
    preference : float
    balance : Balance
    wins, seeds : int
        In how many of the seeds that all balances have this one is the best as well.
    """

    preference: float
    balance: Balance
    wins: int
    seeds: int


def best_balance(points: Sequence[Balance], preference: float) -> Choice:
    """Return the balance that gives up least, by a person's own preference.

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
        raise ValueError("there is no balance to choose from")
    if not preference >= 0:
        raise ValueError(f"a preference is at least 0 percent of MRR, got {preference}")

    def best(values: list[tuple[float, float]]) -> int:
        return int(np.argmin(sacrifice(*zip(*values), preference)))

    chosen = best([(point.mse.value, point.mrr.value) for point in points])
    seeds = sorted(set.intersection(*(set(point.by_seed.index) for point in points)))
    winners = [
        best([tuple(point.by_seed.loc[seed, ["mse", "mrr"]]) for point in points]) for seed in seeds
    ]
    return Choice(preference, points[chosen], winners.count(chosen), len(seeds))


def beaten_by(method: Balance, fixed: Sequence[Balance]) -> tuple[Balance, ...]:
    """Return the fixed weights whose means are better than a method's in MSE and in MRR."""
    return tuple(
        point
        for point in fixed
        if point.mse.value < method.mse.value and point.mrr.value > method.mrr.value
    )


def differences_from(point: Balance, other: Balance) -> tuple[Estimate, Estimate]:
    """Return MSE and MRR minus the other's, paired by the seeds that both have."""
    paired = (point.by_seed - other.by_seed).dropna()
    return mean_interval(paired["mse"]), mean_interval(paired["mrr"])


def balance_table(points: Sequence[Balance]) -> pd.DataFrame:
    on_front = {point.label for point in front(points)} if points else set()
    return pd.DataFrame(
        {
            "balance": point.label,
            "embedding_sharing": point.sharing,
            "balancing": point.method,
            "factorization_weight": point.weight,
            "test_mse": point.mse.value,
            "test_mse_low": point.mse.low,
            "test_mse_high": point.mse.high,
            "test_mrr": point.mrr.value,
            "test_mrr_low": point.mrr.low,
            "test_mrr_high": point.mrr.high,
            "seeds": point.mse.count,
            "on_front": point.label in on_front,
        }
        for point in points
    )
