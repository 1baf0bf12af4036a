"""Words and sentences that several formats share."""

import re
from dataclasses import replace

from grader.engine.results import (
    ERROR,
    FAILED,
    NOT_IMPORTED,
    NOT_RUN,
    OPEN,
    PASSED,
    Hint,
    Report,
    TestResult,
)

WAITS = re.compile(r"Not run, fix (\S+) first\.")
MARKS = {PASSED: "✓", FAILED: "✗", NOT_RUN: "–", OPEN: "○", ERROR: "!"}


def points(value: float) -> str:
    """Show points without needless zeros: 2, 0.25."""
    return f"{value:g}"


def shown_to_student(report: Report) -> Report:
    """Return what a student may see; what stops a file from being imported is told once."""
    report = report.for_student()
    told: dict[str, str] = {}  # the first test with a message
    first: dict[str, str] = {}  # the first test with the message that another one has

    def once(test: TestResult) -> TestResult:
        if test.status == FAILED and test.cause == NOT_IMPORTED:
            first[test.id] = told.setdefault(test.message, test.id)
        elif test.status == NOT_RUN and (other := waits_for(test)):
            first[test.id] = first.get(other, test.id)
        if first.get(test.id, test.id) == test.id:
            return test
        message = f"Not run, fix {first[test.id]} first."
        return replace(test, status=NOT_RUN, message=message, where=(), raised="", hints=())

    questions = tuple(
        replace(question, tests=tuple(once(test) for test in question.tests))
        for question in report.questions
    )
    return replace(report, questions=questions)


def waits_for(test: TestResult) -> str:
    """Return the test without which this one says nothing new, or an empty string."""
    waits = WAITS.fullmatch(test.message)
    return waits[1] if waits else ""


def is_tested(report: Report) -> bool:
    """Return whether any test could be run.

    If not, ``report.problem`` says why, and the tests' lines would only repeat it.
    """
    return not report.problem or any(test.status != NOT_RUN for test in report.tests)


def is_graded(report: Report) -> bool:
    """Return whether the report has a score; none where the grader is at fault."""
    return is_tested(report) and not report.grader_at_fault


def score_line(report: Report) -> str:
    """Return the points as a phrase, or that there are none."""
    if not is_graded(report):
        return "Not graded"
    which = " of the public tests" if report.withheld else ""
    return f"{points(report.counted)} of {points(report.max_score)} points{which}"


def notes_of(report: Report) -> list[str]:
    """Return the sentences below the points: on lateness, and on what is missing."""
    late = report.final.sentence if report.final and is_graded(report) else ""
    lines = [late, *report.notes, report.withheld, absent_line(report), people_line(report)]
    return [line for line in lines if line]


def absent_line(report: Report) -> str:
    """Return how many tests are missing from this score, and why."""
    if not report.absent:
        return ""
    tests = "test was" if report.absent == 1 else "tests were"
    worth = points(report.absent_points)
    return f"{report.absent} hidden {tests} not run, worth {worth} points. {report.absent_reason}"


def people_line(report: Report) -> str:
    """Return how many points are not decided by tests."""
    if not report.people_points or not is_graded(report):
        return ""
    return f"{points(report.people_points)} more points are graded by people."


def details_of(test: TestResult) -> list[tuple[str, str]]:
    """Return the call that shows a failure, what was expected and what came, each with its name."""
    if test.detail is None:
        return []
    rows = [("for", test.detail.given)] if test.detail.given else []
    return [*rows, ("expected", test.detail.expected), ("got", test.detail.got)]


def code_of(test: TestResult) -> list[str]:
    """Return the lines of the student's code that raised, and what they raised."""
    if test.state == OPEN:
        return []
    raised = [test.raised] if test.raised and test.status != NOT_RUN else []
    return [*test.where, *raised]


def lines_of(test: TestResult) -> list[str]:
    """Return what a student reads below a test's name when it did not pass, but for its hints."""
    details = [f"{name:<10}{value}" for name, value in details_of(test)]
    return [*([test.message] if test.message else []), *code_of(test), *details]


def lines_of_hint(hint: Hint) -> list[str]:
    """Return all that is told of a mistake."""
    return [line for line in (hint.diagnosis, hint.question, *lines_of_example(hint)) if line]


def lines_of_example(hint: Hint) -> list[str]:
    """Return the small input that shows a mistake, if there is one."""
    shown = hint.counterexample
    if shown is None:
        return []
    program = [f"    {line}".rstrip() for line in shown.program.splitlines()]
    result = f"Your code {shown.verb} {shown.got}, right is {shown.expected}."
    return ["See it on a small input:", *program, result]
