"""What explains a failure must fit everywhere; what fits nothing is not explained."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.composition import Composition
from grader.engine.grader import Asked, Grader
from grader.engine.hints import Explainer
from grader.engine.reports import write_report
from grader.engine.results import Report
from grader.misconceptions import forward
from tests.course import POINTS

Make = Callable[..., Path]


@pytest.fixture
def graded(grader: Grader) -> Callable[..., Report]:
    def run(path: Path, *questions: str) -> Report:
        return grader.grade(path, Asked(questions=questions))

    return run


def hints(report: Report) -> dict[str, str]:
    return {test.id: hint.id for test in report.tests for hint in test.hints}


def test_a_mistake_is_named_in_another_style(submission: Make, graded) -> None:
    one_by_one = """
import torch
def bpr_loss(p, n):
    total = 0.0
    for k in range(len(p)):
        total = total + torch.log(1 + torch.exp(n[k] - p[k]))
    return total / len(p)
"""
    found = hints(graded(submission(loss=one_by_one), "2a"))
    assert found == dict.fromkeys(("2a-0", "2a-1", "2a-2"), "log-sigmoid")


def test_two_mistakes_in_unlike_places_are_both_named(submission: Make, graded) -> None:
    path = submission(model=("torch.cat([u, q, u * q], dim=1)", "torch.cat([q, u, u * q], dim=1)"))
    source = path / "submission" / "model.py"
    text = source.read_text().replace(".sum(dim=1) + a + b", ".sum(dim=1) + a")
    source.write_text(text)
    found = hints(graded(path, "1c"))
    assert {found[f"1c-{k}"] for k in (1, 3, 6, 8)} == {"movie-first"}
    assert {found[f"1c-{k}"] for k in (0, 2, 5, 7)} == {"movie-bias-missing"}


def test_a_mistake_in_one_of_two_methods_is_named_there(submission: Make, graded) -> None:
    shared = "score = self._rating(u, q)"
    report = graded(submission(model=(shared, shared.replace("u, q", "q, u"))), "1c")
    assert hints(report) == dict.fromkeys(("1c-1", "1c-6", "1c-12"), "movie-first")
    assert {hint.diagnosis for test in report.tests for hint in test.hints} == {
        "With sharing: The MLP's input is in the order [q, u, u * q]."
    }


def test_a_mistake_in_one_of_two_predictions_is_said_to_be_there(explainer: Explainer) -> None:
    pipeline = forward.PIPELINE
    (choice,) = pipeline.mistakes["first-user-for-all"].choices
    tests = [id_ for id_ in CONTENTS.tests() if id_.startswith("1c")]
    said = {
        "In the interaction: All pairs": ["interaction, shared", "interaction, separate"],
        "In the rating without sharing: All pairs": ["rating, separate"],
        # What holds of three of four is worded without them.
        "All pairs": ["interaction, shared", "interaction, separate", "rating, separate"],
    }
    for begin, topics in said.items():
        made = Composition(pipeline, frozenset((topic, choice) for topic in topics))
        told = explainer.hints(explainer.predict(made, id_, 0) for id_ in tests)
        (diagnosis,) = {hint.diagnosis for each in told.values() for hint in each}
        assert diagnosis == f"{begin} of the batch get its first user."


def test_a_mistake_is_named_beside_one_in_the_layers_that_it_uses(submission: Make, graded) -> None:
    # Tests that passed with these layers have other numbers than with right ones.
    path = submission(model=("nn.ReLU()]", "nn.Sigmoid()]"))
    source = path / "submission" / "model.py"
    text = source.read_text()
    assert "u * q], dim=1)).squeeze(1)" in text
    source.write_text(text.replace("dim=1)).squeeze(1)", "dim=1)).squeeze(1).sigmoid()"))
    report = graded(path, "1b", "1c")
    failed = {test.id for test in report.tests if test.status == "failed"}
    assert hints(report) == {
        id_: "sigmoid-between" if id_.startswith("1b") else "sigmoid-on-the-rating"
        for id_ in failed
    }
    assert {id_[:2] for id_ in failed} == {"1b", "1c"}


def test_what_no_entry_explains_is_left_alone(submission: Make, graded) -> None:
    report = graded(submission(loss=("** 2).mean()", "** 2).mean() * 1.37 + 0.2")), "2b")
    assert report.score < 1
    assert hints(report) == {}


def test_agreeing_on_some_inputs_only_explains_nothing(submission: Make, graded) -> None:
    # The root where the batch is small, half of the square elsewhere.
    odd = """
def regression_loss(observed, predicted):
    e = ((observed - predicted) ** 2).mean()
    return e.sqrt() if len(observed) == 6 else e / 2
"""
    assert hints(graded(submission(loss=odd), "2b")) == {}


def test_of_an_exception_that_many_mistakes_end_in_only_what_they_share_is_told(
    submission: Make, graded
) -> None:
    # The biases look each other's ids up: "index out of range", as with ids that are shifted.
    path = submission(model=("b = self.B(item_ids)", "b = self.B(user_ids)"))
    source = path / "submission" / "model.py"
    source.write_text(source.read_text().replace("a = self.A(user_ids)", "a = self.A(item_ids)"))
    report = graded(path, "1c")
    assert "IndexError" in {test.raised.split(":")[0] for test in report.tests}
    assert set(hints(report).values()) == {"ids-of-another-table"}


def test_what_would_have_lost_another_test_of_the_same_net_is_no_explanation(
    submission: Make, graded
) -> None:
    # The spread at the start is that of tables with rows and columns exchanged; they are not.
    path = submission(model=("1.0 / self.embedding_dim", "1.0 / self.num_embeddings"))
    report = graded(path, "1a")
    assert [test.id for test in report.tests if test.status == "failed"] == ["1a-3"]
    assert hints(report) == {"1a-3": "spread-by-rows"}


def test_layers_of_one_number_are_not_said_to_start_at_zero(submission: Make, graded) -> None:
    constant = """

def _constant(init):
    def made(self, layer_sizes):
        layers = init(self, layer_sizes)
        for layer in layers:
            if isinstance(layer, nn.Linear):
                nn.init.constant_(layer.weight, 0.3)
        return layers
    return made


MultiTaskNet.init_mlp_layers = _constant(MultiTaskNet.init_mlp_layers)
"""
    path = submission()
    source = path / "submission" / "model.py"
    source.write_text(source.read_text() + constant)
    assert set(hints(graded(path, "1b")).values()) == {"constant-layers"}


def test_biases_of_one_lose_one_test_and_are_not_said_to_differ(submission: Make, graded) -> None:
    ones = """

def _ones(init):
    def made(self, *sizes):
        tables = init(self, *sizes)
        for table in tables:
            nn.init.ones_(table.weight)
        return tables
    return made


MultiTaskNet.init_user_and_item_bias = _ones(MultiTaskNet.init_user_and_item_bias)
"""
    path = submission()
    source = path / "submission" / "model.py"
    source.write_text(source.read_text() + ones)
    report = graded(path, "1a")
    failed = [test for test in report.tests if test.status == "failed"]
    assert [test.id for test in failed] == ["1a-4"]
    assert failed[0].message == "The start of A is not zero, but one number for all."
    assert hints(report) == {"1a-4": "biases-of-one"}


def test_a_right_submission_never_loads_the_catalogue(submission: Make, grader: Grader) -> None:
    fresh = Grader(CONTENTS, sandbox=grader.server)
    report = fresh.grade(submission(), Asked(questions=["2a", "2b"]))
    assert report.score == report.max_score == POINTS["2a"] + POINTS["2b"]
    assert "_catalogue" not in vars(fresh.explainer)


@pytest.mark.parametrize("wrong", [False, True])
def test_grading_again_gives_the_same_report_but_for_times(
    submission: Make, graded, wrong: bool
) -> None:
    files = {"loss": ("1 - torch.sigmoid", "torch.sigmoid")} if wrong else {}
    path = submission(**files)

    def timeless() -> str:
        content = json.loads(write_report(graded(path), "json"))
        content |= {"seconds": 0, "cpu": 0, "memory": 0, "graded_at": ""}
        for question in content["questions"]:
            for test in question["tests"]:
                test["seconds"] = 0
        return json.dumps(content)

    assert len({timeless() for _ in range(3)}) == 1
