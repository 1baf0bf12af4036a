"""One run from its start, or from a checkpoint, to its record: the only way to do a run."""

import contextlib
import io
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.data.ratings import Ratings, split_ratings
from experiments.engine.events import (
    EpochFinished,
    EpochUnderWay,
    Event,
    Finished,
    Noted,
    Resumed,
)
from experiments.engine.store import MadeBy, RunRecord
from experiments.run import METRICS, Run
from problem_set.io import write_atomic

if TYPE_CHECKING:  # torch is imported by the process that trains, and by none that only starts it
    from experiments.training.student_code import StudentCode

CHECKPOINT_SECONDS = 10
UNDER_WAY_SECONDS = 5


def configure_torch(run: Run) -> None:
    """Set what torch needs, in the thread that trains, to give a run's numbers again."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    from experiments.training.fast import keep_freed_memory

    keep_freed_memory()
    torch.set_num_threads(run.threads)
    if run.device != "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)


def train_run(
    run: Run,
    ratings: Ratings,
    code: "StudentCode",
    made_by: MadeBy,
    checkpoint: Path | None = None,
) -> Generator[Event, None, None]:
    """Train a run; the last event, ``Finished``, carries its record.

    The run derives its own split from its seeds and its training fraction. With a checkpoint it
    ends with the same bits as without. Closing the iterator after a finished epoch writes one.

    Parameters
    ----------
    run : Run
    ratings : Ratings
    code : StudentCode
    made_by : MadeBy
        For the record, and for telling whether the checkpoint is of this code.
    checkpoint : Path, optional
        The file to resume from, if it is this run's, and to write every ten seconds.

    Raises
    ------
    StudentError
        If the student's code cannot continue.
    """
    configure_torch(run)

    from experiments.training.trainer import Trainer

    split = split_ratings(ratings, run.seed_of("split"), run.training_fraction)
    trainer = Trainer(run, split, code)
    del split  # tens of millions of ratings are held once
    curves: dict[str, list[float]] = {metric.key: [] for metric in METRICS}
    identity = {"config": run.to_dict(), "made_by": vars(made_by)}

    saved = read_checkpoint(checkpoint, identity) if checkpoint else None
    if saved:
        trainer.restore(saved["trainer"])
        curves = saved["curves"]
    for note in trainer.notes:
        yield Noted(run, note)
    noted = len(trainer.notes)
    if saved:
        yield Resumed(run, trainer.epoch, {key: list(values) for key, values in curves.items()})

    last_saved = time.monotonic()
    at_end_of_epoch = False

    def save() -> None:
        if checkpoint:
            write_checkpoint(checkpoint, {**identity, "curves": curves, "trainer": trainer.state()})

    try:
        while trainer.epoch < run.epochs:
            yield from _under_way(run, trainer.epoch, trainer.train_epoch())
            metrics = trainer.evaluate_epoch()
            for key, value in metrics.items():
                curves[key].append(value)
            at_end_of_epoch = True
            if time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                save()
                last_saved = time.monotonic()
            for note in trainer.notes[noted:]:
                yield Noted(run, note)
            noted = len(trainer.notes)
            yield EpochFinished(run, trainer.epoch - 1, metrics)
            at_end_of_epoch = False
    except GeneratorExit:
        if at_end_of_epoch:  # in the middle of one, the last checkpoint is what can be resumed
            save()
        raise
    yield Finished(
        run,
        RunRecord(
            run,
            made_by,
            curves,
            sum(trainer.seconds.values()),
            tuple(trainer.notes),
            tuple(trainer.gradients),
        ),
        _saved({name: tensor.cpu() for name, tensor in trainer.net.state_dict().items()}),
    )


def _under_way(run: Run, epoch: int, shares: Iterator[float]) -> Iterator[EpochUnderWay]:
    """Train the epoch; yield how far it is every few seconds, if it takes longer."""
    started = last_told = time.monotonic()
    for share in shares:
        now = time.monotonic()
        is_long = now - started > UNDER_WAY_SECONDS
        if is_long and (share == 1 or now - last_told > UNDER_WAY_SECONDS):
            last_told = now
            yield EpochUnderWay(run, epoch, share)


def read_checkpoint(path: Path, identity: dict) -> dict | None:
    """Return a checkpoint of this very run and code, or None."""
    import torch

    try:
        saved = torch.load(path, weights_only=True)
        return saved if all(saved[key] == value for key, value in identity.items()) else None
    except Exception:  # whatever is wrong with the file, the run starts over
        return None


def write_checkpoint(path: Path, content: dict) -> None:
    with contextlib.suppress(FileNotFoundError):  # somebody removed the results folder
        write_atomic(path, _saved(content))


def _saved(content: dict) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()
