"""Grade uploads in several processes, each with a sandbox of its own."""

import contextlib
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import psutil

from grader.batch.records import fingerprint, grader_fingerprint, read_record, write_record
from grader.explain import Explainer
from grader.grading import grade
from grader.isolation import ForkServer

UPLOADS_A_JOB = 4  # a process takes as long to begin as it takes for some gradings


@dataclass(frozen=True)
class Options:
    """What holds for all uploads: see :func:`grader.grading.grade`."""

    out: Path
    public_only: bool
    allow_unisolated_hidden: bool


@dataclass(frozen=True)
class Graded:
    """What is kept of one grading, and whether it has been done just now."""

    name: str
    record: dict[str, Any]
    new: bool


class GraderDied(Exception):
    """A process that grades has ended, which no submission can bring about."""


def default_jobs(uploads: int) -> int:
    """Return how many gradings at once are the quickest here."""
    cores = psutil.cpu_count(logical=False) or 1
    return max(1, min(cores, uploads // UPLOADS_A_JOB))


def grade_uploads(
    paths: Mapping[str, Path],
    options: Options,
    jobs: int,
    finished: Callable[[Graded], None],
    stopping: Callable[[], None],
) -> None:
    """Grade each upload, unless what is kept was made from the same files by the same grader.

    Parameters
    ----------
    paths : mapping of str to Path
        By the student's name.
    options : Options
    jobs : int
        Gradings at once.
    finished : callable
        Is told what is kept of each upload, in the order in which they are finished.
    stopping : callable
        Is called on Ctrl-C, before the gradings under way are waited for. They are kept, and no
        other is begun.

    Raises
    ------
    GraderDied
        What was finished is kept.
    IsolationError
        If there is no sandbox to be had.
    KeyboardInterrupt
    """
    todo = iter(paths.items())
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            # One more than there are processes: what is given to a pool is hard to take back.
            with _interrupts_ignored():
                waiting = {pool.submit(_grade, options, *next_) for next_ in islice(todo, jobs + 1)}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    finished(future.result())
                waiting |= {
                    pool.submit(_grade, options, *next_) for next_ in islice(todo, len(done))
                }
        except KeyboardInterrupt:
            stopping()
            pool.shutdown(cancel_futures=True)
            raise
        except BrokenProcessPool:
            raise GraderDied(
                "a process that grades has ended, perhaps for want of memory; try fewer --jobs. "
                "The same command goes on where it stopped."
            ) from None


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C, and have the processes that are started meanwhile ignore it for good."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _grade(options: Options, name: str, path: Path) -> Graded:
    server, explainer, by = _grader(options)
    made_from = fingerprint(path, by)
    record = read_record(options.out, name)
    if record is not None and record.get("fingerprint") == made_from:
        return Graded(name, record, new=False)
    report = grade(
        path,
        server,
        explainer,
        public_only=options.public_only,
        allow_unisolated_hidden=options.allow_unisolated_hidden,
    )
    return Graded(name, write_record(options.out, name, report, made_from), new=True)


def _end_with_parent() -> None:
    """Wait for the process that hands out uploads, and end when it has been killed."""
    multiprocessing.parent_process().join()
    os._exit(1)


@functools.cache
def _grader(options: Options) -> tuple[ForkServer, Explainer, str]:
    """Return this process's sandbox, what it remembers of mistakes, and who grades here."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = ForkServer()
    Finalize(server, ForkServer.close, (server,), exitpriority=0)
    rules = (options.public_only, options.allow_unisolated_hidden, server.isolated)
    return server, Explainer(), f"{grader_fingerprint()} {rules}"
