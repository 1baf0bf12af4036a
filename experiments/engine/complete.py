"""Complete runs: those on disk are used again, the others done by an executor."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from experiments.engine.events import (
    AlreadyComplete,
    Event,
    Failed,
    Finished,
    Listener,
    Message,
    Stopped,
)
from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.errors import UserError
from experiments.run import Run

NAMED_RUNS = 4  # of more runs that fail alike, three are named


class Executor(Protocol):
    """What does runs: processes on this machine, or a cluster.

    Attributes
    ----------
    made_by : MadeBy
        The code that it runs.
    """

    made_by: MadeBy

    def events(self, runs: Sequence[Run], store: Store | None) -> Iterator[Event]:
        """Do the runs, in this order where not all fit at once; yield what happens.

        Every run ends with one of ``LastEvent``. Without a store nothing is left on disk.
        """

    def stop(self) -> Iterator[Event]:
        """End the runs under way, after ``events`` was interrupted; yield their last events."""


class RunsFailed(UserError):
    """Some runs could not be completed.

    Attributes
    ----------
    messages : dict of Run to str
        Runs that are not in it are complete.
    """

    def __init__(self, messages: dict[Run, str], runs: Sequence[Run]) -> None:
        self.messages = messages
        by_message: dict[str, list[str]] = {}
        for run, message in messages.items():
            by_message.setdefault(message, []).append(run.id)
        lines = [f"{_first_of(names)}:\n{text}" for text, names in by_message.items()]
        plural = "run" if len(messages) == 1 else "runs"
        lines.append(
            f"{len(messages)} {plural} failed; {len(runs) - len(messages)} of {len(runs)} runs are "
            "complete."
        )
        super().__init__("\n".join(lines))


class RunsInterrupted(UserError):
    """The user stopped the runs.

    Attributes
    ----------
    epochs : dict of Run to int
        Finished epochs of each run that will resume; the others restart.
    """

    def __init__(self, epochs: dict[Run, int]) -> None:
        self.epochs = epochs
        super().__init__("interrupted; give the same command again to resume")


def complete(
    runs: Sequence[Run], executor: Executor, store: Store, listener: Listener
) -> list[RunRecord]:
    """Complete every run, and return their records in order.

    A run is used again if it was made by the executor's code; else it is done, resumed from its
    checkpoint where there is one. A record is written as soon as its run is finished, by this
    process alone.

    Raises
    ------
    RunsFailed
        After the other runs are complete.
    RunsInterrupted
        On Ctrl-C, once the runs under way have stopped.
    """
    to_do = []
    for run in runs:
        record = store.read(run)
        if record and record.made_by == executor.made_by:
            listener(AlreadyComplete(run, record))
        else:
            to_do.append(run)
    failures: dict[Run, str] = {}
    if to_do:
        try:
            for event in executor.events(to_do, store):
                _take(event, store, failures)
                listener(event)
        except KeyboardInterrupt:
            listener(Message("Stopping: saving checkpoints ..."))
            epochs = {}
            for event in executor.stop():
                _take(event, store, failures)
                if isinstance(event, Stopped):
                    epochs[event.run] = event.epochs
            raise RunsInterrupted(epochs) from None
        except BaseException:
            for event in executor.stop():
                _take(event, store, failures)
            raise
    if failures:
        raise RunsFailed(failures, runs)
    records = [store.read(run) for run in runs]
    return [record for record in records if record]


def _take(event: Event, store: Store, failures: dict[Run, str]) -> None:
    if isinstance(event, Finished):
        store.write(event.record, event.weights)
    elif isinstance(event, Failed):
        failures[event.run] = event.message


def _first_of(names: Sequence[str]) -> str:
    if len(names) <= NAMED_RUNS:
        return ", ".join(names)
    return f"{', '.join(names[:3])} and {len(names) - 3} more"
