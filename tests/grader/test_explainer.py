"""What the explainer remembers, and when it looks for no mistake at all."""

import pytest

import grader.engine.hints
from grader.contents import CONTENTS
from grader.engine.check import ANSWER, Observation
from grader.engine.hints import Explainer, size_of
from grader.engine.results import FAILED
from grader.engine.runner import TestOutcome
from grader.misconceptions.catalogue import read_catalogue
from tests.course import ASSIGNMENT

QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}


def test_predictions_beyond_a_bound_are_forgotten_and_found_out_again(
    monkeypatch: pytest.MonkeyPatch,
):
    entries = [entry for entry in read_catalogue().values() if entry.asked_in == "2b"]
    outcomes = [Explainer(CONTENTS, QUESTION_OF).predictions(entry, 3) for entry in entries]
    room = 1000
    monkeypatch.setattr(grader.engine.hints, "ROOM", room)
    explainer = Explainer(CONTENTS, QUESTION_OF)
    for entry, predicted in zip(entries, outcomes):
        named = {hint.id for (hint,) in explainer.hints(predicted.values()).values()}
        assert named == {entry.id}
    kept = [size_of(outcome) for outcome in explainer._predicted.values()]
    assert sum(kept) <= room
    assert len(kept) < sum(map(len, outcomes))


@pytest.mark.parametrize(
    "said",
    [
        "NotImplementedError: Question 1c is not written yet",
        "ModuleNotFoundError: No module named 'submission.model'",
        "SyntaxError: invalid syntax",
        "timeout",
        "AttributeError: module 'submission.loss' has no attribute 'bpr_loss'",
        "TypeError: cannot unpack non-iterable NoneType object",
    ],
)
def test_no_mistake_is_run_for_what_none_of_them_does(said: str, monkeypatch: pytest.MonkeyPatch):
    def run(*_: object) -> None:
        raise AssertionError("a mistake was run")

    monkeypatch.setattr(Explainer, "predict", run)
    tests = [test for test in CONTENTS.tests().values() if test.mark.id.startswith("2a")]
    raised = Observation(ANSWER, said, failed=True)
    failed = [
        TestOutcome(test.mark, "A sentence.", FAILED, observations=(raised,)) for test in tests
    ]
    one_of_two = TestOutcome(
        tests[0].mark, "A sentence.", FAILED, observations=(Observation("the loss", ()), raised)
    )
    assert Explainer(CONTENTS, QUESTION_OF).hints(failed) == {}
    assert Explainer(CONTENTS, QUESTION_OF).hints([one_of_two]) == {}
