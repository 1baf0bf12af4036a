"""Runs on this machine: some at once, each in a process of its own, without any network."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, cast

from experiments.data.ratings import Ratings
from experiments.engine.events import (
    EpochFinished,
    EpochUnderWay,
    Event,
    Failed,
    Finished,
    LastEvent,
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
from problem_set.io import remove_partial_files

if TYPE_CHECKING:  # Windows has only one of them
    from multiprocessing.context import ForkServerContext, SpawnContext

STOP_SECONDS = 60
LIVES = 2  # how often a run is started whose process is killed
# The slowest of what a run imports; the last is what the first optimizer would import.
PRELOADED = ["pandas", "torch", "torch._dynamo"]


class ServerError(UserError):
    """No process can be started; the message says what to do."""


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
        self._under_way: dict[Connection, tuple[Run, BaseProcess]] = {}

    def events(self, runs: Sequence[Run], store: Store | None) -> Iterator[Event]:
        waiting = list(runs)
        lives = Counter(dict.fromkeys(runs, LIVES))
        context = process_context()
        while waiting or self._under_way:
            while waiting and len(self._under_way) < self.jobs:
                run = waiting.pop(0)
                lives[run] -= 1
                ours, theirs = context.Pipe()
                checkpoint = store.checkpoint(run) if store else None
                arguments = (run, self.ratings, self.submission, self.made_by, checkpoint, theirs)
                process: BaseProcess = context.Process(
                    target=call_in,
                    args=(dict(os.environ), work, *arguments),
                    name=run.id,
                    daemon=True,
                )
                try:
                    process.start()
                except BaseException:
                    ours.close()  # should it begin all the same, it finds nobody there and ends
                    raise
                finally:
                    theirs.close()
                self._under_way[ours] = run, process
                yield Started(run)
            for ready in wait(list(self._under_way)):
                connection = cast(Connection, ready)
                run, process = self._under_way[connection]
                event: Event | None
                try:
                    event = connection.recv()
                except (EOFError, ConnectionResetError):
                    process.join()
                    event = Failed(run, explain_death(process.exitcode))
                    if (process.exitcode or 0) < 0 and lives[run]:
                        waiting.insert(0, run)
                        event = None
                if event is None or isinstance(event, LastEvent):
                    del self._under_way[connection]
                    connection.close()
                    process.join()
                if event is not None:
                    yield event

    def stop(self) -> Iterator[Event]:
        """Have every run write a checkpoint and end."""
        for connection in self._under_way:
            with contextlib.suppress(OSError):
                connection.send("stop")
        while self._under_way:
            connection, (_, process) = self._under_way.popitem()
            event = None
            with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
                while connection.poll(STOP_SECONDS):
                    event = connection.recv()
                    if isinstance(event, LastEvent):
                        break
                process.join(1)
            if process.is_alive():
                process.kill()
                process.join()
            connection.close()
            if isinstance(event, LastEvent):
                yield event


def work(
    run: Run,
    ratings: Ratings,
    submission: Path,
    made_by: MadeBy,
    checkpoint: Path | None,
    connection: Connection,
) -> None:
    """Train a run in the process that calls this; send its events, until anything arrives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
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


def process_context() -> "SpawnContext | ForkServerContext":
    """Return what starts processes for ``call_in``, ready to do so.

    None is forked from this process, whose threads would not survive it. On Linux they are forked
    from one that has imported torch, and of this project nothing: a run has the code that is there
    when it starts. Elsewhere each is started afresh; what macOS computes with survives no fork.

    Raises
    ------
    ServerError
        If what is imported once cannot be imported.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with _interrupts_ignored():
        forkserver.ensure_running()
    try:
        first = context.Process(target=int)
        first.start()  # returns when all is imported, so that Ctrl-C until then stops no run
        first.join()
    except (EOFError, OSError) as error:
        raise ServerError(
            f"no process can be started ({error}); what it said is above. If it was about torch, "
            "remove .venv and give the command again"
        ) from error
    return context


def call_in(environment: dict[str, str], function: Callable, *arguments: object) -> None:
    """Call a function in the environment of who starts the process, not of whom it is forked from.

    A notebook may have set ``CUDA_VISIBLE_DEVICES`` since.
    """
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Have what is started here ignore Ctrl-C, which is for this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
