"""Which of several catalogued mistakes explains a failure, and when to say nothing."""

from types import SimpleNamespace

import pytest

import grader.engine.hints
from grader.contents import CONTENTS
from grader.engine.check import ANSWER, Mark, Observation
from grader.engine.hints import Explainer, size_of
from grader.engine.old_hints import OldExplainer
from grader.engine.results import ERROR, FAILED, NOT_RUN, PASSED
from grader.engine.runner import TestOutcome
from grader.misconceptions.catalogue import read_catalogue
from tests.course import ASSIGNMENT

QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}


def mistake(id_: str, twin: str = "") -> SimpleNamespace:
    return SimpleNamespace(
        id=id_,
        indistinguishable_from=twin,
        asked_in="1c",
        diagnosis="Did.",
        question="Think?",
    )


class Knowing(OldExplainer):
    """An explainer that is told which mistake loses which test."""

    def __init__(self, losing: dict[str, set[str]], *entries: SimpleNamespace) -> None:
        super().__init__(CONTENTS, QUESTION_OF)
        self.losing = losing
        self.__dict__["_catalogue"] = {entry.id: entry for entry in entries}

    def _loses(self, entry: SimpleNamespace, id_: str, variant: int) -> bool:
        return id_ in self.losing[entry.id]

    def _agrees(self, entry: SimpleNamespace, outcomes: object) -> bool:
        return True


def outcome(id_: str, status: str) -> TestOutcome:
    seen = (Observation("the rating", (6,), id_),) if status in (PASSED, FAILED) else ()
    return TestOutcome(Mark(id_, topic=id_), "A sentence.", status, observations=seen)


def test_a_mistake_that_would_also_lose_a_test_that_passed_is_ruled_out():
    narrow, wide = mistake("narrow"), mistake("wide")
    explainer = Knowing({"narrow": {"1c-2"}, "wide": {"1c-2", "1c-3"}}, narrow, wide)
    assert explainer._only_one([narrow, wide], passed={"1c-3"}, variant=0) is narrow
    assert explainer._only_one([wide, narrow], passed={"1c-3"}, variant=0) is narrow


@pytest.mark.parametrize("passed", [set(), {"1c-3"}])
def test_two_kinds_that_both_remain_are_not_guessed_between(passed):
    first, second = mistake("first"), mistake("second")
    explainer = Knowing({"first": {"1c-2"}, "second": {"1c-2"}}, first, second)
    assert explainer._only_one([first, second], passed, variant=0) is None


def test_mistakes_declared_the_same_are_one_kind():
    first, second = mistake("first"), mistake("second", twin="first")
    explainer = Knowing({"first": {"1c-2"}, "second": {"1c-2"}}, first, second)
    assert explainer._only_one([first, second], passed=set(), variant=0) is first


def test_no_candidate_says_nothing():
    assert Knowing({})._only_one([], passed={"1c-2"}, variant=0) is None


@pytest.mark.parametrize(("status", "named"), [(PASSED, True), (NOT_RUN, False), (ERROR, False)])
def test_only_a_test_that_passed_rules_a_mistake_out(status: str, named: bool):
    explainer = Knowing(
        {"narrow": {"1c-2"}, "wide": {"1c-2", "1c-3"}}, mistake("narrow"), mistake("wide")
    )
    hints = explainer.hints([outcome("1c-2", FAILED), outcome("1c-3", status)])
    assert [hint.id for (hint,) in hints.values()] == (["narrow"] if named else [])


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
    ],
)
def test_no_mistake_is_run_for_what_none_of_them_does(said: str, monkeypatch: pytest.MonkeyPatch):
    def run(*_: object) -> None:
        raise AssertionError("a mistake was run")

    monkeypatch.setattr(Explainer, "predict", run)
    monkeypatch.setattr(OldExplainer, "_predict", run)
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
