"""The three files that a study's report is made from.

``runs.csv`` has a row a run: what it is and its last metrics. ``curves.csv`` has every epoch, and
``gradients.csv`` what the two tasks' gradients looked like on the shared tables. Their bytes
depend on nothing but the runs: neither on times, nor on the order in which runs were done.
"""

import json
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

import pandas as pd

from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.io import write_atomic
from experiments.run import METRIC_KEYS, Run
from experiments.study.measurements import CURVE_COLUMNS, GRADIENT_COLUMNS

RUN_COLUMNS = (
    *("run", "embedding_sharing", "factorization_weight", "regression_weight", "epochs"),
    *("seed", "split_seed", "weights_seed", "negatives_seed", "training_fraction"),
    *("embedding_dim", "balancing", "batch_size", "gradient_interval"),
)


def store_of(study: Path) -> Store:
    """Return where a study's runs are kept: of ``results/study`` in ``results``, with the four.

    A study in a folder of another name keeps its own.
    """
    return Store(study.parent if study.name == "study" else study)


def comparable_records(store: Store, run: Run, made_by: MadeBy) -> list[RunRecord]:
    """Return the complete runs of the same code, data, epochs, device and threads."""
    same = attrgetter("epochs", "learning_rate", "device", "threads", "data")
    return [
        record
        for record in store.records()
        if same(record.run) == same(run) and record.made_by == made_by
    ]


def remember_study(study: Path, run: Run, made_by: MadeBy) -> None:
    """Write down what the study that begins is a study of, for ``gather_runs``."""
    content = {"config": run.to_dict(), "made_by": vars(made_by)}
    write_atomic(study / "study.json", json.dumps(content, indent=2) + "\n")


def gather_runs(study: Path) -> None:
    """Write the tidy files anew from the complete runs of the study that was begun last.

    They may be older than the runs, whose study is under way or was killed.
    """
    try:
        content = json.loads((study / "study.json").read_text())
        run, made_by = Run.from_dict(content["config"]), MadeBy(**content["made_by"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if records := comparable_records(store_of(study), run, made_by):
        write_tidy_files(study, records)


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
