"""Grade many submissions, with one ``Grader`` in each process."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader
from grader.engine.results import FAILED, Report

Write = Callable[[Path], Path]  # writes a submission into a folder


@dataclass(frozen=True)
class Told:
    """A hint that a submission got: once for each question, however many tests have it."""

    id: str
    question: str
    sentence: str
    asks: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Graded:
    """What grading one submission gave.

    Attributes
    ----------
    lost : tuple of str
        Questions that lost points.
    lines : tuple of str
        Lines of the student's own code that were told because they raised an exception.
    unexplained : tuple of str
        Failed tests that carry no hint.
    """

    name: str
    points: float
    max_points: float
    problem: str
    lost: tuple[str, ...]
    hints: tuple[Told, ...]
    lines: tuple[str, ...]
    failed: tuple[str, ...]
    unexplained: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Case:
    """A submission to grade: what writes it, and the questions to grade, all of them if empty."""

    write: Write
    questions: tuple[str, ...] = ()


def grade_all(
    cases: Mapping[str, Case],
    processes: int = 1,
    on_graded: Callable[[Graded], None] = lambda graded: None,
) -> dict[str, Graded]:
    """Grade submissions, given by name; return what each got."""
    found: dict[str, Graded] = {}
    results = _in_processes(cases, processes) if processes > 1 else _here(cases)
    for graded in results:
        found[graded.name] = graded
        on_graded(graded)
    return {name: found[name] for name in cases}


def _here(cases: Mapping[str, Case]) -> Iterator[Graded]:
    with Grader(CONTENTS) as grader:
        for name, case in cases.items():
            yield grade(grader, name, case)


def _in_processes(cases: Mapping[str, Case], processes: int) -> Iterator[Graded]:
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_start) as pool:
        futures = [pool.submit(_grade, name, case) for name, case in cases.items()]
        for future in as_completed(futures):
            yield future.result()


_graders: list[Grader] = []  # one in each process


def _start() -> None:
    _graders.append(Grader(CONTENTS))


def _grade(name: str, case: Case) -> Graded:
    return grade(_graders[0], name, case)


def grade(grader: Grader, name: str, case: Case) -> Graded:
    """Write a submission, grade it, keep what the scoreboard counts; times are of the processor."""
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as folder:
        path = case.write(Path(folder))
        before = _processor_seconds()
        report = grader.grade(path, Asked(questions=case.questions))
        return summary(name, report, _processor_seconds() - before)


def summary(name: str, report: Report, seconds: float) -> Graded:
    """Return what the scoreboard counts of a report."""
    failed = [test for test in report.tests if test.status == FAILED]
    told: dict[tuple[str, str], Told] = {}
    for test in failed:
        for hint in test.hints:
            key = (hint.id, test.question)
            tests = (*(told[key].tests if key in told else ()), test.id)
            told[key] = Told(hint.id, test.question, hint.diagnosis, hint.question, tests)
    return Graded(
        name=name,
        points=report.score,
        max_points=report.max_score,
        problem=report.problem,
        lost=tuple(q.id for q in report.questions if q.points < q.max_points),
        hints=tuple(told.values()),
        lines=tuple(dict.fromkeys(line for test in failed for line in test.where)),
        failed=tuple(test.id for test in failed),
        unexplained=tuple(test.id for test in failed if not test.hints and not test.where),
        seconds=seconds,
    )


def _processor_seconds() -> float:
    """Return the processor time of this process, of the sandbox's and of those that it ended."""
    total = 0.0
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if process.pid != own.pid:
            total += times.children_user + times.children_system
    return total
