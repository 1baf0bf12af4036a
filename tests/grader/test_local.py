"""Calls of a submission in this process, where a report needs an answer to each of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine import local
from grader.engine.check import Check, Failure, Stopped
from grader.engine.feedback import compared_sentence, raised_sentence
from grader.engine.grader import Asked, Grader
from grader.engine.local import LocalCaller, LocalSubmission

LOSS = "    loss = (1 - torch"


@pytest.fixture
def failure(submission: Callable[..., Path]) -> Callable[[str], Failure]:
    """Return a function that writes lines above the loss of 2a and returns what its test finds."""

    def find(lines: str) -> Failure:
        code = LocalSubmission(submission(loss=(LOSS, lines + LOSS)) / "submission")
        check = Check(LocalCaller(CONTENTS.adapter, code.load, code.frames))
        with pytest.raises(Stopped):
            CONTENTS.tests()["2a-0"](check=check)
        return check.failures[0]

    return find


def test_an_endless_loop_is_told_with_its_line(failure, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(local.signal, "setitimer"):
        pytest.skip("Windows has no clock of processor time")
    monkeypatch.setattr(local, "CALL_SECONDS", 0.3)
    found = failure("    while True:\n        again = 1\n")
    assert compared_sentence(found).startswith(
        "The program used more than 0.3 seconds of processor time. It was at submission/loss.py, "
    )


def test_a_breakpoint_is_told_and_waits_for_nobody(failure) -> None:
    error = failure("    breakpoint()\n").error
    assert error is not None and error.frames[-1].source == "breakpoint()"
    assert "Your code calls a debugger (submission/loss.py, line" in raised_sentence(error)


def test_each_test_of_an_open_question_is_open(
    submission: Callable[..., Path], grader: Grader
) -> None:
    layers = "        layers: list[nn.Module] = []\n"
    unwritten = '        raise NotImplementedError("Question 1b is not written yet")\n'
    report = grader.grade(submission(model=(layers, unwritten + layers)), Asked(["1b"]))
    assert {test.state for test in report.tests} == {"open"}
