"""The catalogue tests the tests: each mistake is caught, named, told apart, and costs its worth."""

from collections.abc import Callable
from itertools import combinations, groupby
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.check import ANSWER
from grader.engine.composition import Misconception
from grader.engine.grader import Asked, Grader
from grader.engine.hints import Explainer, is_beyond_the_catalogue
from grader.engine.results import FAILED, PASSED
from grader.engine.runner import TestOutcome
from grader.misconceptions.catalogue import read_catalogue, right
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL
from tests.conftest import CONTINUOUS_INTEGRATION
from tests.course import ASSIGNMENT, FULL_MARKS, POINTS, POINTS_OF_TEST, points_of

CATALOGUE = read_catalogue()
QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}
QUESTIONS = [*POINTS]
# Through the sandbox goes every twelfth; benchmark.py sends them all.
SAMPLE = list(CATALOGUE)[::12]
# The least and the most of a question's points that are left, as shares.
LEFT = {CENTRAL: (0.0, 0.4), PARTIAL: (0.0, 0.7), CORNER: (0.8, 1.0)}


class Predicted(dict[str, dict[str, TestOutcome]]):
    """What each mistake does in the tests of its question, found out when it is asked for."""

    def __init__(self, explainer: Explainer) -> None:
        super().__init__()
        self.explainer = explainer

    def __missing__(self, id_: str) -> dict[str, TestOutcome]:
        self[id_] = self.explainer.predictions(CATALOGUE[id_])
        return self[id_]

    def of_all(self) -> dict[str, dict[str, TestOutcome]]:
        return {id_: self[id_] for id_ in CATALOGUE}


@pytest.fixture(scope="module")
def predicted(explainer: Explainer) -> Predicted:
    return Predicted(explainer)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_mistake_is_caught_named_and_told_apart(
    question: str,
    predicted: Predicted,
    explainer: Explainer,
    table: Callable[[str], None],
) -> None:
    entries = [entry for entry in CATALOGUE.values() if entry.asked_in == question]
    caught = [e for e in entries if lost(predicted[e.id])]
    named = [e for e in entries if names(e, predicted, explainer)]
    mixed_up = [
        (first.id, second.id)
        for first, second in combinations(entries, 2)
        if alike(predicted[first.id], predicted[second.id])
        != (kind(first, predicted) == kind(second, predicted))
    ]
    if question == QUESTIONS[0]:
        table("misconceptions   catalogued  caught  named by themselves  pairs mixed up")
    counts = f"{len(entries):10}{len(caught):8}{len(named):21}{len(mixed_up):16}"
    table(f"{question:<17}{counts}")
    assert [entry.id for entry in entries if entry not in caught] == []
    assert [entry.id for entry in entries if entry not in named] == []
    assert mixed_up == []


def test_a_mistake_costs_what_it_is_worth(
    predicted: Predicted, table: Callable[[str], None]
) -> None:
    cost = {
        id_: sum(POINTS_OF_TEST[test] for test, o in tests.items() if o.status != PASSED)
        for id_, tests in predicted.of_all().items()
    }

    def left(entry: Misconception) -> float:
        return 1 - cost[entry.id] / POINTS[entry.asked_in]

    def place(entry: Misconception) -> tuple[int, int]:
        return [*POINTS].index(entry.asked_in), [*LEFT].index(entry.severity)

    table(f"misconceptions            least left  most left  points lost of {FULL_MARKS:g}")
    for _, group in groupby(sorted(CATALOGUE.values(), key=place), place):
        entries = list(group)
        shares, lost = [left(e) for e in entries], sum(cost[e.id] for e in entries) / len(entries)
        kind = f"{entries[0].asked_in}  {len(entries):2} {entries[0].severity}"
        table(f"{kind:<26}{min(shares):10.0%}{max(shares):11.0%}{lost:18.2f}")
    outside = {
        entry.id: f"{entry.severity}, {left(entry):.0%} left"
        for entry in CATALOGUE.values()
        if not LEFT[entry.severity][0] - 1e-9 <= left(entry) <= LEFT[entry.severity][1] + 1e-9
    }
    assert outside == {}


def test_public_tests_are_worth_less_than_hidden_ones() -> None:
    for question in ASSIGNMENT.coding:
        assert points_of(question.id, hidden=False) < points_of(question.id, hidden=True)


def test_no_mistake_returns_what_is_said_to_be_beyond_the_catalogue(
    predicted: Predicted,
) -> None:
    outcomes = [outcome for tests in predicted.of_all().values() for outcome in tests.values()]
    assert any(seen.what == ANSWER for outcome in outcomes for seen in outcome.observations)
    observations = [seen for outcome in outcomes for seen in outcome.observations]
    assert not any(is_beyond_the_catalogue(seen) for seen in observations)


def lost(outcomes: dict[str, TestOutcome]) -> list[str]:
    return [id_ for id_, outcome in outcomes.items() if outcome.status == FAILED]


def names(entry: Misconception, predicted: Predicted, explainer: Explainer) -> bool:
    """Whether each test that fails, and no other, is explained by this very mistake."""
    hints = explainer.hints(predicted[entry.id].values())
    told = {hint.id for (hint,) in hints.values()}
    known = {kind(entry, predicted)}, {entry.general}  # an exception may say no more than that
    return set(hints) == set(lost(predicted[entry.id])) and told in known


def alike(first: dict[str, TestOutcome], second: dict[str, TestOutcome]) -> bool:
    return all(first[id_].same_as(second[id_]) for id_ in first)


def kind(entry: Misconception, predicted: Predicted) -> str:
    """Return what an entry is told as: made alone, it may be just what it has in general."""
    twin = entry.general
    same = twin in CATALOGUE and alike(predicted[entry.id], predicted[twin])
    return twin if same else entry.id


def same_as_ever(entries: list[Misconception], explainer: Explainer, variant: int) -> None:
    """Check that a variant gives the verdicts of the first one, and the right hints."""
    for entry in entries:
        first, other = (explainer.predictions(entry, each) for each in (0, variant))
        assert {id_: outcome.status for id_, outcome in first.items()} == {
            id_: outcome.status for id_, outcome in other.items()
        }, entry.id
        failed = {id_ for id_, outcome in other.items() if outcome.status == FAILED}
        hints = {id_: hint.id for id_, (hint,) in explainer.hints(other.values()).items()}
        told = (dict.fromkeys(failed, id_) for id_ in (entry.id, entry.general))
        assert hints in told, entry.id


@pytest.mark.parametrize("step", [1, pytest.param(0, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("question", QUESTIONS)
def test_other_variants_change_no_verdict_and_no_hint(
    question: str, step: int, explainer: Explainer
) -> None:
    """Two variants of each question, each with half of its mistakes; together, every variant.

    With some of the mistakes, if not on continuous integration.
    """
    entries = [entry for entry in CATALOGUE.values() if entry.asked_in == question]
    tried = entries[step::2] if CONTINUOUS_INTEGRATION else entries[:: 1 + len(entries) // 3]
    same_as_ever(tried, explainer, 2 * QUESTIONS.index(question) + step)


@pytest.mark.parametrize("id_", SAMPLE)
def test_a_mistake_that_is_handed_in_loses_points_and_is_named(
    id_: str, tmp_path: Path, grader: Grader, predicted: Predicted
) -> None:
    entry = CATALOGUE[id_]
    report = grader.grade(entry.write(tmp_path), Asked(questions=[entry.asked_in]))
    assert not report.problem
    assert report.score < report.max_score
    failed = [test for test in report.tests if test.status == FAILED]
    told = {hint.id for test in failed for hint in test.hints}
    assert all(len(test.hints) == 1 for test in failed)
    assert told in ({kind(entry, predicted)}, {entry.general})


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_base_of_the_catalogue_is_right(question: str, explainer: Explainer) -> None:
    tests = [id_ for id_ in CONTENTS.tests() if QUESTION_OF[id_] == question]
    outcomes = [explainer.predict(right(), id_, 0) for id_ in tests]
    assert {outcome.status for outcome in outcomes} == {PASSED}


def test_entries_are_sentences_that_give_no_code_away() -> None:
    for entry in CATALOGUE.values():
        for sentence in (entry.diagnosis, entry.question):
            begin = sentence.split()[0]
            assert begin[0].isupper() or not begin.isalpha() or begin == "forward", sentence
            assert sentence[-1] in ".?", sentence
            assert "torch." not in sentence and "self." not in sentence, sentence
    described = [(entry.asked_in, entry.diagnosis) for entry in CATALOGUE.values()]
    assert len(described) == len(set(described))
