"""A mistake costs its own question once, and what is right costs nothing, however slow."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fair_submissions import ENDLESS, FAIR, OWN_KIND, PAIR_BY_PAIR_SCORES, Fair

from grader.engine.cached_session import CALLS_OF_A_FILE
from grader.engine.grader import Grader
from grader.engine.results import FAILED, Report
from problem_set.assignment import Limits
from tests.course import ASSIGNMENT, POINTS

Make = Callable[..., Path]
REFERENCE = Path(__file__).parents[2] / "submission"


def handed_in(submission: Make, fair: Fair) -> Path:
    path = submission()
    for name, changes in fair.changes.items():
        file = path / "submission" / f"{name}.py"
        text = file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)
    return path


def points(report: Report) -> dict[str, float]:
    return {question.id: question.points for question in report.questions}


def lost(report: Report) -> set[str]:
    """Return the questions that lost points."""
    return {question for question, scored in points(report).items() if scored < POINTS[question]}


def failed(report: Report) -> list[tuple[str, str, str]]:
    return [(t.id, t.message, t.raised) for t in report.tests if t.status == FAILED]


@pytest.mark.parametrize("name", FAIR)
def test_a_submission_loses_what_its_mistake_is_about(
    name: str, submission: Make, grader: Grader
) -> None:
    fair = FAIR[name]
    report = grader.grade(handed_in(submission, fair))
    assert report.problem == ""
    assert lost(report) == fair.loses, failed(report)
    if fair.same_as:
        other = grader.grade(handed_in(submission, FAIR[fair.same_as]))
        assert points(report) == points(other)


def test_an_exception_that_only_the_references_parts_raise_is_not_reported(
    submission: Make, grader: Grader
) -> None:
    report = grader.grade(handed_in(submission, OWN_KIND))
    assert lost(report) == OWN_KIND.loses, failed(report)
    raised = {test.raised.split(":")[0] for test in report.tests} - {""}
    assert raised == {"Mismatch"}


def test_an_endless_loop_in_one_file_costs_nothing_in_another(
    submission: Make, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(grader.assignment, grading=Limits(timeout=2))
    monkeypatch.setattr(grader, "assignment", quick)
    report = grader.grade(handed_in(submission, ENDLESS))
    assert lost(report) == ENDLESS.loses, failed(report)
    (late, *_) = [test for test in report.tests if test.question == "2c"]
    assert "processor time" in late.message and "submission/loss.py" in late.message


@pytest.mark.parametrize("file", ["model.py", "mrr.py"])
def test_the_limit_stands_where_students_read_it(file: str) -> None:
    text = " ".join((REFERENCE / file).read_text().split('"""')[1].split())
    limit = f"one call in a test may take {ASSIGNMENT.grading.timeout:g} seconds of processor time"
    assert limit in text
    assert CALLS_OF_A_FILE == 2 and "twice that" in text


def test_a_loop_over_pairs_takes_a_small_part_of_the_time_it_may(
    submission: Make, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right loop keeps its points on a machine that is three times as slow."""
    third = replace(grader.assignment, grading=Limits(grader.assignment.grading.timeout / 3))
    monkeypatch.setattr(grader, "assignment", third)
    both = (*FAIR["a loop over pairs"].changes["model"], PAIR_BY_PAIR_SCORES)
    report = grader.grade(handed_in(submission, Fair({"model": both})))
    assert lost(report) == set(), failed(report)
