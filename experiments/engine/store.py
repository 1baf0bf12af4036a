"""Finished runs on disk, and the summaries that others read: one writer and reader a format.

``results/runs/NAME/`` keeps what belongs to one run: ``run.json`` and ``weights.pt`` once it is
complete, ``checkpoint.pt`` before that. ``summary.json`` and ``curves.csv`` are made from the
complete ones.
"""

import json
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd

from experiments.configuration import METRICS
from experiments.engine.resources import processor_cores
from experiments.io import write_atomic, write_if_changed
from experiments.run import Run


@dataclass(frozen=True)
class RunRecord:
    """A complete run.

    Attributes
    ----------
    run : Run
    curves : dict of str to list of float
        The values of each metric, one an epoch.
    seconds : float
        Time of its epochs, evaluation included.
    notes : tuple of str
        What the student should know about how it went.
    gradients : tuple of dict
        How the tasks' gradients compare along training: see ``experiments.training.objectives``.
    """

    run: Run
    curves: dict[str, list[float]]
    seconds: float
    notes: tuple[str, ...] = ()
    gradients: tuple[dict[str, int | str | float], ...] = ()

    @property
    def final(self) -> dict[str, float]:
        """The metrics of the last epoch."""
        return {metric: values[-1] for metric, values in self.curves.items()}


def run_folder(results: Path, name: str) -> Path:
    return results / "runs" / name


def write_record(results: Path, record: RunRecord) -> None:
    """Write ``runs/NAME/run.json``."""
    content = {
        "config": record.run.to_dict(),
        "seconds": record.seconds,
        "notes": list(record.notes),
        "curves": record.curves,
        "gradients": list(record.gradients),
    }
    folder = run_folder(results, record.run.id)
    write_atomic(folder / "run.json", json.dumps(content))


def read_record(results: Path, name: str) -> RunRecord | None:
    """Return a complete run, or None if there is none that can be read."""
    try:
        content = json.loads((run_folder(results, name) / "run.json").read_text())
        return RunRecord(
            Run.from_dict(content["config"]),
            {metric: content["curves"][metric] for metric in METRICS},
            content["seconds"],
            tuple(content["notes"]),
            tuple(content.get("gradients", ())),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_summaries(results: Path, records: list[RunRecord]) -> None:
    """Write ``summary.json`` and ``curves.csv`` from complete runs, at full precision.

    Files that say the same already are left alone, so that a handout is not older than results
    that were only shown again.
    """
    packages = ("torch", "numpy", "scipy")
    summary = {
        "runs": {
            record.run.name: {
                "config": record.run.to_dict(),
                "final": record.final,
                "seconds": record.seconds,
            }
            for record in records
        },
        "environment": {
            "python": platform.python_version(),
            "system": platform.system(),
            "machine": platform.machine(),
            "cores": processor_cores(),
            **{package: metadata.version(package) for package in packages},
        },
    }
    write_if_changed(results / "summary.json", json.dumps(summary, indent=2) + "\n")
    write_if_changed(results / "curves.csv", tidy_curves(records).to_csv(index=False))


def tidy_curves(records: list[RunRecord]) -> pd.DataFrame:
    """Return one row a run, epoch and metric: columns run, epoch (from 0), metric, value."""
    rows = [
        (record.run.name, epoch, metric, value)
        for record in records
        for metric, values in record.curves.items()
        for epoch, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", "metric", "value"])


def read_curves(results: Path) -> pd.DataFrame:
    """Return ``curves.csv`` to the bit.

    Raises
    ------
    FileNotFoundError
        Saying how to make it.
    """
    path = results / "curves.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; make experiments writes it")
    curves = pd.read_csv(path, dtype={"value": str})
    curves["value"] = curves["value"].map(float)  # exact, which the reader's own floats are not
    return curves
