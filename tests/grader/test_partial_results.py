"""A grading that runs out of time, or is stopped, keeps what it had judged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.engine.grader import STOPPED, TIME_IS_UP, Asked, Grader
from grader.engine.results import NOT_RUN, PASSED, Report
from tests.course import POINTS

Make = Callable[..., Path]
ENDLESS = """
import time
def reciprocal_ranks(*_):
    time.sleep(3600)
mrr_score = reciprocal_ranks
"""


def statuses(report: Report) -> list[tuple[str, str]]:
    return [(test.id, test.status) for test in report.tests]


def test_tests_that_time_does_not_allow_are_not_run_and_the_others_count(
    submission: Make, grader: Grader
) -> None:
    path = submission(mrr=ENDLESS)
    assert grader.server  # started before the clock, which begins with the grading
    report = grader.grade(path, Asked(questions=["2c", "2d"], time_limit=5))
    assert report.problem == TIME_IS_UP and not report.grader_at_fault
    judged = [test for test in report.tests if test.question == "2c"]
    late = [test for test in report.tests if test.question == "2d"]
    assert {test.status for test in judged} == {PASSED}
    assert report.score == sum(test.points for test in judged) > 0
    assert report.max_score == POINTS["2c"] + POINTS["2d"]
    assert {test.status for test in late} == {NOT_RUN}
    assert {test.message for test in late} == {"Not judged: the time for grading was up."}
    assert all(test.sentence != test.id for test in late)


SLOW = """
import time
time.sleep(0.3)
def reciprocal_ranks(*_):
    return 0
mrr_score = reciprocal_ranks
"""


def test_after_each_test_there_is_a_report_to_leave_behind(
    submission: Make, grader: Grader
) -> None:
    left: list[Report] = []
    whole = grader.grade(
        submission(loss=("return loss", "return 2 * loss")),
        Asked(questions=["2b", "2c"], on_checkpoint=left.append),
    )
    assert [sum(test.status != NOT_RUN for test in report.tests) for report in left] == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert {report.problem for report in left} == {STOPPED}
    assert {report.max_score for report in left} == {whole.max_score}
    first = left[0].tests
    assert {test.message for test in first[1:]} == {"Not judged: the grader was stopped."}
    assert statuses(left[-1]) == statuses(whole)
    assert not whole.problem


def test_ctrl_c_ends_the_grading(submission: Make, grader: Grader) -> None:
    def interrupt(report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grader.grade(submission(), Asked(questions=["2c"], on_checkpoint=interrupt))


@pytest.mark.parametrize("callback", ["on_test", "on_checkpoint"])
def test_what_a_callback_raises_is_the_graders_fault(
    submission: Make, grader: Grader, callback: str
) -> None:
    """As where the report to leave behind does not fit on the disk."""

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    report = grader.grade(submission(), Asked(questions=["2c"], **{callback: full}))
    assert report.grader_at_fault and "No space left on device" in report.fault
    assert report.exit_code == 2


def test_time_that_is_up_at_once_judges_nothing(submission: Make, grader: Grader) -> None:
    report = grader.grade(submission(), Asked(questions=["2c"], time_limit=0))
    assert report.score == 0 and report.problem == TIME_IS_UP
    assert PASSED not in {test.status for test in report.tests}
