"""HTML for people: a page that is complete in itself, and what a notebook cell shows."""

import html
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path, PurePath

from jinja2 import Environment

from grader.engine.mistakes import mistakes_in
from grader.engine.progress import where_to_start
from grader.engine.reports.terminal import write_plain
from grader.engine.reports.wording import (
    MARKS,
    code_of,
    details_of,
    is_tested,
    notes_of,
    points,
    score_line,
    shown_to_student,
    waits_for,
)
from grader.engine.results import PASSED, QuestionResult, Report, TestResult
from problem_set.templates import templates

PRINTED = 10  # lines
# What is to be looked at comes first.
_ORDER = ("failed", "error", "open", "not run", "passed")


def write_page(report: Report) -> str:
    """Return the page; all text is escaped."""
    start = where_to_start(report)
    report = shown_to_student(report)
    questions = report.questions if is_tested(report) else ()
    return _environment().get_template("page.html.jinja").render(
        report=report,
        name=PurePath(report.submission).name,
        questions=sorted(questions, key=lambda question: min(map(_urgency, question.tests))),
        in_order=questions,
        score=score_line(report),
        notes=notes_of(report),
        start=start if questions else "",
        ids={q.id for q in questions} | {test.id for q in questions for test in q.tests},
    )  # fmt: skip


def write_cell(report: Report, read: str = "") -> str:
    """Return the report as HTML that brings its styles along; all text is escaped.

    ``read`` says which version of which file was judged.
    """
    report = shown_to_student(report)
    questions = report.questions if is_tested(report) else ()
    return _environment().get_template("cell.html.jinja").render(
        report=report,
        questions=questions,
        read=read,
        printed=_printed(report),
        rest=_rest(report),
    )  # fmt: skip


def write_cell_text(report: Report, read: str = "") -> str:
    """Return what a cell shows, for viewers that show no HTML."""
    text = write_plain(report, verbose=True, width=90)
    printed = _printed(report)
    told = f"Your code printed, at the end:\n{printed}\n" if printed else ""
    return f"{read}\n{text}{told}" if read else f"{text}{told}"


def _printed(report: Report) -> str:
    """Return the last lines that the code printed in the tests."""
    return "\n".join("".join(test.printed for test in report.tests).splitlines()[-PRINTED:])


def _rest(report: Report) -> str:
    """Return which points a cell leaves open, and what else there is to say."""
    if not report.absent:
        return " ".join((*report.notes, report.withheld)).strip()
    tests = "hidden test decides" if report.absent == 1 else "hidden tests decide"
    return f"{report.absent} {tests} the other {points(report.absent_points)} points."


def _is_lost(question: QuestionResult) -> bool:
    return any(test.status != PASSED for test in question.tests)


def _urgency(test: TestResult) -> int:
    return _ORDER.index("not run" if waits_for(test) else test.state)


def _linked(text: str, ids: Collection[str]) -> str:
    """Return a sentence as HTML, the ids of questions and tests in it as links."""
    pattern = re.compile(r"(?<![\w/-])[\w-]+(?![\w-])")

    def link(word: re.Match) -> str:
        return f'<a href="#{word[0]}">{word[0]}</a>' if word[0] in ids else word[0]

    return pattern.sub(link, html.escape(text))


@cache
def _environment() -> Environment:
    environment = templates(
        Path(__file__).parent,
        points=points,
        linked=_linked,
        code_of=code_of,
        details_of=details_of,
        first_lost=lambda tests: sorted(tests, key=_urgency),
        waits=waits_for,
        mistakes=mistakes_in,
    )
    environment.tests |= {"waiting": waits_for, "lost": _is_lost}
    environment.globals["marks"] = MARKS
    return environment
