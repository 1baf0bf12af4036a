"""What a study measured: its three files read, and rows of runs chosen by what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.errors import UserError
from experiments.run import DEFAULTS, METRIC_KEYS, METRICS, Metric, Run

FULL_BATCH = 0  # stands for the empty batch_size of runs.csv
SEEDS = ("split_seed", "weights_seed", "negatives_seed")
SETTINGS = ("training_fraction", "embedding_dim", "balancing", "batch_size", "epochs")
WHAT_A_RUN_IS = (
    *("embedding_sharing", "factorization_weight", "regression_weight"),
    *SETTINGS,
    *SEEDS,
)
CURVE_COLUMNS = ("run", "epoch", "metric", "value")
GRADIENT_COLUMNS = (
    *("run", "epoch", "table"),
    *("factorization_norm", "regression_norm", "cosine"),
)


FLOATS = (
    *("factorization_weight", "regression_weight", "training_fraction", *METRIC_KEYS),
    *("value", "factorization_norm", "regression_norm", "cosine"),
)


class StudyError(UserError):
    """There is no study to report, or its files cannot be read."""


@dataclass(frozen=True)
class Measurements:
    """A study's runs.

    Attributes
    ----------
    runs : DataFrame
        One row a run: ``run``, the columns of ``WHAT_A_RUN_IS`` and the final metrics. Two
        runs that differ in ``gradient_interval`` only have the same results, and count once.
    curves : DataFrame
        Columns run, epoch, metric, value; empty if the study kept none.
    gradients : DataFrame
        ``GRADIENT_COLUMNS``; norms are of the unweighted losses. Empty if nobody looked.
    left_out : tuple of str
        Sentences about runs that are not there because a metric of theirs is no number.
    """

    runs: pd.DataFrame
    curves: pd.DataFrame
    gradients: pd.DataFrame
    left_out: tuple[str, ...] = ()

    @cached_property
    def _series(self) -> dict[tuple[str, str], np.ndarray]:
        ordered = self.curves.sort_values("epoch", kind="stable")
        groups = ordered.groupby(["run", "metric"], sort=False)["value"]
        return {key: values.to_numpy(dtype=float) for key, values in groups}

    def curve(self, run: str, metric: Metric) -> np.ndarray | None:
        """Return a metric's value at each epoch, from 0, or None if there is no such curve."""
        return self._series.get((run, metric.key))


def read_measurements(study: Path) -> Measurements:
    """Read ``runs.csv``, ``curves.csv`` and ``gradients.csv`` to the bit.

    Raises
    ------
    StudyError
        If there is no ``runs.csv``, or a file is not what ``python -m experiments study`` writes,
        or no run has numbers.
    """
    if not (study / "runs.csv").exists():
        raise StudyError(
            f"{study / 'runs.csv'} does not exist; `python -m experiments study` writes it"
        )
    runs = _read(study / "runs.csv", ("run", *WHAT_A_RUN_IS, *METRIC_KEYS))
    runs["batch_size"] = runs["batch_size"].fillna(FULL_BATCH).astype(int)
    runs = runs.drop_duplicates(subset=list(WHAT_A_RUN_IS), ignore_index=True)
    curves = _read(study / "curves.csv", CURVE_COLUMNS)
    gradients = _read(study / "gradients.csv", GRADIENT_COLUMNS)
    broken = _runs_without_numbers(runs, curves)
    left_out = tuple(
        f"{metric} of {len(names)} run{'s' if len(names) > 1 else ''} is not a number: see "
        f"{metric.question}"
        for metric, names in broken.items()
        if names
    )
    kept = runs[~runs["run"].isin(set().union(*broken.values()))].reset_index(drop=True)
    if len(runs) and not len(kept):
        raise StudyError(
            f"{'; '.join(left_out)}. No run is left to report on: correct the code, and give "
            "the command again"
        )
    return Measurements(kept, curves, gradients, left_out)


def _runs_without_numbers(runs: pd.DataFrame, curves: pd.DataFrame) -> dict[Metric, set[str]]:
    """Return by metric the runs that it is infinite or NaN for, at the end or on the way."""
    on_the_way = curves[~np.isfinite(curves["value"].to_numpy(dtype=float))]
    on_the_way = on_the_way[on_the_way["run"].isin(runs["run"])]
    return {
        metric: {
            *runs.loc[~np.isfinite(runs[metric.key].to_numpy(dtype=float)), "run"],
            *on_the_way.loc[on_the_way["metric"] == metric.key, "run"],
        }
        for metric in METRICS
    }


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a file's table; without the file, an empty one."""
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(FLOATS, str))
    except (ValueError, OSError) as error:
        raise StudyError(f"{path} cannot be read ({error}); run the study again") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise StudyError(f"{path} has no column {', '.join(missing)}; run the study again")
    for column in table.columns.intersection(FLOATS):
        table[column] = table[column].map(float)  # exact, which older pandas' own floats are not
    return table


def choose(runs: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """Return the runs of the assignment's protocol, but for the settings that are given.

    A setting is a column and its value; None lets the column vary. Unless ``epochs`` is given,
    only the commonest number of epochs stays, so that like is compared with like.
    """
    usual = ("training_fraction", "embedding_dim", "balancing", "batch_size")
    protocol = {column: DEFAULTS[column] or FULL_BATCH for column in usual}
    for column, value in (protocol | settings).items():
        if value is not None:
            runs = runs[runs[column] == value]
    if "epochs" not in settings and len(runs):
        runs = runs[runs["epochs"] == runs["epochs"].mode().max()]
    return runs


def weights_add_up_to_one(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with lambda_R = 1 - lambda_F, the computer's rounding apart."""
    total = runs["factorization_weight"] + runs["regression_weight"]
    return runs[(total - 1).abs() < 1e-9]


def varied_together(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs whose one seed fixes split, initial weights and negatives."""
    split, weights, negatives = (runs[seed] for seed in SEEDS)
    return runs[(split == weights) & (weights == negatives)]


def of_course_run(runs: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return the runs with a course run's tables and weights."""
    same_tables = runs["embedding_sharing"] == run.embedding_sharing
    return weights_add_up_to_one(
        runs[same_tables & (runs["factorization_weight"] == run.factorization_weight)]
    )


def pair_by_seed(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return one row a seed that both have, in order; columns end in ``_one`` and ``_other``."""
    keys = [*SEEDS, *SETTINGS]
    pairs = one.merge(other, on=keys, suffixes=("_one", "_other"), validate="one_to_one")
    return pairs.sort_values(keys, ignore_index=True)
