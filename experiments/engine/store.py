"""Runs on disk: one folder a run, one record in it once the run is complete.

``FOLDER/runs/RUN/`` keeps ``run.json`` and ``weights.pt`` of a complete run, and ``checkpoint.pt``
of one that is not. ``RUN`` is ``Run.folder``, which differs for runs that differ in anything.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.run import METRICS, Run
from problem_set import __version__
from problem_set.io import write_atomic

PROJECT = Path(__file__).parents[1]
# What the numbers of a run depend on, beside the run, the ratings and the student's code.
OUR_CODE = ("training/*.py", "data/ratings.py", "engine/train_run.py")
PACKAGES = ("torch", "torchjd", "numpy", "scipy")


@dataclass(frozen=True)
class MadeBy:
    """Which code made a run: runs that differ in it are not compared, and not used again."""

    submission: str  # code_digest of the student's code
    experiments: str  # digest of the code of this package that trains and evaluates
    packages: dict[str, str]  # versions of torch and of what else computes
    version: str = field(default="", compare=False)  # of the tools; a digest says what changed

    def differs_from(self, now: "MadeBy") -> str:
        """Return what differs, for a sentence: ``another submission``; empty if nothing does."""
        parts = []
        if self.submission != now.submission:
            parts.append("another version of the submission")
        if self.experiments != now.experiments:
            is_named = self.version and self.version != now.version
            which = f"version {self.version}" if is_named else "another version"
            parts.append(f"{which} of the tools (now {now.version})")
        parts += [
            f"{name} {self.packages.get(name, 'of unknown version')} (now {version})"
            for name, version in now.packages.items()
            if self.packages.get(name) != version
        ]
        return ", ".join(parts)


def made_by(submission: str) -> MadeBy:
    """Return what a run of a submission with that ``code_digest`` is made by now."""
    digest = hashlib.sha256()
    for pattern in OUR_CODE:
        for file in sorted(PROJECT.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
    packages = {name: metadata.version(name) for name in PACKAGES}
    return MadeBy(submission, digest.hexdigest()[:16], packages, __version__)


@dataclass(frozen=True)
class RunRecord:
    """A complete run."""

    run: Run
    made_by: MadeBy
    curves: dict[str, list[float]]  # the values of each metric by its key, one an epoch
    seconds: float  # of its epochs, evaluation included
    notes: tuple[str, ...] = ()  # what the student should know about how it went
    gradients: tuple[dict[str, Any], ...] = ()  # rows of compare_gradients

    @property
    def final(self) -> dict[str, float]:
        """The metrics of the last epoch, by their keys."""
        return {metric: values[-1] for metric, values in self.curves.items()}

    def to_dict(self) -> dict:
        return {
            "config": self.run.to_dict(),
            "made_by": vars(self.made_by),
            "seconds": self.seconds,
            "notes": list(self.notes),
            "curves": self.curves,
            "gradients": list(self.gradients),
        }

    @classmethod
    def from_dict(cls, content: dict) -> "RunRecord":
        return cls(
            Run.from_dict(content["config"]),
            MadeBy(**content["made_by"]),
            {metric.key: content["curves"][metric.key] for metric in METRICS},
            content["seconds"],
            tuple(content["notes"]),
            tuple(content["gradients"]),
        )


class Store:
    """The runs in ``runs`` of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def folder_of(self, run: Run) -> Path:
        return self.folder / "runs" / run.folder

    def checkpoint(self, run: Run) -> Path:
        return self.folder_of(run) / "checkpoint.pt"

    def weights(self, run: Run) -> Path:
        return self.folder_of(run) / "weights.pt"

    def read(self, run: Run) -> RunRecord | None:
        """Return the complete run, whichever code made it; None if there is none to be read."""
        return _read(self.folder_of(run) / "run.json", run)

    def records(self) -> list[RunRecord]:
        """Return every complete run, by its folder's name."""
        records = map(_read, sorted(self.folder.glob("runs/*/run.json")))
        return [record for record in records if record]

    def write(self, record: RunRecord, weights: bytes) -> None:
        """Write a complete run in place of its checkpoint, or of a run of other code."""
        file = self.folder_of(record.run) / "run.json"
        # A record vouches for the weights beside it, so the old one goes before they change.
        file.unlink(missing_ok=True)
        write_atomic(self.weights(record.run), weights)
        write_atomic(file, json.dumps(record.to_dict()))
        self.checkpoint(record.run).unlink(missing_ok=True)


def _read(file: Path, run: Run | None = None) -> RunRecord | None:
    try:
        record = RunRecord.from_dict(json.loads(file.read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if run is None or _serves(record.run, run) else None


def _serves(done: Run, wanted: Run) -> bool:
    """Say whether a complete run is the one that is wanted, or that and its gradients too."""
    if wanted.gradient_interval is not None:
        return done == wanted
    return replace(done, gradient_interval=None) == wanted
