"""Runs on the workers of a Dask cluster that exists, on as many machines as it has."""

import contextlib
import os
import pickle
import queue
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from distributed import (
    CancelledError,
    Client,
    Future,
    KilledWorker,
    Reschedule,
    Worker,
    WorkerPlugin,
    get_worker,
)

from experiments.data.ratings import Ratings
from experiments.engine.events import (
    EpochFinished,
    Event,
    Failed,
    Finished,
    Message,
    Noted,
    Started,
)
from experiments.engine.store import Store, made_by
from experiments.engine.train_run import train_run
from experiments.errors import UserError
from experiments.run import Run
from experiments.training.student_code import (
    PACKAGE,
    StudentError,
    code_digest,
    find_submission,
    load_student_code,
    python_files,
)

CONNECT_SECONDS = 15
PROGRESS_SECONDS = 0.5
LEAVE_SECONDS = 1.0
LOOK_SECONDS = 1.0  # how long Ctrl-C may wait for a queue on Windows
# A scheduler ends a task with its fourth worker, and does not know why workers die. Where
# machines come and go, a run may lose a dozen of them before it is thought to be the reason.
LIVES = 3


class ClusterError(UserError):
    """The workers cannot be had; the message says what to do."""


class WorkerUnfit(UserError):
    """A worker would not give the numbers that the others give; the message says why."""


class RunUnwanted(Exception):
    """The client has taken the run back, or is gone."""


class Preparation(WorkerPlugin):
    """Gives every worker, there now or joining later, the ratings and the student's code.

    Both come over the wire, once a worker: no disk need be shared. The submission's files are read
    now: later changes do not matter.
    """

    def __init__(self, ratings: Ratings, submission: Path) -> None:
        self.name = f"runs-{uuid.uuid4().hex}"  # tasks find it by that; the topic of progress
        self.ratings = ratings
        self.files = {
            file.relative_to(submission).as_posix(): file.read_bytes()
            for file in python_files(submission)
        }
        self.made_by = made_by(code_digest(submission))
        self.unfit = ""

    def setup(self, worker: Worker) -> None:
        """Put the student's files down.

        Raises
        ------
        WorkerUnfit
            If the worker runs several tasks at once, or other software than the client. Of a
            worker that joins later Dask only logs it: ``_preparation`` has that one leave.
        """
        try:
            self._check(worker)
        except WorkerUnfit as error:
            self.unfit = str(error)
            raise
        self.folder = Path(worker.local_directory) / self.name / PACKAGE
        for path, content in self.files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    def teardown(self, worker: Worker) -> None:
        """Remove the student's files."""
        shutil.rmtree(Path(worker.local_directory) / self.name, ignore_errors=True)

    def _check(self, worker: Worker) -> None:
        if worker.state.nthreads != 1:
            raise WorkerUnfit(
                f"the worker at {worker.address} runs {worker.state.nthreads} tasks at once, and "
                "runs in one process would share their random streams; start it with --nthreads 1"
            )
        here = made_by(self.made_by.submission)
        if difference := here.differs_from(self.made_by):
            raise WorkerUnfit(
                f"the worker at {worker.address} has {difference}: its numbers could differ. "
                "Install the same on it"
            )


class DaskCluster:
    """An executor that does runs on a cluster; get one by ``join_cluster``.

    A run whose worker is lost begins again on another one. No disk is shared, so a run that is
    stopped restarts.
    """

    def __init__(self, client: Client, preparation: Preparation) -> None:
        self.client = client
        self.preparation = preparation
        self.made_by = preparation.made_by
        self._under_way: dict[Future, Run] = {}

    def __len__(self) -> int:
        """How many runs can be under way at once, now."""
        return len(self.client.nthreads())

    @property
    def slowed(self) -> int:
        """How many workers give memory back at each step, which takes longer than the step."""
        thresholds = self.client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_")
        return sum(threshold is not None for threshold in thresholds.values())

    def events(self, runs: Sequence[Run], store: Store | None) -> Iterator[Event]:
        """Do the runs; ``store`` is not used, as no disk is shared.

        Raises
        ------
        ClusterError
            If the scheduler is lost.
        """
        arrivals: queue.SimpleQueue[Future | Event] = queue.SimpleQueue()
        lives = Counter(dict.fromkeys(runs, LIVES))
        begun: set[Run] = set()
        name = self.preparation.name

        def submit(run: Run) -> None:
            future = self.client.submit(_train, run, name, key=f"run-{uuid.uuid4().hex}")
            self._under_way[future] = run
            future.add_done_callback(arrivals.put)

        async def tell(event: tuple[float, bytes]) -> None:
            arrivals.put(pickle.loads(event[1]))

        self.client.subscribe_topic(name, tell)
        try:
            for run in runs:
                submit(run)
            while self._under_way:
                try:
                    arrival = arrivals.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if not isinstance(arrival, Future):
                    if isinstance(arrival, Message):
                        yield arrival
                    elif arrival.run in self._under_way.values():
                        if arrival.run not in begun:
                            begun.add(arrival.run)
                            yield Started(arrival.run)
                        yield arrival
                    continue
                run = self._under_way.pop(arrival)
                event = _last_event(arrival, run)
                if event is None:
                    lives[run] -= 1
                    if lives[run]:
                        submit(run)
                        continue
                    event = Failed(
                        run,
                        "failed on a dozen workers: out of memory, or your code ends its process",
                    )
                yield event
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be what was lost
                self.client.unsubscribe_topic(name)

    def stop(self) -> Iterator[Event]:
        """Take the runs back; they restart another time."""
        with contextlib.suppress(Exception):
            self.client.cancel(list(self._under_way), force=True)
        self._under_way.clear()
        return iter(())


@contextlib.contextmanager
def join_cluster(address: str, ratings: Ratings, submission: Path) -> Iterator[DaskCluster]:
    """Join a scheduler, and give its workers the ratings and the code.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, or a worker lacks this project's code.
    StudentError
        If there is no submission.
    WorkerUnfit
        If a worker would not give the numbers that the others give.
    """
    submission = find_submission(submission)
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}). "
            "Give the address that `python -m dask scheduler` prints, such as tcp://10.0.0.5:8786"
        ) from None
    with client:
        preparation = Preparation(ratings, submission)
        try:
            client.register_plugin(preparation)
        except UserError:
            raise
        except Exception as error:
            raise ClusterError(
                f"a worker cannot take the code ({type(error).__name__}: {error}). Every worker "
                "needs this project's environment, and is started in this folder"
            ) from error
        try:
            yield DaskCluster(client, preparation)
        finally:
            with contextlib.suppress(Exception):
                client.unregister_worker_plugin(preparation.name)


def _last_event(future: Future, run: Run) -> Finished | Failed | None:
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
            "the scheduler is gone, and with it the runs under way. Finished runs are on disk; "
            "start the scheduler again and give the same command"
        ) from None
    except Exception as error:  # whatever it was, the other runs continue
        return Failed(run, f"{type(error).__name__}: {error}")


def _preparation(name: str) -> Preparation:
    """Return what the worker that calls this was given.

    Raises
    ------
    Reschedule
        If the worker is unfit. It leaves, and says why.
    """
    worker = get_worker()
    plugin = cast(Preparation, worker.plugins[name])
    if plugin.unfit:
        refusal = Message(f"A worker joined, and is refused: {plugin.unfit}.")
        worker.log_event(name, pickle.dumps(refusal))
        worker.loop.add_callback(worker.close, reason="unfit")
        time.sleep(LEAVE_SECONDS)  # the task may come back until the worker has left
        raise Reschedule
    return plugin


def _train(run: Run, name: str) -> Finished | Failed:
    """Train a run on the worker that calls this, and return its last event.

    Epochs are told under the topic ``name``, at most twice a second.

    Raises
    ------
    RunUnwanted
        When the client has taken the task back, or is gone.
    """
    worker = get_worker()
    task = worker.state.tasks[worker.get_current_task()]
    last_told = -PROGRESS_SECONDS
    plugin = _preparation(name)
    try:
        code = load_student_code(plugin.folder)
        for event in train_run(run, plugin.ratings, code, plugin.made_by):
            if isinstance(event, Finished):
                return event
            if task.state != "executing":
                raise RunUnwanted(run.id)
            now = time.monotonic()
            if isinstance(event, Noted) or now - last_told >= PROGRESS_SECONDS:
                last_told = now if isinstance(event, EpochFinished) else last_told
                worker.log_event(name, pickle.dumps(event))
    except StudentError as error:
        return Failed(run, str(error))
    raise AssertionError("train_run ends with Finished")
