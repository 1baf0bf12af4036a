"""A study's runs on Dask's workers: each done once, whoever is killed meanwhile."""

import queue
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from distributed import CancelledError, Future, KilledWorker

from experiments.engine.store import RunRecord, read_record, write_record
from experiments.errors import UserError
from experiments.run import Run
from experiments.scheduling import RunsFailed
from experiments.study.cluster import ClusterError, Workers
from experiments.study.cost import Costs, cost_class
from experiments.study.worker import probe_run, train_run
from experiments.worker import Failed

# A scheduler gives a task up with its fourth worker, and does not know why workers die. Where
# machines come and go, a run may lose a dozen of them before it is thought to be the reason.
LIVES = 3
LOOK_SECONDS = 5.0  # without news, before looking whether the workers are still there


class StudyListener(Protocol):
    """What follows the progress of a study: a terminal, a notebook, a test."""

    def epochs_finished(self, run: str, epochs: int) -> None:
        """A run has finished so many epochs; fewer than before if it began again elsewhere."""

    def finished(self, record: RunRecord) -> None:
        """A run is complete and on disk."""

    def failed(self, run: str, message: str) -> None:
        """A run cannot be completed."""

    def refused(self, message: str) -> None:
        """A worker that joined meanwhile would not give the numbers that the others give."""

    def stopping(self) -> None:
        """The user has interrupted; runs under way are given up."""


class StudyInterrupted(UserError):
    """The user stopped the study."""

    def __init__(self) -> None:
        super().__init__("interrupted; the same call again does the runs that are missing")


def complete_records(study: Path, runs: Sequence[Run]) -> dict[str, RunRecord]:
    """Return those of the runs that are complete on disk, by name."""
    records = {run.id: read_record(study, run.id) for run in runs}
    return {run.id: record for run in runs if (record := records[run.id]) and record.run == run}


def measure_costs(
    known: Costs,
    runs: Sequence[Run],
    workers: Workers,
    after_each: Callable[[], None] = lambda: None,
) -> Costs:
    """Return costs that cover all of the runs, by trying out some epochs on the workers.

    Raises
    ------
    RunsFailed
        If none of the runs that are tried can begin: the code is broken.
    ClusterError
        If the scheduler is lost, or all of this machine's workers.
    """
    probes = {
        workers.client.submit(probe_run, run, workers.study, key=_new_key("probe")): run
        for run in known.missing(runs)
    }
    arrivals: queue.SimpleQueue[Future] = queue.SimpleQueue()
    for future in probes:
        future.add_done_callback(arrivals.put)
    seconds = dict(known.seconds_per_epoch)
    failures = {}
    for _ in probes:
        future = _next(arrivals, workers)
        outcome = _outcome(future)
        if isinstance(outcome, Failed):
            failures[probes[future].id] = outcome.message
        elif outcome is not None:
            seconds[cost_class(probes[future])] = outcome
        after_each()
    if failures and len(failures) == len(probes):
        raise RunsFailed(failures)
    return Costs(seconds)


def complete_study(
    runs: Sequence[Run], workers: Workers, study: Path, listener: StudyListener
) -> None:
    """See every one of the runs through, and write its record as soon as it is finished.

    Only this process writes into ``study``. A run whose worker is lost is begun again on
    another one, by Dask; where this process is lost, the runs on disk are complete ones, and
    another call goes on with the others.

    Parameters
    ----------
    runs : sequence of Run
        Those that are not complete yet, the most wanted first.
    workers : Workers
    study : Path
    listener : StudyListener
        Is called in the thread that calls this.

    Raises
    ------
    RunsFailed
        After the other runs are complete.
    StudyInterrupted
        On Ctrl-C.
    ClusterError
        If the scheduler is lost, or all of this machine's workers.
    """
    arrivals: queue.SimpleQueue[Future | dict] = queue.SimpleQueue()
    under_way: dict[Future, Run] = {}
    lives = Counter({run.id: LIVES for run in runs})
    failures: dict[str, str] = {}

    def submit(run: Run) -> None:
        future = workers.client.submit(train_run, run, workers.study, key=_new_key("run"))
        under_way[future] = run
        future.add_done_callback(arrivals.put)

    async def told(event: tuple[float, dict]) -> None:
        arrivals.put(event[1])

    workers.client.subscribe_topic(workers.study, told)
    try:
        for run in runs:
            submit(run)
        while under_way:
            arrival = _next(arrivals, workers)
            if isinstance(arrival, dict):
                if "refused" in arrival:
                    listener.refused(arrival["refused"])
                else:
                    listener.epochs_finished(arrival["run"], arrival["epochs"])
                continue
            run = under_way.pop(arrival)
            outcome = _outcome(arrival)
            if outcome is None:
                lives[run.id] -= 1
                if lives[run.id]:
                    submit(run)
                    continue
                outcome = Failed(
                    "every worker that began this run has died, a dozen of them: for want of "
                    "memory, or because the submission ends its process"
                )
            if isinstance(outcome, Failed):
                failures[run.id] = outcome.message
                listener.failed(run.id, outcome.message)
            else:
                write_record(study, outcome)
                listener.finished(outcome)
    except KeyboardInterrupt:
        listener.stopping()
        workers.client.cancel(list(under_way), force=True)
        raise StudyInterrupted from None
    finally:
        workers.client.unsubscribe_topic(workers.study)
    if failures:
        raise RunsFailed(failures)


def _next(arrivals: queue.SimpleQueue, workers: Workers) -> Future | dict:
    """Return what arrives next.

    Raises
    ------
    ClusterError
        If nothing can arrive any more: the workers that were started here have ended.
    """
    while True:
        try:
            return arrivals.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            if workers.gone:
                raise ClusterError(
                    "the workers on this machine have ended, and with them the runs under way. "
                    "Those that were finished are on disk; give the same command again"
                ) from None


def _new_key(kind: str) -> str:
    """Return a task's name that no other client of the scheduler has in use."""
    return f"{kind}-{uuid.uuid4().hex}"


def _outcome(future: Future) -> RunRecord | float | Failed | None:
    """Return what a task gave, or None if its workers died too often.

    Raises
    ------
    ClusterError
        If the scheduler is lost.
    """
    try:
        return future.result()
    except KilledWorker:
        return None
    except CancelledError:
        raise ClusterError(
            "the scheduler is gone, and with it the runs under way. Those that were finished are "
            "on disk; start the scheduler again and give the same command"
        ) from None
    except Exception as error:  # whatever it was, the other runs go on
        return Failed(f"{type(error).__name__}: {error}")
