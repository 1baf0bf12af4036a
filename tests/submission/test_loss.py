"""The reference losses: by hand, and what must hold for any numbers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from submission.loss import bpr_loss, joint_loss, regression_loss

SCORES = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=20)


def test_bpr_by_hand():
    # 1 - sigmoid(0) = 1/2 and 1 - sigmoid(ln 3) = 1 - 3/4
    loss = bpr_loss(torch.tensor([1.0, math.log(3.0)]), torch.tensor([1.0, 0.0]))
    assert loss.item() == pytest.approx((1 / 2 + 1 / 4) / 2)


@given(SCORES)
def test_bpr_of_equal_scores_is_one_half(scores):
    scores = torch.tensor(scores)
    assert bpr_loss(scores, scores.clone()).item() == 0.5


@given(SCORES, SCORES)
def test_bpr_of_swapped_scores_is_what_is_left_of_one(first, second):
    size = min(len(first), len(second))
    first, second = torch.tensor(first[:size]), torch.tensor(second[:size])
    both = bpr_loss(first, second) + bpr_loss(second, first)
    assert both.item() == pytest.approx(1, abs=1e-5)


@given(SCORES, st.floats(-5, 5, width=32))
def test_bpr_depends_on_differences_only(scores, shift):
    scores = torch.tensor(scores)
    loss = bpr_loss(scores + shift, torch.full_like(scores, shift))
    assert loss.item() == pytest.approx(bpr_loss(scores, torch.zeros_like(scores)).item(), abs=1e-4)


def test_regression_by_hand():
    assert regression_loss(torch.tensor([5.0, 1.0]), torch.tensor([3.0, 2.0])).item() == 2.5


def test_joint_by_hand_with_weights_that_do_not_sum_to_one():
    loss = joint_loss(torch.tensor(0.5), torch.tensor(4.0), 2.0, 0.25)
    assert loss.item() == 2.0 and loss.shape == ()


def test_gradients_by_hand():
    positive = torch.zeros(2, requires_grad=True)
    negative = torch.zeros(2, requires_grad=True)
    predicted = torch.tensor([3.0, 2.0], requires_grad=True)
    factorization = bpr_loss(positive, negative)
    regression = regression_loss(torch.tensor([5.0, 1.0]), predicted)
    joint_loss(factorization, regression, 0.99, 0.01).backward()
    # The slope of the sigmoid at 0 is 1/4; each pair counts 1/2.
    assert positive.grad.tolist() == pytest.approx([-0.99 / 8] * 2)
    assert negative.grad.tolist() == pytest.approx([0.99 / 8] * 2)
    assert predicted.grad.tolist() == pytest.approx([0.01 * -2, 0.01 * 1])
