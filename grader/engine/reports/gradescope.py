"""Gradescope's ``results.json``.

Every test is ``visible``: Gradescope hides the total score as soon as one test is hidden, and
what a student may not see of a hidden test is not in this file at all.

Where a submission cannot be read, the score is 0, and one sentence stands in place of the tests.
Where the grader is at fault, the file has no score and no tests. The specification asks for one or
the other, so Gradescope records no points and shows staff that the autograder failed; a score of 0,
or of the tests that did run, would look like a grade.
"""

import json
from typing import Any

from grader.engine.progress import where_to_start
from grader.engine.reports.wording import (
    absent_line,
    is_graded,
    lines_of,
    people_line,
    score_line,
    shown_to_student,
)
from grader.engine.results import PASSED, Report, TestResult


def write_results(report: Report) -> str:
    """Return the file's text."""
    start = where_to_start(report)
    report = shown_to_student(report)
    graded: dict[str, Any] = {}
    if not report.grader_at_fault:
        tests = report.tests if is_graded(report) else ()
        graded = {"score": report.score, "tests": [_entry(test) for test in tests]}
    content: dict[str, Any] = {
        "output": "\n".join(line for line in _summary(report, start) if line),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"grader_at_fault": report.grader_at_fault},
        **graded,
    }
    return json.dumps(content, indent=2) + "\n"


def _summary(report: Report, start: str) -> list[str]:
    if not is_graded(report):
        return [report.problem]
    missing = [absent_line(report), people_line(report)]
    return [report.problem, score_line(report) + ".", *missing, start]


def _entry(test: TestResult) -> dict[str, Any]:
    return {
        "score": test.points,
        "max_score": test.max_points,
        "status": "passed" if test.status == PASSED else "failed",
        "name": test.sentence,
        "number": test.id,
        "output": "" if test.status == PASSED else "\n".join(lines_of(test)),
        "output_format": "text",
        "tags": [test.question, "hidden" if test.hidden else "public"],
        "visibility": "visible",
    }
