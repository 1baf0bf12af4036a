"""Tasks in processes of this machine, without any network."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from problem_set.executors import Began, Ended, ExecutorError, Lost, TaskEvent, Told

if TYPE_CHECKING:  # Windows has only one of them
    from multiprocessing.context import ForkServerContext, SpawnContext

T = TypeVar("T", bound=Hashable)
STOP_SECONDS = 60
LIVES = 2  # how often a task is begun whose process is killed
STOP, NEXT = "stop", "next"  # what we say to a process, and what it says after each task

#: Does a task: is given it and the connection by which values are sent. ``connection.poll()`` is
#: true once the task should stop, or nobody waits for it any more.
Work = Callable[[T, Connection], None]


@dataclass
class _Process(Generic[T]):
    process: BaseProcess
    task: T | None = None
    tasks: int = 0


class Processes(Generic[T]):
    """An executor whose tasks are done in processes of this machine, some at once.

    Parameters
    ----------
    prepare : callable
        Is called in each process, and returns what does the tasks there. Functions of a module, and
        what ``functools.partial`` makes of them, can be sent to a process.
    jobs : int
        Tasks at once.
    preload : list of str
        Modules that all processes share, imported once where processes are forked.
    tasks_a_process : int, optional
        Tasks after which a process ends.
    """

    def __init__(
        self,
        prepare: Callable[[], Work[T]],
        jobs: int,
        preload: list[str],
        tasks_a_process: int | None = None,
    ) -> None:
        self._prepare = prepare
        self._jobs = jobs
        self._preload = preload
        self._tasks_a_process = tasks_a_process
        self._processes: dict[Connection, _Process[T]] = {}

    def events(self, tasks: Iterable[T]) -> Iterator[TaskEvent]:
        """Do the tasks, begun in this order; a task is taken when a process is free for it.

        Raises
        ------
        ExecutorError
            If no process can be started.
        """
        rest = iter(tasks)
        again: deque[T] = deque()
        lives: Counter[T] = Counter()
        context = process_context(self._preload)
        more = True
        while True:
            while more and len(self._busy) < self._jobs:
                task = again.popleft() if again else next(rest, None)
                if task is None:
                    more = False
                    break
                lives[task] += 1
                self._give(task, context)
                yield Began(task)
            if not self._busy:
                break
            for ready in wait(self._busy):
                connection = cast(Connection, ready)
                task = cast(T, self._processes[connection].task)
                event = self._receive(connection, task)
                killed = isinstance(event, Lost) and (event.exit_code or 0) < 0
                if killed and lives[task] < LIVES:
                    again.append(task)
                    more = True
                else:
                    yield event
        self._close_idle()

    @property
    def _busy(self) -> list[Connection]:
        return [c for c, process in self._processes.items() if process.task is not None]

    def _give(self, task: T, context: "SpawnContext | ForkServerContext") -> None:
        """Give a task to a process that is idle, or to a new one."""
        for connection, process in list(self._processes.items()):
            if process.task is None:
                try:
                    connection.send(task)
                except OSError:  # it was killed while it was idle
                    self._forget(connection)
                    continue
                process.task, process.tasks = task, process.tasks + 1
                return
        ours, theirs = context.Pipe()
        started: BaseProcess = context.Process(
            target=call_in,
            args=(dict(os.environ), _serve, self._prepare, theirs),
            daemon=True,
        )
        try:
            started.start()
        except BaseException:
            ours.close()  # should it begin all the same, it finds nobody there and ends
            raise
        finally:
            theirs.close()
        self._processes[ours] = _Process(started, task, 1)
        with contextlib.suppress(OSError):  # if it has died, nothing more will come of it either
            ours.send(task)

    def _receive(self, connection: Connection, task: T) -> TaskEvent:
        try:
            value = connection.recv()
        except (EOFError, OSError):
            return Lost(task, self._forget(connection))
        if not _is(NEXT, value):
            return Told(task, value)
        process = self._processes[connection]
        process.task = None
        if process.tasks == self._tasks_a_process:
            self._forget(connection)
        return Ended(task)

    def _forget(self, connection: Connection) -> int | None:
        """Close a connection, which ends an idle process; return its exit code."""
        process = self._processes.pop(connection).process
        connection.close()
        process.join()
        return process.exitcode

    def _close_idle(self) -> None:
        for connection in list(self._processes):
            connection.close()
        for process in self._processes.values():
            process.process.join()
        self._processes.clear()

    def stop(self) -> Iterator[TaskEvent]:
        """Have every task under way stop, after ``events`` was interrupted; yield their ends."""
        for connection in self._processes:
            with contextlib.suppress(OSError):
                connection.send(STOP)
        for connection in list(self._processes):
            process = self._processes[connection]
            task, ended = process.task, process.task is None
            with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
                while not ended and connection.poll(STOP_SECONDS):
                    value = connection.recv()
                    ended = _is(NEXT, value)
                    yield Ended(cast(T, task)) if ended else Told(cast(T, task), value)
            connection.close()
            process.process.join(1)
            if process.process.is_alive():
                process.process.kill()
                process.process.join()
        self._processes.clear()


def end_with_parent() -> None:
    """End this process, in the middle of a task, when the one that started it was killed."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _is(word: str, value: Any) -> bool:
    return isinstance(value, str) and value == word


def _serve(prepare: Callable[[], Work[Any]], connection: Connection) -> None:
    """Do tasks in the process that calls this, until there is nobody to give one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    work = prepare()
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        if _is(STOP, task):
            return
        try:
            work(task, connection)
            connection.send(NEXT)
        except (BrokenPipeError, EOFError):
            return  # the process that started us is gone


def process_context(preload: list[str]) -> "SpawnContext | ForkServerContext":
    """Return what starts processes for ``call_in``, ready to do so.

    None is forked from this process, whose threads would not survive it. On Linux they are forked
    from one that has imported ``preload``. Elsewhere each is started afresh; what macOS computes
    with survives no fork.

    Raises
    ------
    ExecutorError
        If what is imported once cannot be imported.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(preload)
    with _interrupts_ignored():
        forkserver.ensure_running()
    try:
        first = context.Process(target=int)
        first.start()  # returns when all is imported, so that Ctrl-C until then stops no task
        first.join()
    except (EOFError, OSError) as error:
        raise ExecutorError(
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
