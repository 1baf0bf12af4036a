"""Epoch 0: right code has the known values, and wrong code is pointed at the right question."""

from dataclasses import replace

import pytest

from experiments.data.ratings import Split, split_ratings
from experiments.engine.events import AlreadyComplete, EpochFinished, Resumed
from experiments.engine.store import MadeBy, RunRecord
from experiments.first_epoch import KNOWN, FirstEpochs, explain_difference, known_values
from experiments.run import COURSE_RUNS, METRICS, SEPARATE_99, SHARED_50, SHARED_99, Run
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer
from tests.conftest import PROJECT

RIGHT = PROJECT / "tests" / "grader" / "right_submissions"
RELU_LAST = ("model.py", "*layers[:-1]", "*layers")
WRONG = {
    "tables of another scale": (
        ("model.py", "1.0 / self.embedding_dim", "1.0"),
        SHARED_99,
        "1a (the tables",
    ),
    "no ReLU": (("model.py", "nn.ReLU()]", "nn.Identity()]"), SHARED_99, "1b, 1c (the rating in"),
    "ReLU last": (RELU_LAST, SEPARATE_99, "1b, 1c (the rating in"),
    "other input of the MLP": (
        ("model.py", "torch.cat([u, q, u * q]", "torch.cat([u, q, u + q]"),
        SHARED_99,
        "1c (the rating in forward_with_embedding_sharing) and 2b",
    ),
    "rating from the wrong tables": (
        ("model.py", "self.U_reg(user_ids), self.Q_reg(", "self.U_fact(user_ids), self.Q_fact("),
        SEPARATE_99,
        "1c (the rating in forward_without_embedding_sharing) and 2b",
    ),
    "sigmoid on the score": (
        ("model.py", "dim=1)).squeeze(1)", "dim=1)).squeeze(1).sigmoid()"),
        SHARED_50,
        "1c (the rating in",
    ),
    "half of the MSE": (("loss.py", "** 2).mean()", "** 2).mean() / 2"), SHARED_50, "and 2b"),
    "sigmoid on the interaction": (
        (
            "model.py",
            "return (u * q).sum(dim=1) + a + b",
            "return ((u * q).sum(1) + a + b).sigmoid()",
        ),
        SHARED_99,
        "1c (the interaction in forward_with_embedding_sharing) and 2a",
    ),
    "interaction from the wrong tables": (
        (
            "model.py",
            "u, q = self.U_fact(user_ids), self.Q_fact(",
            "u, q = self.U_reg(user_ids), self.Q_reg(",
        ),
        SEPARATE_99,
        "1c (the interaction in forward_without_embedding_sharing) and 2a",
    ),
    "logarithm in the BPR loss": (
        ("loss.py", "1 - torch.sigmoid(", "-torch.nn.functional.logsigmoid("),
        SHARED_99,
        "and 2a",
    ),
    "sign of the BPR loss": (
        ("loss.py", "(positive_predictions - negative_pre", "(negative_predictions - positive_pre"),
        SHARED_99,
        "and 2a",
    ),
    "weights swapped": (
        (
            "loss.py",
            "factorization_weight * factorization_loss + regression_weight",
            "regression_weight * factorization_loss + factorization_weight",
        ),
        SHARED_99,
        "Look at 2c.",
    ),
    "weights left out": (
        (
            "loss.py",
            "factorization_weight * factorization_loss + regression_weight *",
            "factorization_loss +",
        ),
        SHARED_50,
        "Look at 2c.",
    ),
    "no gradient by the rating": (
        (
            "loss.py",
            "regression_weight * regression_loss",
            "regression_weight * regression_loss.detach()",
        ),
        SHARED_50,
        "Look at the gradients",
    ),
    "no biases": (("model.py", "(dim=1) + a + b", "(dim=1)"), SHARED_99, "the biases a_i + b_j"),
    "no biases for all movies": (
        ("model.py", " + self.A(user_ids) + self.B.weight.T", ""),
        SHARED_50,
        "2d, 1d, and the biases",
    ),
    "seen movies kept": (
        ("mrr.py", "scores if seen is None else torch.where(seen, -torch.inf, scores)", "scores"),
        SHARED_50,
        "Look at 2d",
    ),
    "ranks from the lowest score": (
        ("mrr.py", "(others - own)", "(own - others)"),
        SHARED_50,
        "Look at 2d",
    ),
    "mean over movies": (
        ("mrr.py", "seen).nanmean()", "seen).nan_to_num().mean()"),
        SHARED_99,
        "Look at 2d",
    ),
}


@pytest.fixture(scope="module")
def split(movielens) -> Split:
    return split_ratings(movielens, 123)


@pytest.fixture
def course_runs(movielens) -> list[Run]:
    return [replace(run, data=movielens.digest) for run in COURSE_RUNS]


def first_epoch(run: Run, split: Split, folder) -> dict[str, float]:
    return Trainer(run, split, load_student_code(folder)).run_epoch()


def test_the_reference_has_the_known_values_of_every_run(course_runs, split, reference):
    check = FirstEpochs(course_runs)
    said = [check(EpochFinished(run, 0, first_epoch(run, split, reference))) for run in course_runs]
    assert said == ["", "", "", "Epoch 0 of all 4 runs has the known values."]


@pytest.mark.parametrize("name", ["the_course", "einsum", "float32_constants"])
def test_right_code_of_another_style_has_them(name, course_runs, split, reference, tmp_path):
    folder = tmp_path / "submission"
    for source in (reference, RIGHT / name):
        for file in source.glob("*.py"):
            folder.mkdir(exist_ok=True)
            (folder / file.name).write_bytes(file.read_bytes())
    for run in course_runs[1:3]:
        assert explain_difference(run, first_epoch(run, split, folder)) == ""


def test_right_code_that_draws_other_initial_weights_is_not_called_wrong(
    course_runs, split, changed_submission
):
    folder = changed_submission(
        "model.py", "        layers: list", "        torch.rand(1)\n        layers: list"
    )
    said = explain_difference(course_runs[1], first_epoch(course_runs[1], split, folder))
    assert "draws its initial weights in another order, which is no mistake" in said


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_points_at_its_question(mistake, movielens, split, changed_submission):
    change, run, place = WRONG[mistake]
    run = replace(run, data=movielens.digest)
    said = explain_difference(run, first_epoch(run, split, changed_submission(*change)))
    assert f"Epoch 0 of {run.name}: " in said and place in said


def test_other_options_have_no_known_values(course_runs):
    run = course_runs[1]
    assert known_values(replace(run, epochs=3, threads=2))
    for other in ({"data": "synthetic"}, {"seed": 7}, {"batch_size": 4096}, {"weights_seed": 1}):
        changed = replace(run, **other)
        assert known_values(changed) is None
        check = FirstEpochs([changed])
        assert check(EpochFinished(changed, 0, dict.fromkeys([m.key for m in METRICS], 0.0))) == ""


def test_resumed_and_complete_runs_are_compared_and_a_place_is_told_once(course_runs):
    runs = course_runs[:3]
    curves = [
        {metric.key: [value, 0.0] for metric, value in known_values(run).items()} for run in runs
    ]
    record = RunRecord(runs[1], MadeBy("", "", {}), curves[1], 1.0)
    check = FirstEpochs(runs)
    assert check(Resumed(runs[0], 2, curves[0])) == ""
    assert check(AlreadyComplete(runs[1], record)) == ""
    right = {key: values[0] for key, values in curves[2].items()}
    assert check(EpochFinished(runs[2], 0, right)) == "Epoch 0 of all 3 runs has the known values."

    for curve in curves:
        curve["training/Joint Loss"][0] += 1
    check = FirstEpochs(runs)
    assert "train joint loss is 1.62834 instead of 0.628335. Look at 2c." in check(
        Resumed(runs[0], 2, curves[0])
    )
    assert check(Resumed(runs[1], 2, curves[1])) == "", "2c has been named"
    assert check(EpochFinished(runs[2], 0, right)) == "", "not all of them are right"


def test_nan_is_a_difference(course_runs):
    metrics = {metric.key: float("nan") for metric in METRICS}
    assert "train MSE is nan instead of" in explain_difference(course_runs[0], metrics)
    assert len(KNOWN) == len(COURSE_RUNS)
