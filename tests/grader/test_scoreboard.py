"""The bank of foreign mistakes, and a sample of the scoreboard: ``make scoreboard`` grades all."""

from functools import partial

import pytest

from bench.scoreboard.bank import Behaviour, read_bank
from bench.scoreboard.grading import Case, grade
from bench.scoreboard.mutants import Mutant, equivalents, mutants
from bench.scoreboard.page import Record, lowered, read_record
from bench.scoreboard.score import Share, covered, is_false_alarm, score_of
from bench.scoreboard.styles import styles
from bench.scoreboard.truth import WRONG, read_accepted, read_verdicts, verdict_of
from grader.engine.grader import Grader
from grader.misconceptions.catalogue import read_catalogue
from tests.course import POINTS

BANK = read_bank()
STYLES = styles()
# Deterministic, and small: each grading takes a second or two of processor time.
SAMPLE = sorted(BANK.behaviours, key=lambda behaviour: behaviour.name)[::45]
SAMPLE_OF_STYLES = sorted(name for name in STYLES if "host" in name)


@pytest.fixture(scope="module")
def every_mutant() -> tuple[Mutant, ...]:
    return mutants()  # takes seconds


def test_the_bank_is_large_and_half_of_it_compound() -> None:
    behaviours = BANK.behaviours
    compound = [b for b in behaviours if b.compound]
    assert len(behaviours) >= 150
    assert len(compound) >= len(behaviours) / 2
    assert all(2 <= len(b.mistakes) <= 6 for b in compound)
    assert len(STYLES) >= 80


def test_every_mistake_is_in_a_question_and_its_ids_are_in_the_catalogue() -> None:
    accepted, catalogue = read_accepted(), read_catalogue()
    mistakes = [m for section in BANK.sections.values() for m in section.mistakes]
    assert {m.question for m in mistakes} == POINTS.keys()
    assert accepted.keys() == {m.key for m in mistakes}
    unknown = {id_ for ids in accepted.values() for id_ in ids} - catalogue.keys()
    assert unknown == set()


def test_a_mistake_that_raises_says_on_which_line() -> None:
    marked = [m for b in BANK.behaviours for m in b.mistakes if m.raises_on]
    assert len(marked) > 5
    for behaviour in BANK.behaviours:
        for mistake in behaviour.mistakes:
            for line in mistake.raises_on:
                assert line in behaviour.text


def test_equivalent_mutants_are_mutants(every_mutant: tuple[Mutant, ...]) -> None:
    assert equivalents().keys() <= {mutant.name for mutant in every_mutant}


@pytest.mark.parametrize("behaviour", SAMPLE, ids=lambda behaviour: behaviour.name)
def test_a_foreign_mistake_is_found_in_its_question_and_told_as_before(
    behaviour: Behaviour, grader: Grader
) -> None:
    graded = grade(grader, behaviour.name, Case(partial(BANK.write, behaviour)))
    asked = {mistake.question for mistake in behaviour.mistakes}
    assert graded.lost and set(graded.lost) <= asked
    told = {mistake.key for mistake in covered(behaviour, graded, read_accepted())}
    assert told >= {*read_record().told.get(behaviour.name, ())}
    verdicts = read_verdicts()
    assert WRONG not in {verdict_of(hint, behaviour, verdicts) for hint in graded.hints}


def test_a_sample_of_the_mutants_is_found_in_their_question(
    every_mutant: tuple[Mutant, ...], grader: Grader
) -> None:
    sample = [mutant for mutant in every_mutant if mutant.name not in equivalents()][::110]
    lost = {mutant.name: grade(grader, mutant.name, Case(mutant.write)).lost for mutant in sample}
    assert lost == {mutant.name: (mutant.asked_in,) for mutant in sample}


@pytest.mark.parametrize("name", SAMPLE_OF_STYLES)
def test_right_code_of_the_bank_loses_nothing(name: str, grader: Grader) -> None:
    assert not is_false_alarm(grade(grader, name, Case(STYLES[name])))


def test_a_lower_share_is_noticed(every_mutant: tuple[Mutant, ...], grader: Grader) -> None:
    behaviour = next(b for b in BANK.behaviours if not b.compound)
    right = grade(grader, behaviour.name, Case(STYLES[SAMPLE_OF_STYLES[0]]))
    graded = {behaviour.name: right}  # as if the mistake had cost nothing
    score = score_of(BANK.behaviours, every_mutant, {}, STYLES, graded, read_accepted(), {})
    assert score.shares["behaviours found"] == Share(0, 1)
    before = Record({"behaviours found": (9, 10), "mutants found": (0, 0)}, {})
    assert lowered(score, before) == ["behaviours found: 0 of 1, was 9 of 10"]
    assert lowered(score, Record({"behaviours found": (0, 3)}, {})) == []
