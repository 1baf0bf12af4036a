"""The three files that a study's report is made from.

``runs.csv`` has a row a run: what it is and its last metrics. ``curves.csv`` has every epoch, and
``gradients.csv`` what the two tasks' gradients looked like on the shared tables. Their bytes
depend on nothing but the runs: neither on times, nor on the order in which runs were done.
"""

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

import pandas as pd

from experiments.engine.store import RunRecord, read_record
from experiments.io import write_atomic
from experiments.run import Run
from experiments.study.measurements import CURVE_COLUMNS, GRADIENT_COLUMNS, METRIC_KEYS

RUN_COLUMNS = (
    *("run", "embedding_sharing", "factorization_weight", "regression_weight", "epochs"),
    *("seed", "split_seed", "weights_seed", "negatives_seed", "training_fraction"),
    *("embedding_dim", "balancing", "batch_size", "gradient_interval"),
)


def study_records(study: Path) -> list[RunRecord]:
    """Return every complete run in a study's folder, by name."""
    records = [read_record(study, folder.name) for folder in sorted((study / "runs").glob("*"))]
    return [record for record in records if record]


def comparable_records(study: Path, run: Run) -> list[RunRecord]:
    """Return a folder's complete runs of the same code, data, epochs, device and threads."""
    same = attrgetter("epochs", "learning_rate", "device", "threads", "data", "submission")
    return [record for record in study_records(study) if same(record.run) == same(run)]


def gather_runs(study: Path) -> None:
    """Write the tidy files anew from a folder's complete runs, where it has any.

    They may be older than the runs, whose study is under way or was killed. They cover the runs
    that can be compared with the one that was finished last.
    """
    files = {file: file.stat().st_mtime_ns for file in study.glob("runs/*/run.json")}
    for file in sorted(files, key=lambda file: (-files[file], file)):
        if last := read_record(study, file.parent.name):
            write_tidy_files(study, comparable_records(study, last.run))
            return


def write_tidy_files(study: Path, records: Sequence[RunRecord]) -> None:
    """Write ``runs.csv``, ``curves.csv`` and ``gradients.csv`` at full precision."""
    records = sorted(records, key=lambda record: record.run.id)
    tables = {"runs": tidy_runs, "curves": tidy_curves, "gradients": tidy_gradients}
    for name, table in tables.items():
        write_atomic(study / f"{name}.csv", table(records).to_csv(index=False))


def tidy_runs(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return one row a run: what it is, its seeds as numbers, and its last epoch's metrics.

    ``batch_size`` is empty for the full batch, ``gradient_interval`` where nobody looked.
    """
    rows = []
    for record in records:
        run = record.run
        seeds = {f"{part}_seed": run.seed_of(part) for part in ("split", "weights", "negatives")}
        rows.append({**run.to_dict(), **seeds, "run": run.id, **record.final})
    table = pd.DataFrame(rows, columns=[*RUN_COLUMNS, *METRIC_KEYS])
    whole = ["batch_size", "gradient_interval"]
    return table.astype(dict.fromkeys(whole, "Int64"))


def tidy_curves(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return one row a run, epoch and metric."""
    rows = [
        (record.run.id, epoch, metric, value)
        for record in records
        for metric, values in record.curves.items()
        for epoch, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def tidy_gradients(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return one row a run, epoch and table, where gradients were looked at."""
    rows = [{"run": record.run.id, **row} for record in records for row in record.gradients]
    return pd.DataFrame(rows, columns=list(GRADIENT_COLUMNS))
