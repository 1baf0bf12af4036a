"""The tasks' gradients are compared as they are, and looking at them changes nothing."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from experiments.engine.store import RunRecord, Store, made_by
from experiments.run import COURSE_RUNS
from experiments.training.objectives import compare_gradients
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer

SHARED_99, SHARED_50, SEPARATE_50, _ = COURSE_RUNS


class PlantedNet(nn.Module):
    """Two tables of one row, for losses that are linear in them."""

    def __init__(self) -> None:
        super().__init__()
        self.U, self.Q = nn.Embedding(1, 2), nn.Embedding(1, 2)

    def loss(self, user_gradient: tuple, item_gradient: tuple) -> torch.Tensor:
        return (self.U.weight * torch.tensor(user_gradient)).sum() + (
            self.Q.weight * torch.tensor(item_gradient)
        ).sum()


def train(run, split, folder, epochs, **changes) -> Trainer:
    training = Trainer(replace(run, **changes), split, load_student_code(folder))
    for _ in range(epochs):
        training.run_epoch()
    return training


def test_planted_gradients_have_the_norms_and_the_cosine_that_one_computes_by_hand():
    net = PlantedNet()
    factorization = net.loss((3.0, 4.0), (0.0, 12.0))
    regression = net.loss((4.0, 3.0), (0.0, -1.0))
    users, items, both = compare_gradients(7, factorization, regression, net)
    assert users == {
        "epoch": 7,
        "table": "U",
        "factorization_norm": 5.0,
        "regression_norm": 5.0,
        "cosine": pytest.approx(24 / 25),
    }
    assert (items["table"], items["factorization_norm"], items["cosine"]) == ("Q", 12.0, -1.0)
    assert (both["table"], both["factorization_norm"]) == ("U and Q", 13.0)
    assert both["cosine"] == pytest.approx(12 / (13 * math.sqrt(26)))
    assert net.U.weight.grad is None
    (factorization + regression).backward()  # the graph is still there


def test_a_loss_that_leaves_a_table_out_has_no_gradient_there():
    net = PlantedNet()
    row = compare_gradients(0, net.loss((1.0, 0.0), (0.0, 1.0)), net.U.weight.sum(), net)[1]
    assert (row["factorization_norm"], row["regression_norm"]) == (1.0, 0.0)
    assert math.isnan(row["cosine"])


@pytest.mark.parametrize("changes", [{}, {"batch_size": 400}, {"balancing": "pcgrad"}], ids=str)
def test_looking_at_gradients_leaves_the_run_as_it_is(small_split, reference, changes):
    plain, looked = (
        train(SHARED_50, small_split, reference, 5, gradient_interval=interval, **changes)
        for interval in (None, 2)
    )
    assert plain.gradients == []
    assert [row["epoch"] for row in looked.gradients] == [0, 0, 0, 2, 2, 2, 4, 4, 4]
    assert plain.run_epoch() == looked.run_epoch()
    for one, other in zip(plain.net.parameters(), looked.net.parameters()):
        assert torch.equal(one, other)


def test_gradients_are_those_of_the_losses_without_their_weights(small_split, reference):
    first, second = (
        train(run, small_split, reference, 1, gradient_interval=1).gradients
        for run in (SHARED_99, SHARED_50)
    )
    assert first == second


def test_separate_embeddings_have_no_gradients_to_compare(small_split, reference):
    assert train(SEPARATE_50, small_split, reference, 2, gradient_interval=1).gradients == []


def test_a_record_keeps_the_gradients_to_the_bit(small_split, reference, tmp_path):
    training = train(SHARED_50, small_split, reference, 3, gradient_interval=2)
    curves = {metric: [value] for metric, value in training.run_epoch().items()}
    record = RunRecord(training.run, made_by(""), curves, 1.0, (), tuple(training.gradients))
    Store(tmp_path).write(record, b"")
    assert Store(tmp_path).read(training.run) == record
