"""Complete runs as tables: the summaries that others read, and one for the terminal."""

import json
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from experiments.engine.resources import processor_cores
from experiments.engine.store import RunRecord
from experiments.io import write_if_changed
from experiments.run import METRICS, Run

if TYPE_CHECKING:
    from rich.table import Table

PACKAGES = ("torch", "numpy", "scipy")


def write_summaries(
    results: Path, records: Sequence[RunRecord], options: dict | None = None
) -> None:
    """Write ``summary.json`` and ``curves.csv`` of comparable runs, at full precision.

    Files that say the same already are left alone, so that a handout is not older than results
    that were only shown again.

    Parameters
    ----------
    results : Path
    records : sequence of RunRecord
    options : dict, optional
        What differs from the assignment's options.
    """
    summary = {
        "version": records[0].made_by.version,
        "options": options or {},
        "runs": {
            record.run.name: {
                "config": {**record.run.to_dict(), "submission": record.made_by.submission},
                "made_by": vars(record.made_by),
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
            **{package: metadata.version(package) for package in PACKAGES},
        },
    }
    write_if_changed(results / "summary.json", json.dumps(summary, indent=2) + "\n")
    write_if_changed(results / "curves.csv", tidy_curves(records).to_csv(index=False))


def tidy_curves(
    records: Iterable[RunRecord], name: Callable[[Run], str] = attrgetter("name")
) -> pd.DataFrame:
    """Return one row a run, epoch and metric: columns run, epoch (from 0), metric, value."""
    rows = [
        (name(record.run), epoch, metric, value)
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


def final_table(records: Sequence[RunRecord]) -> "Table":
    """Return a table of one row a run: the metrics after its last epoch.

    It marks no best run: one seed does not tell small differences from chance, and joint losses
    of different weights are different sums.
    """
    from rich import box
    from rich.table import Table

    table = Table(
        title="After the last epoch",
        title_justify="left",
        caption="One seed: small differences may be chance (make study). "
        "Joint losses of\ndifferent weights cannot be compared.",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("run", no_wrap=True)
    for metric in METRICS:
        table.add_column(
            metric.short.removesuffix(" loss").replace(" ", "\n"), justify="right", no_wrap=True
        )
    for record in records:
        final = record.final
        table.add_row(record.run.name, *(_short(final[metric.key]) for metric in METRICS))
    return table


def _short(value: float) -> str:
    """Return four decimals, or three of what has two digits before the point: six characters."""
    return f"{value:.{3 if abs(value) >= 10 else 4}f}"
