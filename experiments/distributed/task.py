"""What a run's processes are given: a folder with the task and the ratings."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from experiments.ratings import Interactions, Split
from experiments.run import Run

TASK = "task.json"
EVENTS = "events"  # a socket; the first process tells by it how the run goes
FAILURE = "failure-"  # and the process's number: why it gave up

_PARTS, _COLUMNS = ("train", "test"), ("users", "items", "stars")


@contextmanager
def task_folder(split: Split) -> Iterator[Path]:
    """Write a split to a temporary folder, once for all processes, and yield the folder."""
    with TemporaryDirectory(prefix="experiments-") as name:
        folder = Path(name)
        for part in _PARTS:
            for column in _COLUMNS:
                values = getattr(getattr(split, part), column)
                np.save(folder / f"{part}-{column}.npy", values)
        yield folder


def write_task(
    folder: Path, configuration: Run, split: Split, submission: Path, results: Path
) -> None:
    task = {
        "config": configuration.to_dict(),
        "tables": [split.num_users, split.num_items],
        "submission": str(submission.resolve()),
        "results": str(results.resolve()),
    }
    (folder / TASK).write_text(json.dumps(task))


def load_split(folder: Path) -> Split:
    """Return the split of a task; its arrays are in memory once for all processes."""
    # Copied on write, which nobody does: torch asks for arrays that can be written to.
    parts = (
        Interactions(*(np.load(folder / f"{part}-{column}.npy", "c") for column in _COLUMNS))
        for part in _PARTS
    )
    return Split(*parts, *json.loads((folder / TASK).read_text())["tables"])
