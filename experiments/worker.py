"""One run in a process of its own: what it does, and what it tells the process that started it."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from experiments.configuration import METRICS
from experiments.data.ratings import Split
from experiments.engine.store import run_folder, write_record
from experiments.run import Run
from experiments.single_run import no_curves, run_epochs, settle_torch

if TYPE_CHECKING:  # torch is imported by the process that runs, and by none that only starts it
    from experiments.training.trainer import Training

CHECKPOINT_SECONDS = 10
UNDER_WAY_SECONDS = 5


@dataclass(frozen=True)
class EpochsRestored:
    """The run goes on after so many epochs of before; the metrics are those of the last one."""

    epochs: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class EpochFinished:
    """After every epoch: its number from 0, and its metrics by name."""

    epoch: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class EpochUnderWay:
    """Every few seconds of a long epoch: the share of its minibatches that is done.

    At a share of 1 the evaluation begins.
    """

    epoch: int
    share: float


@dataclass(frozen=True)
class Note:
    """Something that the student should know."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The run is complete and on disk."""


@dataclass(frozen=True)
class Stopped:
    """The run was asked to stop, and can go on after ``epochs`` finished epochs."""

    epochs: int


@dataclass(frozen=True)
class Failed:
    """The run cannot go on; the message is for the student."""

    message: str


LastEvent = Finished | Stopped | Failed
Event = EpochsRestored | EpochFinished | EpochUnderWay | Note | LastEvent


def work(
    configuration: Run,
    split: Split,
    submission: Path,
    results: Path,
    connection: Connection,
) -> None:
    """Start or resume a run, and see it through unless anything arrives by ``connection``.

    Sends events. A checkpoint is written every ten seconds and when the run is stopped; a run
    that goes on from one ends with the same bits as one that was never stopped.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    settle_torch(configuration)

    from experiments.training.student_code import StudentError, load_student_code
    from experiments.training.trainer import Training

    try:
        training = Training(configuration, split, load_student_code(submission))
        connection.send(see_through(training, results, connection))
    except StudentError as error:
        connection.send(Failed(str(error)))
    except (BrokenPipeError, EOFError):
        pass  # whoever started us is gone; the checkpoint is written


def see_through(training: "Training", results: Path, connection: Connection) -> LastEvent:
    """Run the epochs that are left, send what there is to tell, and return the last event."""
    configuration = training.run
    folder = run_folder(results, configuration.id)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    _remove_leftovers(folder)
    curves = no_curves()
    notes_told = 0

    def tell_notes() -> None:
        nonlocal notes_told
        for note in training.notes[notes_told:]:
            connection.send(Note(note))
        notes_told = len(training.notes)

    tell_notes()
    saved = _read_checkpoint(checkpoint, configuration)
    if saved:
        training.restore(saved["training"])
        curves = saved["curves"]
        metrics = {name: curves[name][-1] for name in METRICS}
        connection.send(EpochsRestored(training.epoch, metrics))

    def save() -> None:
        content = {
            "config": configuration.to_dict(),
            "curves": curves,
            "training": training.state(),
        }
        _save_atomically(content, checkpoint)

    last_saved = last_told = epoch_started = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last_told
        now = time.monotonic()
        is_long = now - epoch_started > UNDER_WAY_SECONDS
        if is_long and (done == of or now - last_told > UNDER_WAY_SECONDS):
            last_told = now
            with contextlib.suppress(BrokenPipeError):  # the poll after the epoch sees to that
                connection.send(EpochUnderWay(training.epoch, done / of))

    def after_epoch(epoch: int, metrics: dict[str, float]) -> bool:
        nonlocal last_saved, epoch_started
        if connection.poll():
            save()
            return False
        if time.monotonic() - last_saved > CHECKPOINT_SECONDS:
            save()
            last_saved = time.monotonic()
        tell_notes()
        connection.send(EpochFinished(epoch, metrics))
        epoch_started = time.monotonic()
        return True

    training.on_pairs = tell
    record = run_epochs(training, curves, after_epoch)
    if record is None:
        return Stopped(training.epoch)
    # A record vouches for the weights beside it, so the old one goes before they change.
    (folder / "run.json").unlink(missing_ok=True)
    _save_atomically(
        {name: tensor.cpu() for name, tensor in training.net.state_dict().items()},
        folder / "weights.pt",
    )
    write_record(results, record)
    checkpoint.unlink(missing_ok=True)
    return Finished()


def _read_checkpoint(path: Path, configuration: Run) -> dict | None:
    """Return a checkpoint of this very configuration, or None."""
    import torch

    if not path.exists():
        return None
    try:
        saved = torch.load(path, weights_only=True)
    except Exception:  # whatever is wrong with the file, the run starts over
        return None
    return saved if saved.get("config") == configuration.to_dict() else None


def _remove_leftovers(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote a checkpoint or weights."""
    for left in folder.glob("*.*"):
        process = left.suffix.removeprefix(".")
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            left.unlink(missing_ok=True)


def _save_atomically(content: dict, path: Path) -> None:
    """Write a file that is whole or not there; its parts are in one named after this process."""
    import torch

    partial = path.with_suffix(f".{os.getpid()}")
    try:
        torch.save(content, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
