"""A false alarm is worse than a miss: right submissions in unlike styles get full marks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from right import STYLES, THE_REFERENCE, write_right_submission

from grader.engine.grader import Grader
from tests.course import FULL_MARKS


@pytest.mark.parametrize("style", STYLES)
def test_right_submissions_get_full_marks(
    style: str,
    tmp_path: Path,
    grader: Grader,
    table: Callable[[str], None],
) -> None:
    write_right_submission(style, tmp_path)
    report = grader.grade(tmp_path)
    wrong = [(test.id, test.message, test.raised) for test in report.tests if test.message]
    if style == THE_REFERENCE:
        table("right submissions              points  false alarms")
    table(f"{style:<30}{report.score:4g} of {report.max_score:g}{len(wrong):9}")
    assert wrong == []
    assert (report.score, report.max_score, report.problem) == (FULL_MARKS, FULL_MARKS, "")


def test_the_bank_is_large_enough() -> None:
    assert len(STYLES) >= 15
