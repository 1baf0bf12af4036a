"""Tasks on the workers of a Dask cluster that exists, on as many machines as it has."""

import asyncio
import contextlib
import math
import os
import pickle
import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

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

from problem_set.executors import Began, Ended, ExecutorError, Lost, Said, TaskEvent, Told

T = TypeVar("T", bound=Hashable)
CONNECT_SECONDS = 15
LEAVE_SECONDS = 1.0
ATTEMPTS = 5  # to prepare workers while some of them are lost
ATTEMPT_SECONDS = 1.0  # until the scheduler knows of one that is
LOOK_SECONDS = 1.0  # how long Ctrl-C may wait for a queue on Windows
# A scheduler ends a task with its fourth worker, and does not know why workers die. Where
# machines come and go, a task may lose a dozen of them before it is thought to be the reason.
LIVES = 3
GATHERED_AT_ONCE = 8
ANSWER_SECONDS = 60  # that a scheduler may take to say which workers it has
ALONE_SECONDS = 30  # without any worker, until that is said
WORKERLESS_SECONDS = 3600  # without any worker, until it is given up; a queue may be that long


WAITING = "No worker is there. The tasks wait for one; Ctrl-C ends that."
NO_WORKER = (
    "the scheduler has had no worker for an hour. What is finished is on disk; start workers and "
    "give the same command"
)
SILENT = (
    f"the scheduler has not answered for {ANSWER_SECONDS} seconds. What is finished is on disk; "
    "start the scheduler again and give the same command"
)
GONE = (
    "the scheduler is gone, and with it what was under way. What is finished is on disk; start the "
    "scheduler again and give the same command"
)


class WorkerUnfit(ExecutorError):
    """A worker cannot do what the others do; the message says why."""


class TaskUnwanted(Exception):
    """The client has taken the task back, or is gone."""


class Preparation(WorkerPlugin):
    """Makes every worker, there now or joining later, ready for tasks, and does them there.

    It comes over the wire, once a worker: no disk need be shared.
    """

    def __init__(self) -> None:
        self.name = f"tasks-{uuid.uuid4().hex}"  # tasks find it by that; the topic of what is told
        self.unfit = ""

    def prepare(self, worker: Worker) -> None:
        """Make a worker ready.

        Raises
        ------
        WorkerUnfit
            If it cannot be. It then takes no task.
        """
        raise NotImplementedError

    def work(self, task: Any, tell: Callable[[Any], None]) -> Any:
        """Do a task on a worker, and return what comes of it.

        ``tell`` sends a value, and raises ``TaskUnwanted`` once nobody waits for the task any more.
        """
        raise NotImplementedError

    def setup(self, worker: Worker) -> None:
        """Prepare the worker, if it does one task at once.

        Of a worker that joins later Dask only logs what goes wrong: ``_preparation`` has that one
        leave.

        Raises
        ------
        WorkerUnfit
        """
        try:
            if worker.state.nthreads != 1:
                raise WorkerUnfit(
                    f"the worker at {worker.address} runs {worker.state.nthreads} tasks at once, "
                    "and tasks in one process would share their random streams; start it with "
                    "--nthreads 1"
                )
            self.prepare(worker)
        except WorkerUnfit as error:
            self.unfit = str(error)
            raise
        except Exception as error:
            self.unfit = f"the worker at {worker.address}: {type(error).__name__}: {error}"
            raise WorkerUnfit(self.unfit) from error


@dataclass(frozen=True)
class _Gathered(Generic[T]):
    """A task that has ended, and what came of it, or why the scheduler is lost."""

    future: Future
    last: Told | Lost | ExecutorError


class DaskCluster(Generic[T]):
    """An executor whose tasks are done on a cluster; get one by ``join_cluster``.

    A task whose worker is lost begins again on another one.

    Parameters
    ----------
    ahead : float
        Tasks to hand out for each worker; the others are taken when one is done.
    """

    def __init__(self, client: Client, preparation: Preparation, ahead: float) -> None:
        self.client = client
        self.preparation = preparation
        self._ahead = ahead
        self._under_way: dict[Future, T] = {}
        self._is_silent = False

    def __len__(self) -> int:
        """How many tasks can be under way at once, now.

        Raises
        ------
        ExecutorError
            If the scheduler does not answer, from then on at once, or is gone.
        """
        if self._is_silent:
            raise ExecutorError(SILENT)
        if self.client.status == "closed":
            raise ExecutorError(GONE)
        try:
            return len(self.client.nthreads(callback_timeout=ANSWER_SECONDS))
        except (TimeoutError, asyncio.TimeoutError):
            self._is_silent = True
            raise ExecutorError(SILENT) from None
        except OSError:  # a connection is lost: the client restores it, or closes
            return 0

    @property
    def slowed(self) -> int:
        """How many workers give memory back at each step, which takes longer than the step."""
        thresholds = self.client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_")
        return sum(threshold is not None for threshold in thresholds.values())

    def events(self, tasks: Iterable[T]) -> Iterator[TaskEvent]:
        """Do the tasks.

        Raises
        ------
        ExecutorError
            If the scheduler is lost, or has had no worker for an hour.
        """
        arrivals: queue.SimpleQueue[_Gathered[T] | tuple[Any, Any]] = queue.SimpleQueue()
        rest = iter(tasks)
        lives: Counter[T] = Counter()
        name = self.preparation.name
        # Results are gathered in threads. That of a worker that is killed just then comes when
        # another worker has done its task, and until then the loop below serves the others.
        gathering = ThreadPoolExecutor(GATHERED_AT_ONCE)

        def submit(task: T) -> None:
            lives[task] += 1
            future = self.client.submit(_work, task, name, key=f"task-{uuid.uuid4().hex}")
            self._under_way[future] = task
            future.add_done_callback(lambda done: ended(done, task))

        def ended(future: Future, task: T) -> None:
            with contextlib.suppress(RuntimeError):  # nobody waits for it any more
                gathering.submit(gather, future, task)

        def gather(future: Future, task: T) -> None:
            try:
                arrivals.put(_Gathered(future, _result(future, task)))
            except ExecutorError as error:
                arrivals.put(_Gathered(future, error))

        last_worker, is_said = time.monotonic(), False  # that there is none

        def hand_out() -> None:
            while len(self._under_way) < self._ahead * max(1, len(self)):
                task = next(rest, None)
                if task is None:
                    return
                submit(task)

        async def tell(event: tuple[float, bytes]) -> None:
            arrivals.put(pickle.loads(event[1]))

        self.client.subscribe_topic(name, tell)
        try:
            hand_out()
            while self._under_way:
                try:
                    arrival = arrivals.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    hand_out()  # workers may have joined
                    without = time.monotonic() - last_worker
                    if len(self):
                        last_worker, is_said = time.monotonic(), False
                    elif without > WORKERLESS_SECONDS:
                        raise ExecutorError(NO_WORKER) from None
                    elif without > ALONE_SECONDS and not is_said:
                        is_said = True
                        yield Said(WAITING)
                    continue
                last_worker = time.monotonic()
                if not isinstance(arrival, _Gathered):
                    about, value = arrival
                    if about is None:
                        yield Said(value)
                    elif about in self._under_way.values():
                        yield Began(about) if value is None else Told(about, value)
                    continue
                task, last = self._under_way.pop(arrival.future), arrival.last
                if isinstance(last, ExecutorError):
                    raise last
                if isinstance(last, Lost) and last.error is None and lives[task] < LIVES:
                    submit(task)
                    continue
                hand_out()
                yield last
                if isinstance(last, Told):
                    yield Ended(task)
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be what was lost
                self.client.unsubscribe_topic(name)
            gathering.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> Iterator[TaskEvent]:
        """Take the tasks back; they begin again another time."""
        with contextlib.suppress(Exception):
            len(self)  # of a scheduler that does not answer nothing can be taken back
            self.client.cancel(list(self._under_way), force=True)
        self._under_way.clear()
        return iter(())


@contextlib.contextmanager
def join_cluster(
    address: str, preparation: Preparation, ahead: float = math.inf
) -> Iterator[DaskCluster]:
    """Join a scheduler, and prepare its workers.

    Raises
    ------
    ExecutorError
        If the scheduler does not answer, or a worker lacks this project's code.
    WorkerUnfit
        If a worker is.
    """
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}). "
            "Give the address that `python -m dask scheduler` prints, such as tcp://10.0.0.5:8786"
        ) from None
    try:
        try:
            _register(client, preparation)
        except ExecutorError:
            raise
        except Exception as error:
            raise ExecutorError(
                f"a worker cannot take the code ({type(error).__name__}: {error}). Every worker "
                "needs this project's environment, and is started in this folder"
            ) from error
        joined: DaskCluster = DaskCluster(client, preparation, ahead)
        try:
            yield joined
        finally:
            with contextlib.suppress(Exception):
                len(joined)
                client.unregister_worker_plugin(preparation.name)
    finally:
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):  # it does not answer
            client.close()


def _register(client: Client, preparation: Preparation) -> None:
    """Prepare all workers; one that is lost then is not among them the next time."""
    for left in reversed(range(ATTEMPTS)):
        try:
            client.register_plugin(preparation)
            return
        except (OSError, asyncio.TimeoutError):
            if not left:
                raise
            time.sleep(ATTEMPT_SECONDS)


def _result(future: Future, task: T) -> Told | Lost:
    """Return what a task gave.

    Raises
    ------
    ExecutorError
        If the scheduler is lost.
    """
    try:
        return Told(task, future.result())
    except KilledWorker:
        return Lost(task)
    except CancelledError:
        raise ExecutorError(GONE) from None
    except Exception as error:  # whatever it was, the other tasks continue
        return Lost(task, error=error)


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
        refusal = f"A worker joined, and is refused: {plugin.unfit}."
        worker.log_event(name, pickle.dumps((None, refusal)))
        worker.loop.add_callback(worker.close, reason="unfit")
        time.sleep(LEAVE_SECONDS)  # the task may come back until the worker has left
        raise Reschedule
    return plugin


def _work(task: Hashable, name: str) -> Any:
    """Do a task on the worker that calls this; what it tells goes out under the topic ``name``."""
    worker = get_worker()
    state = worker.state.tasks[worker.get_current_task()]

    def tell(value: Any) -> None:
        if state.state != "executing":
            raise TaskUnwanted(task)
        if value is not None:
            worker.log_event(name, pickle.dumps((task, value)))

    preparation = _preparation(name)
    worker.log_event(name, pickle.dumps((task, None)))
    return preparation.work(task, tell)
