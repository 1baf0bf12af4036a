"""Grade everybody's submission: the same code once, and what was graded before not again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from grader.cohort.fingerprints import LIMIT, Fingerprints
from grader.cohort.grading import Task
from grader.cohort.records import CODE, read_record
from grader.engine.from_json import report_from
from grader.engine.grader import grader_failed
from grader.engine.results import FAILED, PASSED, QuestionResult, Report
from problem_set.assignment import Assignment
from problem_set.executors import Lost, Said, TaskEvent, Told

DIED = RuntimeError("The process that graded this was ended twice, perhaps out of memory.")


class Executor(Protocol):
    """Does tasks: see ``problem_set.executors``."""

    def events(self, tasks: Iterable[Task]) -> Iterator[TaskEvent]: ...
    def stop(self) -> Iterator[TaskEvent]: ...


@dataclass(frozen=True)
class Kept:
    """What is known of a code that was graded before.

    Attributes
    ----------
    out, name : Path, str
        Where the record is.
    made_by : mapping
        What the grading depended on.
    whole : bool
        Whether everything was judged.
    failed : tuple of str
        The questions in which a test failed.
    """

    out: Path
    name: str
    made_by: Mapping[str, str]
    whole: bool
    failed: tuple[str, ...]

    def report(self, assignment: Assignment) -> Report:
        record = read_record(self.out, self.name) or {}
        return report_from(record, assignment.feedback)


def kept_of(record: Mapping[str, Any], out: Path) -> Kept | None:
    """Return what a record knows of its code; None if that has to be graded again in any case."""
    # Of one that reached the time limit, perhaps nothing was judged; so it would be again.
    if not record["code"] or not record["made_by"]:
        return None
    failed = [
        question["id"]
        for question in record["questions"]
        if any(test["status"] == FAILED for test in question["tests"])
    ]
    whole = not record["problem"]
    return Kept(out, record["submission"], record["made_by"], whole, tuple(failed))


@dataclass
class Gradings:
    """Grades codes, each once.

    Parameters
    ----------
    kept : mapping
        What is known of codes that were graded before.
    finished : callable
        Is given a code, its report, and whether it was graded just now.
    said : callable
        Is given a sentence about the workers.
    """

    out: Path
    assignment: Assignment
    fingerprints: Fingerprints
    kept: Mapping[str, Kept]
    finished: Callable[[str, Report, bool], None]
    said: Callable[[str], None]
    _waiting: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def grade(self, codes: Iterable[str], executor: Callable[[int], Executor]) -> None:
        """Grade codes unless what is kept of them still holds.

        Parameters
        ----------
        executor : callable
            Is given how many tasks there are.

        Raises
        ------
        ExecutorError
            If no process or worker can be had.
        IsolationError
            If there is no sandbox to be had.
        KeyboardInterrupt
            After the gradings under way have been finished and kept.
        """
        for code in dict.fromkeys(codes):
            again = self._questions_again(code)
            if again:
                self._waiting[code] = again
            else:
                self.finished(code, self.counted(self.kept[code].report(self.assignment)), False)
        if not self._waiting:
            return
        doing = executor(len(self._waiting))
        try:
            for event in doing.events(map(self._task, list(self._waiting))):
                self._take(event)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                self.said("Stopping; the gradings under way are finished first ...")
            for event in doing.stop():
                self._take(event)
            raise

    @property
    def to_do(self) -> int:
        return len(self._waiting)

    def _questions_again(self, code: str) -> tuple[str, ...]:
        """Return the questions of a code to grade again."""
        known = self.kept.get(code)
        if known is None:
            return self.fingerprints.questions
        again = self.fingerprints.changed(known.made_by, known.failed)
        if known.whole:
            return again
        other_limit = known.made_by.get(LIMIT) != self.fingerprints.now[LIMIT]
        return self.fingerprints.questions if again or other_limit else ()

    def _task(self, code: str) -> Task:
        again = self._waiting[code]
        whole = again == self.fingerprints.questions
        archive = (self.out / CODE / f"{code}.zip").read_bytes()
        return Task(code, () if whole else again, archive)

    def _take(self, event: TaskEvent) -> None:
        if isinstance(event, Said):
            self.said(event.text)
        elif isinstance(event, Told):
            if isinstance(event.value, Exception):
                raise event.value
            self._finish(event.task, event.value)
        elif isinstance(event, Lost):
            self._finish(event.task, grader_failed(self.out / CODE, event.error or DIED))

    def _finish(self, task: Any, new: Report) -> None:
        del self._waiting[task.code]
        if task.questions and not new.problem:
            new = merged(self.kept[task.code].report(self.assignment), new)
        self.finished(task.code, self.counted(new), True)

    def counted(self, report: Report) -> Report:
        """Return a report with the points, titles and rules of the assignment as it is now."""
        points = {test.id: test for test in self.assignment.tests}
        results = {test.id: test for test in report.tests}
        questions = []
        for question in self.assignment.coding:
            ids = [id_ for id_ in (*question.public, *question.hidden) if id_ in results]
            tests = tuple(
                replace(
                    results[id_],
                    points=points[id_].points if results[id_].status == PASSED else 0.0,
                    max_points=points[id_].points,
                )
                for id_ in ids
            )
            if tests:
                questions.append(QuestionResult(question.id, question.title, tests))
        course = self.assignment.course
        return replace(
            report,
            course=course.name,
            title=course.title,
            questions=tuple(questions),
            people_points=sum(question.points for question in self.assignment.written),
            feedback=self.assignment.feedback,
        )


def merged(old: Report, new: Report) -> Report:
    """Return a report whose questions are the new one's where it has them."""
    questions = {question.id: question for question in (*old.questions, *new.questions)}
    return replace(
        new,
        questions=tuple(questions.values()),
        absent=old.absent,
        absent_points=old.absent_points,
        absent_reason=old.absent_reason,
    )
