"""The reference metric: by hand, against scipy, and what must hold for any scores."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from submission.mrr import mrr_score, reciprocal_ranks


def mask(rows: list[list[int]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.bool)


@st.composite
def rankings(draw):
    """Scores with many ties, and held-out and seen movies that do not overlap."""
    num_users, num_items = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = random.integers(-3, 4, (num_users, num_items)).astype(np.float32)
    kind = random.integers(0, 3, (num_users, num_items))
    return torch.from_numpy(scores), torch.from_numpy(kind == 1), torch.from_numpy(kind == 2)


def by_scipy(scores, heldout, seen) -> list[float]:
    """Rank one user at a time, in so many words."""
    values = []
    for row, out, gone in zip(scores.numpy(), heldout.numpy(), seen.numpy()):
        ranks = scipy.stats.rankdata(-row[~gone])
        values.append(np.mean(1 / ranks[out[~gone]]) if out.any() else math.nan)
    return values


def test_worked_example_of_the_docstring():
    scores = torch.tensor([[5.0, 3.0, 3.0, 1.0]])
    every_one = [
        reciprocal_ranks(scores, mask([[k == item for k in range(4)]])).item() for item in range(4)
    ]
    assert every_one == [1, 1 / 2.5, 1 / 2.5, 1 / 4]
    value = reciprocal_ranks(scores, mask([[1, 1, 0, 0]]), mask([[0, 0, 1, 0]]))
    assert value.tolist() == [0.75]


def test_a_user_without_heldout_movies_is_nan_and_not_in_the_mean():
    scores = torch.tensor([[2.0, 1.0], [2.0, 1.0]])
    heldout = mask([[0, 1], [0, 0]])
    values = reciprocal_ranks(scores, heldout)
    assert values[0] == 0.5 and values[1].isnan()
    assert mrr_score(scores, heldout) == 0.5


def test_users_count_the_same_whatever_they_watched():
    scores = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    heldout = mask([[1, 1, 1], [0, 0, 1]])
    expected = ((1 + 1 / 2 + 1 / 3) / 3 + 1 / 3) / 2
    assert mrr_score(scores, heldout) == pytest.approx(expected, rel=1e-12)


def test_nobody_with_heldout_movies_is_nan():
    assert math.isnan(mrr_score(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool)))


@given(rankings())
def test_ranks_are_those_of_scipy(ranking):
    scores, heldout, seen = ranking
    values = reciprocal_ranks(scores, heldout, seen)
    assert values.dtype == torch.float64
    np.testing.assert_allclose(values.numpy(), by_scipy(scores, heldout, seen), rtol=1e-6)


@given(rankings())
def test_only_the_order_of_scores_matters(ranking):
    scores, heldout, seen = ranking
    first = reciprocal_ranks(scores, heldout, seen)
    slope = torch.arange(1.0, len(scores) + 1)[:, None]
    second = reciprocal_ranks(torch.exp(scores.double()) * slope - 7, heldout, seen)
    torch.testing.assert_close(first, second, equal_nan=True, rtol=1e-6, atol=0)


@given(rankings(), st.randoms(use_true_random=False))
def test_numbering_of_users_and_movies_does_not_matter(ranking, random):
    scores, heldout, seen = ranking
    users = torch.tensor(random.sample(range(len(scores)), len(scores)))
    items = torch.tensor(random.sample(range(scores.shape[1]), scores.shape[1]))
    renumbered = [part[users][:, items] for part in ranking]
    torch.testing.assert_close(
        reciprocal_ranks(*renumbered),
        reciprocal_ranks(scores, heldout, seen)[users],
        equal_nan=True,
        rtol=1e-6,
        atol=0,
    )


@given(rankings())
def test_scores_of_seen_movies_do_not_matter(ranking):
    scores, heldout, seen = ranking
    raised = torch.where(seen, scores + 100, scores)
    torch.testing.assert_close(
        reciprocal_ranks(raised, heldout, seen),
        reciprocal_ranks(scores, heldout, seen),
        equal_nan=True,
    )


@given(rankings())
def test_arguments_are_not_modified(ranking):
    before = [part.clone() for part in ranking]
    mrr_score(*ranking)
    assert all(torch.equal(part, copy) for part, copy in zip(ranking, before))


def test_many_heldout_movies_are_ranked_in_blocks_like_few():
    random = np.random.default_rng(0)
    scores = torch.from_numpy(random.normal(size=(40, 3000)).astype(np.float32))
    heldout = torch.from_numpy(random.random((40, 3000)) < 0.1)
    seen = torch.from_numpy(random.random((40, 3000)) < 0.3) & ~heldout
    values = reciprocal_ranks(scores, heldout, seen)
    np.testing.assert_allclose(values.numpy(), by_scipy(scores, heldout, seen), rtol=1e-6)
