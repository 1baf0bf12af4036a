"""How the two tasks pull at the tables that they share, along training."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.run import COURSE_RUNS, Run
from experiments.study.measurements import (
    Measurements,
    choose,
    of_course_run,
    varied_together,
)
from experiments.study.statistics import Estimate, bounded, mean_interval

BOTH_TABLES = "U and Q"


@dataclass(frozen=True)
class Conflict:
    """The gradients of L_F and L_R by the shared tables, in one of the course's runs.

    Attributes
    ----------
    run : Run
    cosine, norm_ratio : DataFrame
        One column a seed, indexed by epoch. The ratio is
        ``|lambda_F grad L_F| / |lambda_R grad L_R|``: above 1, factorization pulls harder.
    """

    run: Run
    cosine: pd.DataFrame
    norm_ratio: pd.DataFrame

    @property
    def opposed(self) -> Estimate:
        """The share of the epochs looked at in which the gradients oppose each other."""
        return bounded(mean_interval((self.cosine < 0).mean().to_numpy()), 0, 1)

    @property
    def mean_cosine(self) -> Estimate:
        return bounded(mean_interval(self.cosine.mean().to_numpy()), -1, 1)

    @property
    def log_ratio(self) -> pd.Series:
        """The mean logarithm of the ratio along training, by seed."""
        return np.log(self.norm_ratio.where(self.norm_ratio > 0)).mean()

    @property
    def typical_ratio(self) -> Estimate:
        """The geometric mean of the ratio along training."""
        return exponential(mean_interval(self.log_ratio.to_numpy()))

    @property
    def first_ratio(self) -> Estimate:
        return bounded(mean_interval(self.norm_ratio.iloc[0].to_numpy()), 0, np.inf)

    @property
    def takes_over(self) -> Estimate | None:
        """The epoch from which on factorization pulls harder; None unless all seeds have one."""
        stronger = self.norm_ratio > 1
        from_here_on = stronger[::-1].cummin()[::-1]
        if not from_here_on.any().all():
            return None
        epochs = mean_interval(from_here_on.idxmax().to_numpy())
        return bounded(epochs, self.norm_ratio.index[0], self.norm_ratio.index[-1])


def exponential(estimate: Estimate) -> Estimate:
    """Return the estimate of a geometric mean from that of the mean logarithm."""
    value, low, high = np.exp([estimate.value, estimate.low, estimate.high]).tolist()
    return Estimate(value, low, high, estimate.count, estimate.method)


def relative_pull(one: Conflict, other: Conflict) -> Estimate | None:
    """Return how many times the other run's ratio the one's is, paired by seed."""
    logs = (one.log_ratio - other.log_ratio).dropna()
    return exponential(mean_interval(logs.to_numpy())) if len(logs) else None


def conflicts(measurements: Measurements, table: str = BOTH_TABLES) -> tuple[Conflict, ...]:
    """Return what was seen of the gradients in the course's two shared runs.

    Parameters
    ----------
    table : str
        ``"U"``, ``"Q"`` or both.
    """
    found = []
    for run in COURSE_RUNS:
        runs = varied_together(of_course_run(choose(measurements.runs), run))
        rows = measurements.gradients.merge(runs[["run", "split_seed"]], on="run")
        rows = rows[rows["table"] == table]
        if not run.embedding_sharing or not len(rows):
            continue
        rows = rows.assign(
            ratio=run.factorization_weight
            * rows["factorization_norm"]
            / (run.regression_weight * rows["regression_norm"])
        )
        cosine, ratio = (
            rows.pivot(index="epoch", columns="split_seed", values=column).astype(float)
            for column in ("cosine", "ratio")
        )
        # An epoch counts if every seed was looked at there, and has a cosine.
        whole = cosine.notna().all(axis=1) & np.isfinite(ratio).all(axis=1)
        if whole.any():
            found.append(Conflict(run, cosine[whole], ratio[whole]))
    return tuple(found)


def conflict_table(found: tuple[Conflict, ...]) -> pd.DataFrame:
    """Return one row a run and epoch: means over seeds, and the seeds' lowest and highest."""
    rows = []
    for conflict in found:
        for epoch in conflict.cosine.index:
            row: dict[str, object] = {"run": conflict.run.name, "epoch": epoch}
            for name, table in (("cosine", conflict.cosine), ("ratio", conflict.norm_ratio)):
                values = table.loc[epoch]
                row |= {
                    name: values.mean(),
                    f"{name}_lowest": values.min(),
                    f"{name}_highest": values.max(),
                }
            rows.append(row | {"seeds": len(conflict.cosine.columns)})
    return pd.DataFrame(rows)
