"""What a study measured: its runs as tables, and rows of runs chosen by what they are."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.errors import UserError
from experiments.run import DEFAULTS, METRIC_KEYS, METRICS, Metric, Run
from experiments.study.grid import SEEDS
from experiments.tables import tidy_curves
from problem_set.io import write_atomic

FULL_BATCH = math.inf  # for the empty batch_size of runs.csv: larger than any other
WEIGHING = ("embedding_sharing", "factorization_weight", "regression_weight")
PROTOCOL = ("training_fraction", "embedding_dim", "balancing", "batch_size")
RUN_COLUMNS = (
    *("run", *WEIGHING, "epochs", "seed", *SEEDS),
    *(*PROTOCOL, "gradient_interval", *METRIC_KEYS),
)
GRADIENT_COLUMNS = (
    *("run", "epoch", "table"),
    *("factorization_norm", "regression_norm", "cosine"),
)


class StudyError(UserError):
    """There is no study to report on."""


@dataclass(frozen=True)
class Measurements:
    """A study's runs.

    Attributes
    ----------
    runs : DataFrame
        As ``tidy_runs`` returns it; the ``batch_size`` of the full batch is ``FULL_BATCH``.
    curves : dict of (str, str) to float array
        A metric's value at each epoch, from 0, by the run's id and the metric's key.
    gradients : DataFrame
        ``GRADIENT_COLUMNS``; norms are of the unweighted losses.
    left_out : tuple of str
        Sentences about runs that are not there because a metric of theirs is no number.
    """

    runs: pd.DataFrame
    curves: dict[tuple[str, str], np.ndarray]
    gradients: pd.DataFrame
    left_out: tuple[str, ...] = ()

    def curves_of(self, runs: pd.DataFrame, metric: Metric) -> np.ndarray:
        """Return a metric's curves of some runs, shape (num_runs, num_epochs)."""
        return np.array([self.curves[run, metric.key] for run in runs["run"]])


def store_of(study: Path) -> Store:
    """Return where a study's runs are kept: of ``results/study`` in ``results``, with the four.

    A study in a folder of another name keeps its own.
    """
    return Store(study.parent if study.name == "study" else study)


def comparable_records(store: Store, run: Run, made_by: MadeBy) -> list[RunRecord]:
    """Return the complete runs of the same code, data, epochs, device and threads, by their ids."""
    same = attrgetter("epochs", "learning_rate", "device", "threads", "data")
    records = [r for r in store.records() if same(r.run) == same(run) and r.made_by == made_by]
    return sorted(records, key=lambda record: record.run.id)


def remember_study(study: Path, run: Run, made_by: MadeBy) -> None:
    """Write down what the study that begins is a study of, for ``read_records``."""
    content = {"config": run.to_dict(), "made_by": vars(made_by)}
    write_atomic(study / "study.json", json.dumps(content, indent=2) + "\n")


def read_records(study: Path) -> list[RunRecord]:
    """Return the complete runs of the study that was begun last, under way or killed or done.

    Raises
    ------
    StudyError
        If there are none.
    """
    try:
        content = json.loads((study / "study.json").read_text())
        run, made_by = Run.from_dict(content["config"]), MadeBy(**content["made_by"])
    except (OSError, ValueError, KeyError, TypeError):
        records = []
    else:
        records = comparable_records(store_of(study), run, made_by)
    if not records:
        raise StudyError(f"{study} is no study with a complete run; `make study` makes one")
    return records


def read_measurements(study: Path) -> Measurements:
    """Return what the complete runs of a study measured.

    Raises
    ------
    StudyError
        If there are none, or none has numbers.
    """
    return measure(read_records(study))


def measure(records: Sequence[RunRecord]) -> Measurements:
    """Return what runs measured, without those that have a metric which is no number.

    Raises
    ------
    StudyError
        If no run is left.
    """
    broken = {
        metric: sum(not np.isfinite(record.curves[metric.key]).all() for record in records)
        for metric in METRICS
    }
    left_out = tuple(
        f"{metric} of {count} run{'s' if count > 1 else ''} is not a number: see {metric.question}"
        for metric, count in broken.items()
        if count
    )
    records = [r for r in records if np.isfinite(list(r.curves.values())).all()]
    if not records:
        raise StudyError(
            f"{'; '.join(left_out)}. No run is left to report on: correct the code, and give "
            "the command again"
        )
    runs = tidy_runs(records)
    runs["batch_size"] = runs["batch_size"].astype(float).fillna(FULL_BATCH)
    curves = {(r.run.id, key): np.array(c) for r in records for key, c in r.curves.items()}
    return Measurements(runs, curves, tidy_gradients(records), left_out)


def write_tables(study: Path, records: Sequence[RunRecord]) -> None:
    """Write ``runs.csv``, ``curves.csv`` and ``gradients.csv`` at full precision."""
    curves = tidy_curves(records, attrgetter("id"))
    tables = {"runs": tidy_runs(records), "curves": curves, "gradients": tidy_gradients(records)}
    for name, table in tables.items():
        write_atomic(study / f"{name}.csv", table.to_csv(index=False))


def tidy_runs(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return one row a run: its id, what it is, its seeds as numbers, the last epoch's metrics.

    ``batch_size`` is empty for the full batch, ``gradient_interval`` where nobody looked.
    """
    rows = []
    for record in records:
        run = record.run
        seeds = {seed: run.seed_of(seed.removesuffix("_seed")) for seed in SEEDS}
        rows.append({**run.to_dict(), **seeds, "run": run.id, **record.final})
    whole = ["batch_size", "gradient_interval"]
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS)).astype(dict.fromkeys(whole, "Int64"))


def tidy_gradients(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return one row a run, epoch and table, where gradients were looked at."""
    rows = [{"run": record.run.id, **row} for record in records for row in record.gradients]
    return pd.DataFrame(rows, columns=list(GRADIENT_COLUMNS))


def choose(runs: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """Return the runs of the assignment's protocol whose one seed fixes all three.

    Parameters
    ----------
    settings
        A column and its value instead of the protocol's; None lets the column vary.
    """
    split, weights, negatives = (runs[seed] for seed in SEEDS)
    return of_protocol(runs[(split == weights) & (weights == negatives)], **settings)


def of_protocol(runs: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """Return the runs of the assignment's protocol, but for the settings that are given."""
    protocol = {column: DEFAULTS[column] or FULL_BATCH for column in PROTOCOL}
    for column, value in (protocol | settings).items():
        if value is not None:
            runs = runs[runs[column] == value]
    return runs


def weights_add_up_to_one(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with lambda_R = 1 - lambda_F, the computer's rounding apart."""
    total = runs["factorization_weight"] + runs["regression_weight"]
    return runs[(total - 1).abs() < 1e-9]


def of_course_run(runs: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return the runs with a course run's tables and weights."""
    same_tables = runs["embedding_sharing"] == run.embedding_sharing
    return weights_add_up_to_one(
        runs[same_tables & (runs["factorization_weight"] == run.factorization_weight)]
    )


def pair_by_seed(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return one row a seed that both have, in order; columns end in ``_one`` and ``_other``."""
    keys = [*SEEDS, *PROTOCOL]
    pairs = one.merge(other, on=keys, suffixes=("_one", "_other"), validate="one_to_one")
    return pairs.sort_values(keys, ignore_index=True)
