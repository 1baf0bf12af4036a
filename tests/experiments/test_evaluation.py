"""The ranking in blocks is the ranking at once."""

import math

import numpy as np
import pytest
import torch

from experiments.data.ratings import Interactions, Split
from experiments.training import evaluation
from experiments.training.evaluation import HeldOutRanking, predict_ratings
from submission.mrr import mrr_score


def interactions(pairs: list[tuple[int, int]]) -> Interactions:
    users, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Interactions(users.copy(), items.copy(), np.ones(len(pairs), dtype=np.float32))


def scores_of(table: torch.Tensor):
    return lambda user_ids: table[user_ids]


CPU = torch.device("cpu")


def test_mrr_by_hand_over_users_with_and_without_heldout_movies():
    # User 1 watched movie 0, then 2: among movies 1, 2, 3 movie 2 is second. User 3 watched
    # movies 1 and 2 in the test set only: ranks 2 and 3. User 2 has nothing held out.
    split = Split(interactions([(1, 0), (2, 1)]), interactions([(1, 2), (3, 1), (3, 2)]), 4, 4)
    table = torch.tensor([[4.0, 3.0, 2.0, 1.0]]).repeat(4, 1)
    mrr = HeldOutRanking(split, CPU).mrr(scores_of(table), mrr_score)
    assert mrr == pytest.approx((1 / 2 + (1 / 2 + 1 / 3) / 2) / 2)


def test_blocks_of_users_give_the_mean_over_all_users(small_split, monkeypatch):
    table = torch.randn(small_split.num_users, small_split.num_items)
    at_once = HeldOutRanking(small_split, CPU).mrr(scores_of(table), mrr_score)
    for keep in (evaluation.CELLS_TO_KEEP, 0):
        monkeypatch.setattr(evaluation, "CELLS_AT_ONCE", 7 * small_split.num_items)
        monkeypatch.setattr(evaluation, "CELLS_TO_KEEP", keep)
        ranking = HeldOutRanking(small_split, CPU)
        for _ in range(2):
            assert ranking.mrr(scores_of(table), mrr_score) == pytest.approx(at_once, rel=1e-12)


def test_a_metric_that_writes_into_its_arguments_harms_itself_alone(small_split):
    table = torch.randn(small_split.num_users, small_split.num_items)
    ranking = HeldOutRanking(small_split, CPU)

    def careless(scores, heldout, seen):
        value = mrr_score(scores, heldout, seen)
        scores.zero_(), heldout.zero_(), seen.fill_(True)
        return value

    first = ranking.mrr(scores_of(table), careless)
    assert ranking.mrr(scores_of(table), careless) == first


def test_a_movie_on_both_sides_of_the_split_is_held_out_and_not_seen():
    split = Split(interactions([(0, 1), (0, 0)]), interactions([(0, 1)]), 1, 3)

    def check(scores, heldout, seen):
        assert not (heldout & seen).any()
        return mrr_score(scores, heldout, seen)

    assert HeldOutRanking(split, CPU).mrr(scores_of(torch.tensor([[3.0, 2.0, 1.0]])), check) == 1


def test_no_heldout_movie_at_all_is_nan():
    split = Split(interactions([(0, 1)]), interactions([]), 1, 2)
    assert math.isnan(HeldOutRanking(split, CPU).mrr(scores_of(torch.zeros(1, 2)), mrr_score))


def test_memory_does_not_grow_with_the_number_of_users(monkeypatch):
    """No tensor that the metric sees has more cells than the limit."""
    monkeypatch.setattr(evaluation, "CELLS_AT_ONCE", 1000)
    monkeypatch.setattr(evaluation, "CELLS_TO_KEEP", 0)
    pairs = [(user, user % 50) for user in range(2000)]
    heldout = [(user, (item + 1) % 50) for user, item in pairs]
    split = Split(interactions(pairs), interactions(heldout), 2000, 50)
    largest = 0

    def watch(scores, heldout, seen):
        nonlocal largest
        largest = max(largest, scores.numel(), heldout.numel(), seen.numel())
        return mrr_score(scores, heldout, seen)

    ranking = HeldOutRanking(split, CPU)
    ranking.mrr(lambda user_ids: torch.zeros(len(user_ids), 50), watch)
    assert largest == 1000 and not ranking.kept


def test_ratings_are_predicted_in_blocks(monkeypatch):
    monkeypatch.setattr(evaluation, "ROWS_AT_ONCE", 3)
    ids = torch.arange(10)
    sizes = []

    def net(users, items):
        sizes.append(len(users))
        return None, (users + items).float()

    assert predict_ratings(net, ids, ids).tolist() == [2.0 * k for k in range(10)]
    assert sizes == [3, 3, 3, 1]
