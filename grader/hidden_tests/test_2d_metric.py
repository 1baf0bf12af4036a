"""Question 2d: ranks, ties, seen movies, users with nothing held out."""

import numpy as np

from grader import adapter, oracle
from grader.engine.check import Check, check


def movies(
    check: Check, users: int, items: int, counts: tuple[int, ...], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores without ties, of both signs; held-out movies; as many seen ones."""
    return movies_from(check.random(seed), users, items, counts)


def movies_from(
    random: np.random.RandomState, users: int, items: int, counts: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores = random.permutation(users * items).reshape(users, items) / items - users / 2
    heldout, seen = np.zeros((2, users, items), bool)
    for user in range(users):
        chosen = random.permutation(items)
        heldout[user, chosen[: counts[user]]] = True
        seen[user, chosen[counts[user] : 2 * counts[user] + 1]] = True
    return scores.astype(np.float32), heldout, seen


def judge_ranks(check: Check, *tables: tuple[np.ndarray, ...]) -> None:
    """Compare values of several tables, each one scores, heldout and perhaps seen."""
    for table, got in zip(tables, check.call_each(adapter.reciprocal_ranks, *tables)):
        if got is not None:
            check.array_equal("the result", got["out"], oracle.reciprocal_ranks(*table))


@check("2d-5", topic="ranks")
def test_several_heldout_movies(check: Check) -> None:
    """A user's value is the mean of 1/rank over all of their held-out movies."""
    scores, heldout, _ = movies(check, 8, 9, (1, 3, 2, 4, 2, 5, 3, 1), seed=1)
    # Far apart, and so close together that any rounding makes them equal.
    close = [
        ([3000, -2999, 2999.5, 1e-6, 2e-6, 0.5, 0.50000006, -3001, 100], [0, 5]),
        ([-3000, 120, 121, 7e-6, 3e-6, 0.25, 0.25000003, -3001, 100], [1, 3, 4, 5, 7]),
    ]
    random = check.random(13)
    for user, (numbers, held) in zip((4, 5), close):
        places = random.permutation(9)
        # Doubling and halving lose no digit.
        scores[user, places] = np.float32(numbers) * 2.0 ** random.randint(-1, 2)
        heldout[user] = False
        heldout[user, places[held]] = True
    judge_ranks(check, (scores, heldout), movies(check, 2, 1700, (40, 2), seed=9)[:2])


@check("2d-6", topic="ranks")
def test_seen_movies_are_taken_out(check: Check) -> None:
    """Seen movies have no rank, whatever their score, and the others move up."""
    scores, heldout, seen = movies(check, 5, 9, (1, 1, 1, 1, 1), seed=2)
    # The same movies once more, the other way round and all scores below zero.
    twice = [np.concatenate([array, array]) for array in (heldout, seen)]
    # And other movies in a table of the same shape, with scores that are far below zero.
    low, *others = movies(check, 10, 9, (1,) * 10, seed=10)
    both_ways = np.concatenate([scores, -scores - 7])
    judge_ranks(check, (both_ways, *twice), (300 * low - 2000, *others))


@check("2d-7", topic="ranks")
def test_ties_share_the_mean_rank(check: Check) -> None:
    """Movies with equal scores share the mean of the ranks that they span."""
    scores = np.array(
        [[2, 1, 2, 0, 1, 2], [1, 1, 1, 1, 1, 1], [0, 3, 3, 2, 2, 1], [5, 0, 4, 4, 4, 4]], np.float32
    )
    heldout = np.zeros((4, 6), bool)
    heldout[[0, 1, 2, 3], [2, 4, 3, 4]] = True
    # Other numbers in the same order, other movies in the same order, users in any.
    random = check.random(14)
    numbers = (random.randint(-4, -1) + np.arange(6, dtype=np.float32)) / 2  # on both sides of 0
    more_movies = np.sort(random.permutation(9)[:6])
    users = random.permutation(4)
    wider = np.full((4, 9), numbers[0] - 1), np.zeros((4, 9), bool)
    wider[0][:, more_movies] = numbers[scores[users].astype(int)]
    wider[1][:, more_movies] = heldout[users]
    judge_ranks(check, wider)


@check("2d-8", topic="ranks")
def test_users_without_heldout_movies(check: Check) -> None:
    """A user without held-out movies has the value NaN, and keeps their place."""
    scores, heldout, _ = movies(check, 10, 9, (0,) * 10, seed=3)
    # Ranks from the first to the last, so that any cut-off shows.
    users = [1, 4, 5, 7, 8, 9]
    ranks = check.random(16).permutation([1, 2, 4, 6, 8, 9])
    heldout[users, (-scores).argsort(axis=1)[users, ranks - 1]] = True
    judge_ranks(check, (scores, heldout), (scores, np.zeros_like(heldout)))


@check("2d-9", topic="mrr_score", depends_on=("ranks",))
def test_mean_over_the_users_that_have_a_value(check: Check) -> None:
    """mrr_score is the mean over the users who have held-out movies, and each counts the same."""
    table = movies(check, 5, 9, (1, 3, 0, 4, 2), seed=4)
    if "ranks" in check.reference:
        ranks = np.array([0.3, 0.9, np.nan, 0.05, np.nan])[check.random(15).permutation(5)]
        got = check.call(adapter.mrr_score, *table, ranks=ranks)
        check.array_equal("the result", got["out"], np.nanmean(ranks))
        return
    scores, *others = movies(check, 260, 40, tuple(k % 4 for k in range(260)), seed=8)
    tables = [table, movies(check, 5, 9, (2, 0, 3, 1, 1), seed=12), (np.round(scores), *others)]
    for arrays, got in zip(tables, check.call_each(adapter.mrr_score, *tables)):
        if got is not None:
            expected = np.nanmean(oracle.reciprocal_ranks(*arrays))
            check.array_equal("the result", got["out"], expected)


@check("2d-10", topic="ranks")
def test_arguments_stay_as_they_are(check: Check) -> None:
    """reciprocal_ranks and mrr_score do not modify scores, heldout or seen."""
    check.topic = "arguments"
    table = movies(check, 4, 7, (2, 0, 1, 3), seed=5)
    for function in (adapter.reciprocal_ranks, adapter.mrr_score):
        for got in check.call_each(function, table):
            for place, name in enumerate(("scores", "heldout", "seen") if got else ()):
                after = got["arguments"][place]
                check.array_equal(f"the tensor {name} after the call", after, table[place])
    check.topic = "ranks"
    # That an argument is as it was counts where something is right: zeros modify nothing.
    # Other numbers in the same order: which wrong ranks are right by chance is always the same.
    scores, heldout, _ = movies_from(np.random.RandomState(20), 6, 7, (1,) * 6)
    places = scores.argsort(axis=1).argsort(axis=1) - 3.0
    plain = (places * (1 + check.variant / 16)).astype(np.float32), heldout
    got = check.call(adapter.reciprocal_ranks, *plain)
    values = got["out"].numbers(6)
    expected = oracle.reciprocal_ranks(*plain)
    right = values is not None and len(set(expected[np.isclose(values, expected)])) > 1
    check.equal("each value", right, True, "is wrong, which has to be fixed first")


@check("2d-11", topic="ranks")
def test_everything_at_once(check: Check) -> None:
    """Many users and movies, with ties, seen movies and users without held-out ones."""
    counts = tuple(check.random(6).randint(0, 9, 40))
    scores, heldout, seen = movies(check, 40, 150, counts, seed=7)
    scores = np.round(scores)
    # Every fourth user has a movie at the very end, where seen ones may have been put.
    scores[np.arange(0, 40, 4), heldout[::4].argmax(axis=1)] = scores.min()
    judge_ranks(check, (scores, heldout, seen))
    check.topic = "both"
    got = check.call(adapter.mrr_score, scores, heldout, seen)
    expected = np.nanmean(oracle.reciprocal_ranks(scores, heldout, seen))
    check.array_equal("the result of mrr_score", got["out"], expected)
