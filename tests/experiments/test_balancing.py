"""Each way of balancing two tasks does what its paper defines."""

import io
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from experiments.run import COURSE_RUNS
from experiments.training.objectives import (
    AGGREGATORS,
    BALANCINGS,
    CAGRAD_RADIUS,
    LOG_VARIANCE_RATE,
    FixedWeights,
    UncertaintyWeights,
    balancing_of,
)
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer

MSE = "training/MSE"
SHARED = replace(COURSE_RUNS[1], factorization_weight=1.0, regression_weight=1.0)
SEPARATE = COURSE_RUNS[2]


def aggregate(name: str, factorization: tuple, regression: tuple) -> torch.Tensor:
    """Return the gradient of a parameter that the losses have these gradients for."""
    shared, ours, theirs = (nn.Parameter(torch.ones(2)) for _ in range(3))
    balancing_of(replace(SHARED, balancing=name), [ours, shared, theirs]).backward(
        shared @ torch.tensor(factorization) + 3 * ours.sum(),
        shared @ torch.tensor(regression) + 5 * theirs.sum(),
        torch.zeros(()),
    )
    assert ours.grad.tolist() == [3, 3], "a parameter of one task gets its own gradient"
    assert theirs.grad.tolist() == [5, 5]
    return shared.grad


@pytest.mark.parametrize(
    ("name", "factorization", "regression", "expected"),
    [
        # Each gradient is projected on the plane that is normal to the other.
        ("pcgrad", (1.0, 0.0), (-1.0, 1.0), (0.5 + 0.0, 0.5 + 1.0)),
        ("upgrad", (1.0, 0.0), (-1.0, 1.0), (0.25, 0.75)),
        # Gradients at an acute angle stay as they are.
        ("pcgrad", (1.0, 0.0), (1.0, 1.0), (2.0, 1.0)),
        ("upgrad", (1.0, 0.0), (1.0, 1.0), (1.0, 0.5)),
        # The foot of the perpendicular from the origin on the segment between them.
        ("mgda", (1.0, 0.0), (0.0, 2.0), (0.8, 0.4)),
        ("mgda", (1.0, 0.0), (-1.0, 1.0), (0.2, 0.4)),
        ("mgda", (1.0, 0.0), (3.0, 1.0), (1.0, 0.0)),
        # The bisector, at the point where it meets that segment.
        ("imtlg", (1.0, 0.0), (0.0, 3.0), (0.75, 0.75)),
        # By symmetry the mean gradient, made longer by the ball's radius.
        ("cagrad", (1.0, 0.0), (0.0, 1.0), (0.75, 0.75)),
    ],
)
def test_an_aggregator_gives_the_direction_of_its_definition(
    name, factorization, regression, expected
):
    got = aggregate(name, factorization, regression)
    assert got.tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "multiple"),
    [("pcgrad", 2), ("upgrad", 1), ("mgda", 1), ("imtlg", 1), ("cagrad", 1 + CAGRAD_RADIUS)],
)
def test_equal_gradients_keep_their_direction(name, multiple):
    got = aggregate(name, (3.0, -4.0), (3.0, -4.0))
    assert got.tolist() == pytest.approx([3 * multiple, -4 * multiple], rel=1e-5)


@pytest.mark.parametrize(
    ("factorization", "regression"),
    [((0.1, 0.02), (-3.0, 2.0)), ((2.0, 1.0), (0.5, 1.5)), ((-1.0, 0.2), (1.0, 0.9))],
)
def test_cagrad_helps_the_worse_off_task_as_much_as_the_ball_allows(factorization, regression):
    gradients = torch.tensor([factorization, regression], dtype=torch.float64)
    mean = gradients.mean(0)
    angle = torch.linspace(0, 2 * math.pi, 100_001, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], 1) * CAGRAD_RADIUS * mean.norm() + mean
    got = aggregate("cagrad", factorization, regression).double()
    assert (got - mean).norm() == pytest.approx(CAGRAD_RADIUS * mean.norm().item(), rel=1e-5)
    best = (circle @ gradients.T).min(1).values.max().item()
    assert (gradients @ got).min().item() == pytest.approx(best, abs=1e-5)


def test_cagrad_stands_still_between_opposite_gradients():
    assert aggregate("cagrad", (1.0, 0.0), (-1.0, 0.0)).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["pcgrad", "mgda", "upgrad", "imtlg"])
def test_no_loss_grows_along_the_direction_between_conflicting_gradients(name):
    factorization, regression = (0.01, 0.002), (-3.0, 2.0)
    got = aggregate(name, factorization, regression)
    for gradient in (factorization, regression):
        assert got @ torch.tensor(gradient) > -1e-6


@pytest.mark.parametrize("name", AGGREGATORS)
def test_small_gradients_are_weighed_like_large_ones(name):
    """A mean over many pairs has gradients of 1e-3 and less, where some thresholds lie."""
    large = aggregate(name, (1.0, 0.5), (-2.0, 30.0))
    small = aggregate(name, (1e-5, 5e-6), (-2e-5, 3e-4))
    assert small.tolist() == pytest.approx((large * 1e-5).tolist(), rel=1e-4)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_zero_gradients_stay_zero(name):
    assert aggregate(name, (0.0, 0.0), (0.0, 0.0)).tolist() == [0, 0]
    assert torch.isfinite(aggregate(name, (0.0, 0.0), (1.0, 0.0))).all()


def test_a_balancing_is_given_the_losses_times_their_weights(small_split, reference, monkeypatch):
    run = replace(SHARED, balancing="pcgrad", factorization_weight=10.0, regression_weight=0.5)
    training = Trainer(run, small_split, load_student_code(reference))
    given, backward = [], training.balancing.backward
    monkeypatch.setattr(
        training.balancing, "backward", lambda *losses: given.extend(losses) or backward(*losses)
    )
    logged = training.run_epoch()
    expected = [10 * logged["training/Factorization Loss"], 0.5 * logged[MSE]]
    assert [loss.item() for loss in given[:2]] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_an_aggregator_leaves_the_random_stream_alone(name):
    before = torch.get_rng_state()
    aggregate(name, (1.0, 0.0), (-1.0, 1.0))
    assert torch.equal(torch.get_rng_state(), before)


def test_fixed_weights_follow_the_students_joint_loss():
    shared = nn.Parameter(torch.ones(2))
    joint = 7 * shared.sum()
    FixedWeights().backward(shared.sum(), shared.sum(), joint)
    assert shared.grad.tolist() == [7, 7]


def test_uncertainty_weights_have_the_gradients_of_the_closed_form():
    weights = UncertaintyWeights()
    log_factorization, log_regression = 0.3, -0.7
    with torch.no_grad():
        weights.log_variances.copy_(torch.tensor([log_factorization, log_regression]))
    shared = nn.Parameter(torch.tensor([2.0, 3.0]))
    weights.backward(shared[0], shared[1], shared.sum())
    precision_factorization, precision_regression = (
        math.exp(-log_factorization),
        math.exp(-log_regression),
    )
    assert shared.grad.tolist() == pytest.approx(
        [precision_factorization, precision_regression / 2]
    )
    assert weights.log_variances.grad.tolist() == pytest.approx(
        [0.5 - 2 * precision_factorization, 0.5 - 3 * precision_regression / 2]
    )


def test_uncertainty_weights_come_to_rest_at_half_the_inverse_of_each_loss():
    weights = UncertaintyWeights()
    with torch.no_grad():
        weights.log_variances.copy_(torch.tensor([2 * 0.25, 0.9]).log())
    shared = nn.Parameter(torch.tensor([0.25, 0.9]))
    weights.backward(shared[0], shared[1], shared.sum())
    assert weights.log_variances.grad.tolist() == pytest.approx([0, 0], abs=1e-6)
    assert shared.grad.tolist() == pytest.approx([1 / (2 * 0.25), 1 / (2 * 0.9)])


@pytest.mark.parametrize("name", BALANCINGS)
def test_every_balancing_trains_both_tasks_in_minibatches_too(small_split, reference, name):
    configuration = replace(SHARED, balancing=name, batch_size=400)
    training = Trainer(configuration, small_split, load_student_code(reference))
    first, *_, last = (training.run_epoch() for _ in range(25))
    assert last[MSE] < first[MSE] / 2
    assert last["training/Factorization Loss"] < first["training/Factorization Loss"]
    # What is logged is the student's joint loss, with the run's weights.
    joint = last["training/Factorization Loss"] + last[MSE]
    assert last["training/Joint Loss"] == pytest.approx(joint, rel=1e-5)


@pytest.mark.parametrize("name", ["uncertainty", "pcgrad", "cagrad"])
def test_a_restored_run_ends_with_the_same_bits(small_split, reference, changed_submission, name):
    """Also where the student's code draws random numbers of its own."""
    noisy = changed_submission(
        "model.py",
        "        u = self.U(user_ids)\n",
        "        u = self.U(user_ids)\n        u = u + 0.01 * torch.randn_like(u)\n",
    )
    configuration = replace(SHARED, balancing=name, gradient_interval=2)

    def training() -> Trainer:
        return Trainer(configuration, small_split, load_student_code(noisy))

    whole = training()
    expected = [whole.run_epoch() for _ in range(6)]
    interrupted = training()
    for _ in range(3):
        interrupted.run_epoch()
    file = io.BytesIO()
    torch.save(interrupted.state(), file)
    file.seek(0)
    torch.rand(5)
    resumed = training()
    resumed.restore(torch.load(file, weights_only=True))
    assert [resumed.run_epoch() for _ in range(3)] == expected[3:]
    assert resumed.gradients == whole.gradients
    assert all(map(torch.equal, resumed.net.parameters(), whole.net.parameters()))
    assert all(map(torch.equal, resumed.balancing.parameters(), whole.balancing.parameters()))


def test_log_variances_learn_at_a_rate_of_their_own(small_split, reference):
    configuration = replace(SHARED, balancing="uncertainty")
    training = Trainer(configuration, small_split, load_student_code(reference))
    training.run_epoch()
    # Adam's first step is as long as its rate. The stars are far off and the ranking is not.
    factorization, regression = training.balancing.log_variances.tolist()
    assert abs(factorization) <= LOG_VARIANCE_RATE + 1e-6
    assert regression == pytest.approx(LOG_VARIANCE_RATE, rel=1e-4)


def test_separate_embeddings_have_nothing_to_aggregate(small_split, reference):
    configuration = replace(SEPARATE, balancing="mgda")
    with pytest.raises(ValueError, match=r"balancing='mgda' aggregates .* take embedding_sharing"):
        Trainer(configuration, small_split, load_student_code(reference))


def test_a_name_that_is_no_balancing_is_told_which_there_are(small_split, reference):
    configuration = replace(SHARED, balancing="gradnorm")
    with pytest.raises(ValueError, match=r"'gradnorm'; it should be one of fixed, .*, imtlg"):
        Trainer(configuration, small_split, load_student_code(reference))
