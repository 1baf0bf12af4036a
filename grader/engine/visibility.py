"""What a student may see of a report at a certain moment: ``[feedback]`` in ``assignment.toml``."""

from dataclasses import dataclass, replace
from datetime import datetime, timezone

from grader.engine.results import FAILED, Report
from problem_set.due import due_date


@dataclass(frozen=True)
class Moment:
    """When a report is written for a student.

    Attributes
    ----------
    due : datetime
        The student's own due date, with an offset from UTC.
    now : datetime
    upload : int
        Which upload of the student's this is, from 1 on, where the platform counts them.
    """

    due: datetime
    now: datetime
    upload: int = 1

    @property
    def is_after_due(self) -> bool:
        return self.now.astimezone(timezone.utc) > self.due.astimezone(timezone.utc)


def shows_hidden(report: Report, moment: Moment) -> bool:
    """Return whether the student sees the results of hidden tests."""
    return _is_shown(report.feedback.show_hidden, moment)


def shows_hints(report: Report, moment: Moment) -> bool:
    """Return whether the student sees which mistake explains a failed test."""
    few = moment.upload <= report.feedback.uploads_with_hints
    return _is_shown(report.feedback.show_hints, moment) and (few or moment.is_after_due)


def withhold(report: Report, moment: Moment) -> Report:
    """Return a report without what its student may not see yet, and with the reason.

    The points of a report without its hidden tests are those of the public ones.
    """
    if not shows_hints(report, moment):
        report = _without_hints(report, moment)
    hidden = [test for test in report.tests if test.hidden]
    if shows_hidden(report, moment) or not hidden:
        return report
    tests = "1 hidden test decides" if len(hidden) == 1 else f"{len(hidden)} hidden tests decide"
    worth = sum(test.max_points for test in hidden)
    when = _when(report.feedback.show_hidden, moment)
    questions = tuple(
        replace(question, tests=tuple(test for test in question.tests if not test.hidden))
        for question in report.questions
    )
    return replace(
        report,
        questions=tuple(question for question in questions if question.tests),
        withheld=f"{tests} the other {worth:g} points. The results are {when}.",
    )


def _without_hints(report: Report, moment: Moment) -> Report:
    questions = tuple(
        replace(question, tests=tuple(replace(test, hints=()) for test in question.tests))
        for question in report.questions
    )
    allowed = report.feedback.uploads_with_hints
    said = ""
    if report.feedback.show_hints == "after due":
        said = f"The mistakes behind failed tests are {_when('after due', moment)}."
    elif report.feedback.show_hints == "at once":
        uploads = "upload" if allowed == 1 else f"{allowed:g} uploads"
        said = f"Hints came with the first {uploads}; this is number {moment.upload}."
    failed = any(test.status == FAILED for test in report.tests)
    notes = (*report.notes, said) if said and failed else report.notes
    return replace(report, questions=questions, notes=notes)


def _is_shown(when: str, moment: Moment) -> bool:
    return when == "at once" or (when == "after due" and moment.is_after_due)


def _when(when: str, moment: Moment) -> str:
    return f"shown after {due_date(moment.due)}" if when == "after due" else "not shown"
