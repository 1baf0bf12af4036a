"""``train.py``, the protocol to be read, gives the engine's numbers."""

import subprocess
import sys
from dataclasses import replace

import pytest

from experiments.data.ratings import Ratings, split_ratings
from experiments.run import COURSE_RUNS, METRIC_KEYS, MRR, SEPARATE_99, Run
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer
from tests.conftest import PROJECT
from train import train

EPOCHS = 3


def check_equal(run: Run, ratings: Ratings, mrr_rounding: float) -> None:
    run = replace(run, epochs=EPOCHS)
    trainer = Trainer(run, split_ratings(ratings, run.seed), load_student_code(PROJECT))
    epochs = list(train(run, ratings))
    assert len(epochs) == EPOCHS
    for metrics in epochs:
        assert list(metrics) == list(METRIC_KEYS)
        for key, value in trainer.run_epoch().items():
            rounding = mrr_rounding if key == MRR.key else 1e-5
            assert metrics[key] == pytest.approx(value, rel=rounding), key


@pytest.mark.parametrize("run", COURSE_RUNS, ids=lambda run: run.name)
def test_every_run_has_the_engines_numbers(run, small_ratings):
    # Rounding swaps two near-equal ranks now and then, which shows with 60 users.
    check_equal(run, small_ratings, mrr_rounding=2e-2)


def test_movielens_has_the_engines_numbers(movielens):
    check_equal(SEPARATE_99, movielens, mrr_rounding=1e-4)


def test_it_prints_every_epoch_and_says_that_the_first_is_right(movielens):
    def printed(*options: str) -> list[str]:
        command = [sys.executable, "train.py", *options]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()[1:]

    first, verdict = printed("--epochs", "1", "--separate", "--weights", "0.99", "0.01")
    assert first.startswith("epoch 0: train L_F 0.5000  train MSE 14.15  train joint loss 0.6365")
    assert verdict == "Epoch 0 has the known values."
    assert [line[:9] for line in printed("--epochs", "2", "--data", "synthetic")] == [
        "epoch 0: ",
        "epoch 1: ",
    ]
