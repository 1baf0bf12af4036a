"""The calls of a question run in one process, as long as that makes no difference."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.contents import CONTENTS
from grader.engine import calls
from grader.engine.grader import Asked, Grader
from grader.engine.results import Report
from grader.engine.runner import calls_of
from grader.engine.sandbox import Session

REPOSITORY = Path(__file__).resolve().parents[2]
# The value is right in one place, where a test can put other code.
MEAN = "loss = (1 - torch.sigmoid(positive_predictions - negative_predictions)).mean()"


# An answer that could be one.
ONE = {"value": {}, "printed": ""}


@pytest.fixture
def requests(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests that sessions run from now on, one for each process."""
    assert grader.isolated  # and has sent the requests that find this out
    seen: list[dict[str, Any]] = []
    run = Session.run

    def watched(session: Session, program: dict[str, Any], *rest: Any, **options: Any) -> Any:
        seen.append(program)
        return run(session, program, *rest, **options)

    monkeypatch.setattr(Session, "run", watched)
    return seen


def bpr_with(code: str) -> tuple[str, str]:
    """Return how to put code before the value of ``bpr_loss``, where ``CALLS`` counts."""
    return MEAN, f"CALLS.append(0)\n    {code}\n    {MEAN}"


def grade(grader: Grader, folder: Path) -> Report:
    """Return the report of question 2a, with ``CALLS`` in ``loss.py``."""
    loss = folder / "submission" / "loss.py"
    loss.write_text(loss.read_text().replace("import torch\n", "import torch\n\nCALLS = []\n", 1))
    return grader.grade(folder, Asked(questions=["2a"]))


def test_a_right_submission_takes_a_process_for_each_question(
    grader: Grader, requests: list[dict[str, Any]]
) -> None:
    report = grader.grade(REPOSITORY)
    assert report.score == report.max_score
    together = [request for request in requests if "requests" in request]
    assert len(together) == len(report.questions)
    # What a test calls only after it has an answer.
    assert len(requests) - len(together) <= 3
    assert sum(len(request["requests"]) for request in together) > 90


def test_what_one_call_leaves_for_the_next_costs_no_points(
    grader: Grader, submission: Callable[..., Path], requests: list[dict[str, Any]]
) -> None:
    code = "positive_predictions = positive_predictions * (1 if len(CALLS) == 1 else 2)"
    report = grade(grader, submission(loss=bpr_with(code)))
    assert report.score == report.max_score
    assert [request["function"] for request in requests if "function" in request].count("loss") > 1


@pytest.mark.parametrize(
    "code",
    [
        "import os; len(CALLS) > 1 and os._exit(0)",
        "while len(CALLS) > 1: pass",
        "import os; len(CALLS) > 1 and os.write(1, b'!')",
    ],
    ids=["exits", "hangs", "prints past Python"],
)
def test_what_ends_the_common_process_is_judged_alone(
    grader: Grader, submission: Callable[..., Path], code: str
) -> None:
    report = grade(grader, submission(loss=bpr_with(code)))
    assert report.score == report.max_score


def test_a_wrong_submission_takes_one_process_more(
    grader: Grader, submission: Callable[..., Path], requests: list[dict[str, Any]]
) -> None:
    report = grade(grader, submission(loss=bpr_with("return 2 * positive_predictions.mean()")))
    assert report.score < report.max_score
    first, second = (request["requests"] for request in requests if "requests" in request)
    functions = [[request["function"] for request in each] for each in (first, second)]
    assert functions[1] == functions[0][::-1]
    # What a test calls only after it has a wrong answer.
    assert len(requests) - 2 <= 4


def test_what_calls_print_together_is_told_by_test(
    grader: Grader, submission: Callable[..., Path], requests: list[dict[str, Any]]
) -> None:
    report = grade(grader, submission(loss=bpr_with("print(len(positive_predictions), CALLS[0])")))
    assert len(requests) == 1
    printed = {test.id: test.printed for question in report.questions for test in question.tests}
    assert printed["2a-2"] == "5 0\n1 0\n8 0\n4 0\n"
    assert printed["2a-3"] == "5 0\n"


def test_a_call_that_raises_leaves_the_answers_of_the_others(
    grader: Grader, submission: Callable[..., Path], requests: list[dict[str, Any]]
) -> None:
    code = "if len(positive_predictions) == 1: raise KeyError('CALLS')"
    report = grade(grader, submission(loss=bpr_with(code)))
    failed = [test for question in report.questions for test in question.tests if test.points == 0]
    assert [test.id for test in failed] == ["2a-2"]
    assert "KeyError: 'CALLS'" in failed[0].raised
    alone = [request for request in requests if "function" in request]
    assert [request["function"] for request in alone] == ["loss"]  # the one that raised


def test_hidden_inputs_stay_here_where_hidden_tests_are_left_out(
    grader: Grader, requests: list[dict[str, Any]]
) -> None:
    grader.grade(REPOSITORY, Asked(questions=["2a"], public_only=True))
    public = [test.id for test in grader.assignment.tests if not test.hidden]
    wanted = [
        call for id_ in public if id_.startswith("2a") for call in calls_of(grader.tests[id_])
    ]
    assert [len(request["requests"]) for request in requests] == [len(wanted)]


def test_answers_come_apart_as_they_were_asked_for() -> None:
    asked = [("double", {"x": np.arange(3.0)}), ("fail", {}), ("double", {"x": np.float32(2)})]
    request, arrays = calls.together([calls.request(*call) for call in asked])

    class Adapter:
        @staticmethod
        def double(submission: calls.Submission, x: np.ndarray) -> dict[str, Any]:
            return {"twice": 2 * x, "given": x}

        @staticmethod
        def fail(submission: calls.Submission) -> None:
            raise ValueError

    answers = calls.answer_all(Adapter, request["requests"], arrays, {}.__getitem__)  # type: ignore[arg-type]
    first, second, third = calls.apart(*answers, len(asked))
    assert first is not None and third is not None and second is None
    assert _numbers(first, "twice").tolist() == [0, 2, 4]
    assert _numbers(third, "given") == 2


def _numbers(answer: tuple[dict[str, Any], dict[str, np.ndarray], str], key: str) -> np.ndarray:
    return answer[1][answer[0]["values"][key]["array"]]


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ({}, []),
        ({"0": [], "1": {"value": []}}, ["0", "1/0"]),
        ({"7": ONE, "-1": ONE}, ["7/0", "-1/0", "x/0", "/"]),
        ({"0": {**ONE, "printed": 1}, "1": {**ONE, "value": None}}, []),
    ],
)
def test_answers_that_nobody_asked_for_are_none(
    answers: Mapping[str, Any], names: list[str]
) -> None:
    arrays = {name: np.zeros(1) for name in names}
    assert calls.apart(answers, arrays, 2) == [None, None]


def test_every_test_says_what_it_calls_before_it_has_an_answer() -> None:
    assert [id_ for id_, test in CONTENTS.tests().items() if not calls_of(test)] == []
