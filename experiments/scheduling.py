"""Several runs, some at once, each in a process of its own."""

import contextlib
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from experiments.data.ratings import Split
from experiments.engine.resources import processor_cores
from experiments.engine.store import RunRecord, read_record
from experiments.errors import UserError
from experiments.forking import call_in, process_context
from experiments.run import COURSE_RUNS, Run
from experiments.worker import (
    EpochFinished,
    EpochsRestored,
    EpochUnderWay,
    Event,
    Failed,
    Finished,
    LastEvent,
    Note,
    Stopped,
    work,
)

STOP_SECONDS = 60


class Listener(Protocol):
    """What follows the progress of runs: a terminal, a notebook, a test."""

    def resumed(self, name: str, complete: bool) -> None:
        """A run starts; ``complete`` if it was complete before and is not done again."""

    def restored(self, name: str, epochs: int, metrics: dict[str, float]) -> None:
        """A run goes on after so many epochs of before, with the last one's metrics."""

    def epoch_finished(self, name: str, epoch: int, metrics: dict[str, float]) -> None:
        """An epoch (from 0) of a run is finished."""

    def epoch_under_way(self, name: str, epoch: int, share: float) -> None:
        """That share of the minibatches of a long epoch (from 0) is done."""

    def note(self, name: str, text: str) -> None:
        """There is something that the student should know about a run."""

    def finished(self, name: str) -> None:
        """A run is complete and on disk."""

    def stopping(self) -> None:
        """The user has interrupted; runs under way are asked to stop."""


class RunsFailed(UserError):
    """Some runs could not be completed.

    Attributes
    ----------
    messages : dict of str to str
        By the name of the run. Runs that are not in it are complete.
    """

    def __init__(self, messages: dict[str, str]) -> None:
        self.messages = messages
        by_message: dict[str, list[str]] = {}
        for name, message in messages.items():
            by_message.setdefault(message, []).append(name)
        super().__init__(
            "\n".join(f"{_first_of(names)}:\n{text}" for text, names in by_message.items())
        )


class RunsInterrupted(UserError):
    """The user stopped the runs.

    Attributes
    ----------
    epochs : dict of str to int
        Finished epochs of each run that was under way.
    """

    def __init__(self, epochs: dict[str, int]) -> None:
        self.epochs = epochs
        super().__init__("interrupted; the same call again goes on where the runs stopped")


def default_jobs(configurations: Sequence[Run]) -> int:
    """Return how many of the runs fit on the machine's cores at once."""
    threads = max((configuration.threads for configuration in configurations), default=1)
    return max(1, min(len(configurations), processor_cores() // threads))


def runs_to_do(configurations: Sequence[Run], results: Path, listener: Listener) -> list[Run]:
    """Return the runs that are not complete on disk; tell the listener of the others."""
    waiting = []
    for configuration in configurations:
        record = read_record(results, configuration.id)
        if record and record.run == configuration:
            listener.resumed(configuration.name, complete=True)
        else:
            waiting.append(configuration)
    return waiting


def complete_runs(
    configurations: Sequence[Run],
    split: Split,
    submission: Path,
    results: Path,
    listener: Listener,
    jobs: int | None = None,
) -> list[RunRecord]:
    """See every run through that is not complete on disk, and return all of them in order.

    Parameters
    ----------
    configurations : sequence of Run
        A complete run is used again if its whole configuration is the same.
    split : Split
    submission, results : Path
    listener : Listener
    jobs : int, optional
        Runs at once; default ``default_jobs``.

    Raises
    ------
    RunsFailed
        After the other runs are complete.
    RunsInterrupted
        On Ctrl-C, once the runs under way have written where they are.
    """
    waiting = runs_to_do(configurations, results, listener)
    jobs = jobs or default_jobs(waiting)
    under_way: dict[Connection, tuple[Run, BaseProcess]] = {}
    failures: dict[str, str] = {}
    try:
        if waiting:
            context = process_context()
        while waiting or under_way:
            while waiting and len(under_way) < jobs:
                configuration = waiting.pop(0)
                ours, process = _start(context, configuration, split, submission, results)
                under_way[ours] = configuration, process
                listener.resumed(configuration.name, complete=False)
            for connection in wait(list(under_way)):
                configuration, process = under_way[connection]
                name = configuration.name
                try:
                    event = connection.recv()
                except (EOFError, ConnectionResetError):
                    process.join()
                    event = Failed(_explain_death(process.exitcode))
                tell_listener(listener, name, event)
                if isinstance(event, LastEvent):
                    del under_way[connection]
                    connection.close()
                    process.join()
                    if isinstance(event, Failed):
                        failures[name] = event.message
    except KeyboardInterrupt:
        listener.stopping()
        raise RunsInterrupted(_stop(under_way)) from None
    except BaseException:
        _stop(under_way)
        raise
    if failures:
        raise RunsFailed(failures)
    records = [read_record(results, configuration.id) for configuration in configurations]
    return [record for record in records if record]


def _start(
    context: BaseContext, configuration: Run, *arguments: object
) -> tuple[Connection, BaseProcess]:
    ours, theirs = context.Pipe()
    process = context.Process(
        target=call_in,
        args=(dict(os.environ), work, configuration, *arguments, theirs),
        name=configuration.name,
        daemon=True,
    )
    try:
        process.start()
    except BaseException:
        ours.close()  # should it begin all the same, it finds nobody there and ends
        raise
    finally:
        theirs.close()
    return ours, process


def tell_listener(listener: Listener, name: str, event: Event) -> None:
    """Call what a listener has for an event of a run."""
    if isinstance(event, EpochsRestored):
        listener.restored(name, event.epochs, event.metrics)
    elif isinstance(event, EpochFinished):
        listener.epoch_finished(name, event.epoch, event.metrics)
    elif isinstance(event, EpochUnderWay):
        listener.epoch_under_way(name, event.epoch, event.share)
    elif isinstance(event, Note):
        listener.note(name, event.text)
    elif isinstance(event, Finished):
        listener.finished(name)


def _first_of(names: Sequence[str]) -> str:
    """Return the names; of more than the course has runs, a few."""
    if len(names) <= len(COURSE_RUNS):
        return ", ".join(names)
    return f"{', '.join(names[:3])} and {len(names) - 3} more"


def _explain_death(exit_code: int | None) -> str:
    killed = " (killed, perhaps for want of memory: try --jobs 1)" if exit_code == -9 else ""
    return f"the run's process ended with exit code {exit_code}{killed}; what it said is above"


def _stop(under_way: dict[Connection, tuple[Run, BaseProcess]]) -> dict[str, int]:
    """Ask every run to write a checkpoint and end; return their finished epochs."""
    for connection in under_way:
        with contextlib.suppress(OSError):
            connection.send("stop")
    epochs = {}
    for connection, (configuration, process) in under_way.items():
        try:
            while connection.poll(STOP_SECONDS):
                event = connection.recv()
                if isinstance(event, Stopped):
                    epochs[configuration.name] = event.epochs
                if isinstance(event, LastEvent):
                    break
            process.join(1)
        except (EOFError, OSError, KeyboardInterrupt):
            pass
        if process.is_alive():
            process.kill()
            process.join()
    return epochs
