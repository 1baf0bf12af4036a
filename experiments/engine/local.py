"""Runs on this machine: some at once, each in a process of its own, without any network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

from experiments.data.ratings import Ratings
from experiments.engine.events import (
    EpochFinished,
    EpochUnderWay,
    Event,
    Failed,
    Finished,
    Resumed,
    Started,
    Stopped,
)
from experiments.engine.store import MadeBy, Store, made_by
from experiments.engine.train_run import train_run
from experiments.errors import UserError
from experiments.run import Run
from experiments.training.student_code import (
    StudentError,
    code_digest,
    find_submission,
    load_student_code,
)
from problem_set.executors import Began, ExecutorError, Lost, TaskEvent, Told
from problem_set.executors.local import Processes, Work
from problem_set.io import remove_partial_files

# The slowest of what a run imports; the last is what the first optimizer would import.
PRELOADED = ["pandas", "torch", "torch._dynamo"]


class LocalProcesses:
    """An executor that does runs in processes of this machine.

    A run that was stopped, or whose process was killed, resumes from its checkpoint.

    Parameters
    ----------
    ratings : Ratings
    submission : Path
    jobs : int
        Runs at once.

    Raises
    ------
    StudentError
        If there is no submission.
    """

    def __init__(self, ratings: Ratings, submission: Path, jobs: int) -> None:
        self.ratings = ratings
        self.submission = find_submission(submission)
        self.jobs = jobs
        self.made_by = made_by(code_digest(self.submission))
        self._processes: Processes[Run] | None = None

    def events(self, runs: Sequence[Run], store: Store | None) -> Iterator[Event]:
        checkpoints = {run: store.checkpoint(run) if store else None for run in runs}
        prepare = partial(_worker, self.ratings, self.submission, self.made_by, checkpoints)
        # A process for each run: it has the code that is there when it starts.
        self._processes = Processes(prepare, self.jobs, PRELOADED, tasks_a_process=1)
        try:
            yield from _events_of(self._processes.events(runs))
        except ExecutorError as error:
            raise UserError(str(error)) from error

    def stop(self) -> Iterator[Event]:
        """Have every run write a checkpoint and end."""
        if self._processes:
            yield from _events_of(self._processes.stop())


def _events_of(happened: Iterable[TaskEvent]) -> Iterator[Event]:
    for event in happened:
        if isinstance(event, Began):
            yield Started(cast(Run, event.task))
        elif isinstance(event, Told):
            yield event.value
        elif isinstance(event, Lost):
            yield Failed(cast(Run, event.task), explain_death(event.exit_code))


def _worker(
    ratings: Ratings, submission: Path, made_by: MadeBy, checkpoints: Mapping[Run, Path | None]
) -> Work[Run]:
    """Return what does a run in a process of its own."""

    def do(run: Run, connection: Connection) -> None:
        work(run, ratings, submission, made_by, checkpoints[run], connection)

    return do


def work(
    run: Run,
    ratings: Ratings,
    submission: Path,
    made_by: MadeBy,
    checkpoint: Path | None,
    connection: Connection,
) -> None:
    """Train a run in the process that calls this; send its events, until anything arrives."""
    if checkpoint:
        remove_partial_files(checkpoint.parent)
    try:
        code = load_student_code(submission)
        if code_digest(code.folder) != made_by.submission:
            raise StudentError(
                f"{submission.name} changed after the command was given; give it again"
            )
        events = train_run(run, ratings, code, made_by, checkpoint)
        epochs = 0
        try:
            for event in events:
                connection.send(event)
                if isinstance(event, Finished):
                    return
                epochs = _resumable_epochs(event, epochs)
                if connection.poll():  # also if the other end is gone
                    break
        finally:
            events.close()
        connection.send(Stopped(run, epochs))
    except StudentError as error:
        connection.send(Failed(run, str(error)))
    except (BrokenPipeError, EOFError):
        pass  # the process that started us is gone; the checkpoint is written


def _resumable_epochs(event: Event, before: int) -> int:
    """Return after how many epochs a run that is stopped at an event resumes."""
    if isinstance(event, EpochFinished):
        return event.epoch + 1
    if isinstance(event, Resumed):
        return event.epochs
    return event.epoch if isinstance(event, EpochUnderWay) else before


def explain_death(exit_code: int | None) -> str:
    killed = " (killed, probably out of memory: try --jobs 1)" if exit_code == -9 else ""
    return f"the run's process ended with exit code {exit_code}{killed}; see its output above"
