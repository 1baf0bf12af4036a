"""Grade uploads in several processes, each with a sandbox of its own."""

import contextlib
import functools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import psutil

from grader.cohort.records import (
    fingerprint,
    move_record,
    read_record,
    record_of,
    upload_elsewhere,
    write_record,
)
from grader.cohort.uploads import Upload
from grader.contents import CONTENTS
from grader.engine.digests import grader_digest
from grader.engine.grader import Asked, Grader, grader_failed
from grader.engine.results import Report
from problem_set.assignment import read_assignment

UPLOADS_A_JOB = 4  # a process takes as long to start as some gradings take
DIED = RuntimeError("The process that graded this was ended twice, perhaps out of memory.")


@dataclass(frozen=True)
class Options:
    """What holds for all uploads: see :class:`grader.engine.grader.Asked`."""

    out: Path
    public_only: bool
    allow_unisolated_hidden: bool


@dataclass(frozen=True)
class Graded:
    """What became of an upload.

    Attributes
    ----------
    record : dict
        See :func:`grader.cohort.records.record_of`.
    new : bool
        Whether it has been graded just now.
    replaced : str
        The upload of the same name, in another folder, whose result this one has overwritten.
    """

    upload: Upload
    record: dict[str, Any]
    new: bool = True
    replaced: str = ""


def default_jobs(uploads: int) -> int:
    """Return how many gradings at once are the quickest here."""
    cores = psutil.cpu_count(logical=False) or 1
    return max(1, min(cores, uploads // UPLOADS_A_JOB))


def grade_uploads(
    uploads: Iterable[Upload],
    options: Options,
    jobs: int,
    finished: Callable[[Graded], None],
    stopping: Callable[[], None],
) -> None:
    """Grade each upload, unless what is kept was made from the same files by the same grader.

    Whatever one upload does costs that upload only. If a process that grades is ended, perhaps by
    a machine that is out of memory, the uploads that it may have been grading are graded again,
    one at a time.

    Parameters
    ----------
    uploads : iterable of Upload
    options : Options
    jobs : int
        Gradings at once.
    finished : callable
        Is given what became of each upload, in the order in which they are finished.
    stopping : callable
        Is called on Ctrl-C, before the gradings under way are waited for. They are kept, and no
        other is begun.

    Raises
    ------
    IsolationError
        If there is no sandbox to be had.
    KeyboardInterrupt
    """
    remaining: deque[Upload] = deque()
    for upload in uploads:
        if upload.refusal:
            finished(_refuse(options.out, upload))
        else:
            remaining.append(upload)
    while remaining:
        for upload in _grade_in_pool(remaining, options, jobs, finished, stopping):
            if _grade_in_pool(deque([upload]), options, 1, finished, stopping):
                finished(_failed(options.out, upload, DIED))


def _grade_in_pool(
    remaining: deque[Upload],
    options: Options,
    jobs: int,
    finished: Callable[[Graded], None],
    stopping: Callable[[], None],
) -> list[Upload]:
    """Take uploads and grade them until none remains, or until a process is ended.

    Returns the uploads that were under way when a process was ended.
    """
    under_way: dict[Future[Graded], Upload] = {}
    interrupted: list[Upload] = []

    def begin(pool: ProcessPoolExecutor, count: int) -> None:
        for upload in [remaining.popleft() for _ in range(min(count, len(remaining)))]:
            try:
                under_way[pool.submit(_grade, options, upload)] = upload
            except BrokenProcessPool:
                interrupted.append(upload)

    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            # One more than there are processes: what is given to a pool is hard to take back.
            with _interrupts_ignored():
                begin(pool, jobs + 1)
            while under_way:
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    upload = under_way.pop(future)
                    try:
                        finished(future.result())
                    except BrokenProcessPool:
                        interrupted.append(upload)
                if not interrupted:
                    begin(pool, len(done))
        except KeyboardInterrupt:
            stopping()
            pool.shutdown(cancel_futures=True)
            for future in under_way:
                if not future.cancelled() and future.exception() is None:
                    finished(future.result())
            raise
    return interrupted


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C, and have the processes started under it ignore it for good."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _grade(options: Options, upload: Upload) -> Graded:
    grader, by = _grader(options)
    asked = Asked((), options.public_only, options.allow_unisolated_hidden)
    return _kept_or_new(options.out, upload, by, lambda: grader.grade(upload.handed_in, asked))


def _refuse(out: Path, upload: Upload) -> Graded:
    course = read_assignment().course
    report = Report(course.name, course.title, "", questions=(), problem=upload.refusal)
    return _kept_or_new(out, upload, "", lambda: report)


def _kept_or_new(out: Path, upload: Upload, by: str, report_on_it: Callable[[], Report]) -> Graded:
    """Return what is kept of an upload, or a new record if its files or the grader are others."""
    try:
        made_from = fingerprint(upload, by)
        known = read_record(out, upload.name)
        if known is not None and known.get("fingerprint") == made_from:
            return Graded(upload, move_record(out, upload, known), new=False)
        record = write_record(out, upload, report_on_it(), made_from)
        return Graded(upload, record, replaced=upload_elsewhere(known, upload.path.parent))
    except Exception as error:  # whatever one upload brings about, the others are graded
        return _failed(out, upload, error)


def _failed(out: Path, upload: Upload, error: Exception) -> Graded:
    """Return a record of the grader's own failure; an older page would pass for the upload's."""
    report = grader_failed(upload.path, error)
    try:
        return Graded(upload, write_record(out, upload, report, ""))
    except Exception:  # nothing can be written: points.csv still has the row
        return Graded(upload, record_of(upload, report))


def _end_with_parent() -> None:
    """Wait for the process that hands out uploads, and end when it has been killed."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)


@functools.cache
def _grader(options: Options) -> tuple[Grader, str]:
    """Return this process's grader, and a digest of it and of the options."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    grader = Grader(CONTENTS)
    Finalize(grader, Grader.close, (grader,), exitpriority=0)
    rules = (options.public_only, options.allow_unisolated_hidden, grader.isolated)
    return grader, f"{grader_digest()} {rules}"
