"""Two and three mistakes in one loss, or in the metric: all are named, or nothing untrue is."""

import random
import time

import pytest

from grader.contents import CONTENTS
from grader.engine.composition import Composition, Pipeline
from grader.engine.hints import Explainer
from grader.engine.variants import VARIANTS
from grader.misconceptions.catalogue import read_catalogue
from tests.course import ASSIGNMENT

QUESTION_OF = {test.id: test.question for test in ASSIGNMENT.tests}
CATALOGUE = [entry for entry in read_catalogue().values() if entry.asked_in.startswith("2")]
PIPELINE_OF = {entry.asked_in: entry.pipeline for entry in CATALOGUE}
# Question, output, mistakes, submissions, and how many of these have every mistake named at least.
SAMPLES = [
    ("2a", "", 2, 8, 5),
    ("2a", "", 3, 8, 3),
    ("2b", "", 2, 8, 6),
    ("2c", "", 2, 8, 6),
    ("2d", "ranks", 2, 4, 2),
]


def compounds(pipeline: Pipeline, topic: str, mistakes: int, count: int) -> list[Composition]:
    """Return submissions with so many mistakes each, the same ones each time."""
    chosen = [dict(each) for each in pipeline.sets(pipeline.outputs[topic], mistakes)]
    return [
        Composition(pipeline, frozenset((topic, c) for c in each.values() if c.mistake))
        for each in random.Random(mistakes).sample(chosen, count)
    ]


@pytest.mark.parametrize(("question", "topic", "mistakes", "count", "least"), SAMPLES)
def test_compound_mistakes_are_named_and_nothing_else_is(
    question: str, topic: str, mistakes: int, count: int, least: int, explainer: Explainer
) -> None:
    pipeline = PIPELINE_OF[question]
    tests = [
        id_
        for id_, test in CONTENTS.tests().items()
        if QUESTION_OF[id_] == question and test.mark.diagnostic
    ]
    named = 0
    for number, made in enumerate(compounds(pipeline, topic, mistakes, count)):
        outcomes = {id_: explainer.predict(made, id_, number % VARIANTS) for id_ in tests}
        hints = explainer.hints(outcomes.values())
        told = frozenset(hint.id for each in hints.values() for hint in each)
        named += told == made.mistakes
        true = made.mistakes | {pipeline.mistakes[mistake].general for mistake in made.mistakes}
        if not told <= true:  # then it says the same with fewer words
            choices = [choice for id_ in told for choice in pipeline.mistakes[id_].choices]
            shorter = Composition(pipeline, frozenset((topic, choice) for choice in choices))
            assert len(told) < mistakes, (made.mistakes, told)
            for id_, outcome in outcomes.items():
                assert explainer.repeat(shorter, outcome).same_as(outcome), (id_, told)
    assert named >= least


@pytest.mark.parametrize("question", ["1c", "2d"])
def test_three_mistakes_in_one_output_are_explained_in_time(question: str) -> None:
    # The two largest searches, with nothing remembered; benchmark.py has the slowest of many.
    pipeline = next(e.pipeline for e in read_catalogue().values() if e.asked_in == question)
    topic = {"1c": "rating, separate", "2d": "ranks"}[question]
    (made,) = compounds(pipeline, topic, 3, 1)
    tests = [id_ for id_ in CONTENTS.tests() if QUESTION_OF[id_] == question]
    outcomes = [Explainer(CONTENTS, QUESTION_OF).predict(made, id_, 0) for id_ in tests]
    start = time.process_time()
    Explainer(CONTENTS, QUESTION_OF).hints(outcomes)
    assert time.process_time() - start < 2.5
