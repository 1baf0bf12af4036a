"""Your code, question by question: each public test is one item, named by what should be true."""

from collections.abc import Callable

import pytest

from grader.engine.progress import Standing
from grader.engine.reports.wording import lines_of
from grader.engine.results import FAILED, NOT_IMPORTED, NOT_WRITTEN, PASSED, Report
from grader.engine.runner import present_tests
from problem_set.assignment import read_assignment

SENTENCES = {id_: " ".join(test.__doc__.split()) for id_, test in present_tests().items()}
PUBLIC = [test for test in read_assignment().tests if not test.hidden]


@pytest.mark.parametrize("test", PUBLIC, ids=lambda test: f"{test.id}: {SENTENCES[test.id]}")
def test_question(
    test,
    report: Report,
    stand: dict[str, Standing],
    note: Callable[[Standing], None],
    told: set[str],
) -> None:
    note(stand[test.question])
    (result,) = (result for result in report.tests if result.id == test.id)
    if result.status == PASSED:
        return
    if result.cause == NOT_IMPORTED and result.message in told:
        pytest.skip(result.message)
    told.add(result.message)
    if result.status == FAILED and result.cause != NOT_WRITTEN:
        pytest.fail("\n".join(lines_of(result)), pytrace=False)
    pytest.skip(result.message)
