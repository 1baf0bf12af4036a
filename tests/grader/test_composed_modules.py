"""Of a submission with several mistakes in 1a or 1b, those that show are named, and no other."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from grader.contents import CONTENTS
from grader.engine.composition import Choice, Composition, Pipeline
from grader.engine.grader import Asked, Grader
from grader.engine.hints import Explainer
from grader.engine.results import FAILED
from grader.misconceptions import dense, tables

Make = Callable[..., Path]


def drawn(pipeline: Pipeline, size: int, random: Random) -> Composition:
    """Return a submission with so many mistakes, each in one output and in a part of its own."""
    singles = pipeline.single_choices()
    picked: dict[tuple[str, str], Choice] = {}
    while len(picked) < size:
        topic, choice = random.choice(singles)
        picked.setdefault((topic, choice.part), choice)
    return Composition(pipeline, frozenset((topic, c) for (topic, _), c in picked.items()))


@pytest.mark.parametrize("pipeline", [tables.PIPELINE, dense.PIPELINE], ids=["1a", "1b"])
@pytest.mark.parametrize("size", [2, 3])
def test_of_several_mistakes_none_is_told_that_was_not_made(
    pipeline: Pipeline, size: int, explainer: Explainer
) -> None:
    random = Random(size)
    for _ in range(4):
        composition = drawn(pipeline, size, random)
        ids = [id_ for id_ in CONTENTS.tests() if id_.startswith(pipeline.question)]
        outcomes = [explainer.predict(composition, id_, 0) for id_ in ids]
        assert any(outcome.status == FAILED for outcome in outcomes)
        told = {h.id for hints in explainer.hints(outcomes).values() for h in hints}
        general = {pipeline.mistakes[id_].general for id_ in composition.mistakes}
        assert told and told <= composition.mistakes | general


def test_a_mistake_in_one_table_is_told_of_that_table(submission: Make, grader: Grader) -> None:
    path = submission(model=("B = ZeroEmbedding(num_items, 1)", "B = ZeroEmbedding(num_users, 1)"))
    report = grader.grade(path, Asked(questions=["1a"]))
    hints = {hint for test in report.tests for hint in test.hints}
    assert {hint.diagnosis for hint in hints} == {
        "The number of rows in B, as returned, is the other side's, users or movies."
    }


def test_an_exception_in_one_method_hides_no_mistake_in_another(
    submission: Make, grader: Grader
) -> None:
    path = submission(model=("U_fact = ScaledEmbedding(num_users,", "U_fact = ScaledEmbedding(n,"))
    source = path / "submission" / "model.py"
    shared = "U = ScaledEmbedding(num_users, embedding_dim)"
    text = source.read_text().replace(shared, "U = nn.Embedding(num_users, embedding_dim)", 1)
    source.write_text(text)
    report = grader.grade(path, Asked(questions=["1a"]))
    first, start = (next(t for t in report.tests if t.id == id_) for id_ in ("1a-0", "1a-3"))
    assert first.raised.startswith("NameError: name 'n' is not defined")
    assert [hint.diagnosis for hint in start.hints] == [
        "The spread at the start is 1 in U, which is the default of nn.Embedding."
    ]
