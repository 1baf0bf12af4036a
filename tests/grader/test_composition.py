"""Several mistakes at once: exactly those are named, or what is certain of them, or nothing."""

import contextlib
import random
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from grader.contents import CONTENTS
from grader.engine.check import ANSWER, Mark, Observation
from grader.engine.composition import (
    RANDOM,
    Choice,
    Composition,
    Output,
    Pipeline,
    Values,
    each,
    wrong,
)
from grader.engine.hints import Explainer, Explanation
from grader.engine.results import FAILED, PASSED
from grader.engine.runner import TestOutcome
from grader.misconceptions import catalogue
from tests.course import ASSIGNMENT

QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}
PIPELINES = {pipeline.question: pipeline for pipeline in catalogue.PIPELINES}

# Two outputs over the same parts; the second one takes its sum from another part.
TOY = Pipeline(
    "toy",
    "toy",
    Output("left(x)", "end", "left", observed=("wide", "left"), given=lambda x: {"x": x}),
    Output(
        "right(x)",
        "end",
        "right",
        {"total": "largest"},
        observed=("wide", "right"),
        given=lambda x: {"x": x},
    ),
)


@TOY.part
class numbers:
    """Why?"""

    def right(x):
        return x

    def first_left_out(x):
        """It left out the first."""
        return x[1:]

    @wrong(general="some-left-out")
    def last_left_out(x):
        """It left out the last."""
        return x[:-1]

    @wrong(general="some-left-out")
    def two_kept(x):
        """It kept two.
        What of the others?"""
        return x[:2]

    def turned(x):
        """It turned the signs."""
        return -x

    def no_numbers(x):
        """It had none."""
        raise ValueError("no numbers")


TOY.claim("some-left-out", "Not all of it was read.", "How much is there?")


@TOY.part
def total(numbers):
    return numbers.sum()


@TOY.part
def largest(numbers):
    return numbers.max()


@TOY.part
class end:
    def right(total):
        return total

    @wrong("central")
    @each("factor", doubled=2, tripled=3)
    def times(total, factor):
        """It is {factor} times as large.

        Does the size of the end depend
        on {factor}?
        """
        return factor * total

    @wrong("corner case")
    def cut_at_nine(total):
        """It was cut.
        Why?"""
        return min(total, 9)

    def never_negative(total):
        """It was cut at zero.
        Why?"""
        return max(total, 0)


# What the tests of the toy ask for: of ``narrow``, the last two numbers are all but two.
GIVEN = {"wide": np.array([1.0, 2.0, 5.0, 3.0]), "narrow": np.array([4.0, 7.0, 2.0])}


class ToyExplainer:
    """Runs the toy's tests: each looks at both outputs, which one call computes."""

    def predict(self, composition: Composition, id_: str, variant: int = 0) -> TestOutcome:
        seen: list[Observation] = []
        for topic, output in TOY.outputs.items():
            right = Values(TOY, output, {"x": GIVEN[id_]}).of(TOY.completed(output, {})).value
            found = Values(TOY, output, {"x": GIVEN[id_]}).of(composition.of(topic))
            if found.raised:
                said = f"{found.raised}: it did"
                both = [Observation(ANSWER, said, each, 1, True) for each in TOY.outputs]
                return outcome(id_, both)
            value = np.asarray(found.value)
            seen.append(Observation(topic, value, topic, 1, bool(value != right)))
        return outcome(id_, seen)

    def repeat(self, composition: Composition, seen: TestOutcome) -> TestOutcome:
        return self.predict(composition, seen.mark.id)

    def attempt(self, composition: Composition, seen: TestOutcome) -> SimpleNamespace:
        ran = self.predict(composition, seen.mark.id)
        asked = [("f", {"x": GIVEN[seen.mark.id]})]
        return SimpleNamespace(asked=asked, observations=ran.observations)

    def undisturbed(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext()


def outcome(id_: str, seen: Iterable[Observation]) -> TestOutcome:
    observations = tuple(seen)
    status = FAILED if any(each.failed for each in observations) else PASSED
    return TestOutcome(Mark(id_, "both"), "A sentence.", status, observations=observations)


def made(*mistakes: tuple[str, str]) -> Composition:
    """Return the toy with these mistakes, each in one output."""
    return Composition(
        TOY, frozenset((topic, TOY.mistakes[id_].choices[0]) for topic, id_ in mistakes)
    )


def named(composition: Composition, *tests: str) -> dict[str, set[str]]:
    ran = {id_: ToyExplainer().predict(composition, id_) for id_ in tests or GIVEN}
    explainer: Any = ToyExplainer()
    hints = Explanation(explainer, TOY, ran).hints()
    return {id_: {hint.id for hint in told} for id_, told in hints.items()}


def test_two_mistakes_in_one_output_are_both_named() -> None:
    assert named(made(("left", "first-left-out"), ("left", "doubled"))) == {
        "wide": {"first-left-out", "doubled"},
        "narrow": {"first-left-out", "doubled"},
    }


def test_a_mistake_is_named_where_it_was_made_and_beside_another_ones_mistake() -> None:
    found = named(made(("left", "doubled"), ("right", "first-left-out")))
    # The largest number of ``wide`` and of ``narrow`` is not the first: nothing is wrong there.
    assert found == {"wide": {"doubled"}, "narrow": {"doubled"}}


def test_one_function_stands_for_several_mistakes() -> None:
    entries = [TOY.mistakes[id_] for id_ in ("doubled", "tripled")]
    assert [(entry.severity, entry.diagnosis) for entry in entries] == [
        ("central", "It is 2 times as large."),
        ("central", "It is 3 times as large."),
    ]
    assert entries[1].question == "Does the size of the end depend on 3?"
    found = named(made(("left", "tripled"), ("right", "doubled")))
    assert found == {"wide": {"tripled", "doubled"}, "narrow": {"tripled", "doubled"}}


def test_a_docstring_of_one_line_has_the_question_of_its_class() -> None:
    questions = [TOY.mistakes[id_].question for id_ in ("two-kept", "last-left-out")]
    assert questions == ["What of the others?", "Why?"]


def test_a_test_carries_only_the_mistakes_that_it_shows() -> None:
    # Without its last number, ``wide`` sums to 8; ``narrow`` is cut with that number and without.
    found = named(made(("left", "last-left-out"), ("left", "cut-at-nine")))
    assert found == {"wide": {"last-left-out"}, "narrow": {"cut-at-nine"}}


def test_on_a_tie_what_all_have_in_common_is_said() -> None:
    # Of ``narrow`` without the last number, two are left.
    assert named(made(("left", "two-kept")), "narrow") == {"narrow": {"some-left-out"}}
    assert named(made(("left", "two-kept"))) == {"wide": {"two-kept"}, "narrow": {"two-kept"}}


def test_an_exception_is_named_if_one_mistake_alone_ends_in_it() -> None:
    found = named(made(("left", "no-numbers")))
    assert found == {"wide": {"no-numbers"}, "narrow": {"no-numbers"}}


def test_what_no_choices_return_is_not_explained() -> None:
    odd = [Observation("left", np.asarray(1234.5), "left", 1, True)]
    right = [Observation("right", np.asarray(5.0), "right", 1)]
    explainer: Any = ToyExplainer()
    assert Explanation(explainer, TOY, {"wide": outcome("wide", odd + right)}).hints() == {}


def test_a_mistake_stays_named_where_the_rest_did_not_run() -> None:
    assert named(made(("left", "doubled")), "wide") == {"wide": {"doubled"}}


def test_each_way_to_compute_a_value_is_reached_once() -> None:
    tensors = (torch.tensor([3.0, 5.0, 1.0]), torch.tensor([2.5, 4.0, 4.0]))
    given = dict(zip(("observed", "predicted"), tensors))
    for pipeline, start in ((TOY, {"x": GIVEN["wide"]}), (PIPELINES["2b"], given)):
        for output in pipeline.outputs.values():
            for size in (0, 1, 2):
                expected = {
                    frozenset(c for c in chosen.values() if c.mistake): Values(
                        pipeline, output, start
                    ).of(chosen)
                    for chosen in pipeline.sets(output, size)
                }
                reached = Values(pipeline, output, start).reached(size)
                found = [
                    (frozenset(chosen.values()), each.values[0])
                    for each in reached
                    for chosen in each.sets()
                ]
                assert len(found) == len(expected) and dict(found).keys() == expected.keys()
                for chosen, computed in found:
                    assert computed.raised == expected[chosen].raised
                    np.testing.assert_array_equal(computed.value, expected[chosen].value)


def test_numbers_that_two_ways_lead_to_are_computed_with_once() -> None:
    counted = Pipeline("toy", "toy", Output("f(x)", "end"))
    calls: list[np.ndarray] = []

    @counted.part
    class numbers:
        """Why?"""

        def right(x):
            return x + 1

        def the_other_way_round(x):
            """It is the other way round."""
            return 1 + x

        def other_ones_each_time(x):
            """They are random."""
            return random.random() + x

    @counted.part
    def end(numbers):
        calls.append(numbers)
        return numbers.sum()

    (output,) = counted.outputs.values()
    values = Values(counted, output, {"x": GIVEN["wide"]})
    values.reached(0)
    assert len(calls) == 2  # the second time, to see whether the result is the same
    one, other = values.reached(1)
    assert len(calls) == 2
    assert [computed.raised for each in (one, other) for computed in each.values] == ["", RANDOM]


def test_what_cancels_to_one_number_is_not_explained_by_several_mistakes() -> None:
    assert named(made(("left", "turned"), ("left", "never-negative"))) == {}
    alone = named(made(("left", "cut-at-nine")))
    assert alone == {"wide": {"cut-at-nine"}, "narrow": {"cut-at-nine"}}


def some_sets(question: str, size: int, count: int) -> list[frozenset[tuple[str, Choice]]]:
    """Return sets of so many mistakes, in one output each, or spread over several."""
    pipeline, draw = PIPELINES[question], random.Random(f"{question} {size}")
    single = pipeline.single_choices()
    found: list[frozenset[tuple[str, Choice]]] = []
    while len(found) < count:
        several = draw.sample(single, size)
        if len({(topic, choice.part) for topic, choice in several}) == size:
            found.append(frozenset(several))
    return found


@pytest.mark.parametrize("question", ["1c", "1d", "2b"])
def test_of_several_mistakes_none_is_named_that_was_not_made(
    question: str, explainer: Explainer
) -> None:
    pipeline = PIPELINES[question]
    complete = judged = 0
    sets = some_sets(question, 2, 4) + some_sets(question, 3, 2)
    for choices in sets:
        composition = Composition(pipeline, choices)
        tests = [i for i, of in QUESTION_OF.items() if of == question and i in CONTENTS.tests()]
        outcomes = [explainer.predict(composition, id_, 0) for id_ in tests]
        if any(seen.what == ANSWER for each in outcomes for seen in each.observations):
            continue  # several mistakes may end in the exception that one of others ends in
        hints = explainer.hints(outcomes)
        told = {hint.id for each in hints.values() for hint in each}
        true = composition.mistakes | {pipeline.mistakes[m].general for m in composition.mistakes}
        assert told <= true, (sorted(composition.mistakes), sorted(told))
        judged += 1
        complete += composition.mistakes <= told
    assert complete >= judged / 3 and complete > 0
