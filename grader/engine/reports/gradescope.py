"""Gradescope's ``results.json``.

A hidden test is ``visible``, ``after_due_date`` or ``hidden`` as ``[feedback]`` in
``assignment.toml`` says; Gradescope itself knows each student's due date, and hides the total score
as soon as one test is hidden. What a student may never see of a hidden test is not in this file at
all.

Where a submission cannot be read, the score is 0, and one sentence stands in place of the tests.
Where the grader is at fault, the file has no score and no tests. The specification asks for one or
the other, so Gradescope records no points and shows staff that the autograder failed; a score of 0,
or of the tests that did run, would look like a grade.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.engine.progress import where_to_start
from grader.engine.reports.changes import (
    graded_again,
    mistakes_gone,
    mistakes_of,
    tests_of_mistakes,
)
from grader.engine.reports.gradescope_metadata import UNKNOWN, Earlier, Metadata
from grader.engine.reports.wording import (
    is_graded,
    lines_of,
    lines_of_hint,
    notes_of,
    score_line,
    shown_to_student,
)
from grader.engine.results import PASSED, Report, TestResult
from grader.engine.visibility import Moment, shows_hidden, shows_hints, withhold

VISIBILITY = {"at once": "visible", "after due": "after_due_date", "never": "hidden"}


def write_results(
    report: Report, moment: Moment | None = None, metadata: Metadata = UNKNOWN
) -> str:
    """Return the file's text.

    Parameters
    ----------
    moment : Moment, optional
        When it is written; without it, all is shown at once.
    metadata : Metadata
        What the student's earlier uploads got.
    """
    at_once = replace(report.feedback, show_hidden="at once")
    whole = withhold(replace(report, feedback=at_once), moment) if moment else report
    seen = withhold(report, moment) if moment else report
    told = {
        "mistakes": tests_of_mistakes(shown_to_student(seen)),
        "hints": shows_hints(report, moment) if moment else True,
        "hidden_tests": shows_hidden(report, moment) if moment else True,
    }
    seen = replace(seen, notes=(*seen.notes, *_changes(seen, told, metadata)))
    start = where_to_start(seen)
    seen = shown_to_student(seen)
    extra: dict[str, Any] = {"grader_at_fault": report.grader_at_fault}
    graded: dict[str, Any] = {}
    if not report.grader_at_fault:
        hidden = VISIBILITY[report.feedback.show_hidden] if moment else "visible"
        tests = shown_to_student(whole).tests if is_graded(report) else ()
        told_in: dict[str, str] = {}  # each mistake is told in the first test that it failed
        entries = [_entry(test, hidden if test.hidden else "visible", told_in) for test in tests]
        graded = {"score": report.counted, "tests": entries}
        extra |= {"points": report.score, "final_points": report.counted}
        extra |= {"mistakes": mistakes_of(report), "told": told}  # for the next upload
    content: dict[str, Any] = {
        "output": "\n".join(line for line in _summary(seen, start) if line),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": extra,
        **graded,
    }
    return json.dumps(content, indent=2) + "\n"


def _summary(report: Report, start: str) -> list[str]:
    if not is_graded(report):
        return [report.problem]
    return [report.problem, start, f"{score_line(report)}.", *notes_of(report)]


def _changes(report: Report, told: Mapping[str, Any], metadata: Metadata) -> list[str]:
    """Return what has changed since an earlier grading, as far as the student sees it."""
    if not is_graded(report):
        return []
    lines = regraded(report, metadata.before, report.feedback.regrade_reason)
    if metadata.before and _mistakes(metadata.before).keys() != told["mistakes"].keys():
        return lines  # other tests find other mistakes, which is not the student's doing
    judged = [each for each in metadata.earlier if each.is_graded and _points(each)]
    before = judged[-1].extra.get("told") if judged else None
    # Where other things are shown than last time, mistakes come and go without the student's doing.
    if isinstance(before, dict) and told["hints"] and _comparable(before, told):
        lines.append(mistakes_gone(_mistakes(judged[-1]), shown_to_student(report)))
    return lines


def regraded(report: Report, before: Earlier | None, reason: str = "") -> list[str]:
    """Return what grading the same upload again has changed; nothing if it is the first time."""
    if before is None or not is_graded(report):
        return []
    score = before.results.get("score")
    known = float(score) if isinstance(score, (int, float)) else None
    return graded_again(report, known, _points(before), reason)


def _comparable(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return all(before.get(key) == now[key] for key in ("hints", "hidden_tests"))


def _mistakes(earlier: Earlier) -> dict[str, list[str]]:
    """Return the mistakes that an earlier grading named, with their tests."""
    told = earlier.extra.get("told")
    named = told.get("mistakes") if isinstance(told, dict) else None
    named = named if isinstance(named, dict) else {}
    return {
        str(id_): list(map(str, tests)) for id_, tests in named.items() if isinstance(tests, list)
    }


def _points(earlier: Earlier) -> dict[str, float]:
    tests = earlier.results.get("tests")
    entries = [test for test in tests if isinstance(test, dict)] if isinstance(tests, list) else []
    scores = {str(test.get("number")): test.get("score") for test in entries}
    return {id_: score for id_, score in scores.items() if isinstance(score, (int, float))}


def _entry(test: TestResult, visibility: str, told_in: dict[str, str]) -> dict[str, Any]:
    lines = lines_of(test) if test.status != PASSED else []
    for hint in test.hints:
        first = told_in.setdefault(hint.id, test.id)
        lines += lines_of_hint(hint) if first == test.id else [f"{hint.diagnosis} See {first}."]
    return {
        "score": test.points,
        "max_score": test.max_points,
        "status": "passed" if test.status == PASSED else "failed",
        "name": test.sentence,
        "number": test.id,
        "output": "\n".join(lines),
        "output_format": "text",
        "tags": [test.question, "hidden" if test.hidden else "public"],
        "visibility": visibility,
    }
