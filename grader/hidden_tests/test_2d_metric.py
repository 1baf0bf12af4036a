"""Question 2d: ranks, ties, seen movies, users with nothing held out."""

import numpy as np

from grader.hidden_tests import oracle
from grader.judge import Judge, graded, program_of
from grader.programs import call, replace, report

RANKS = ("2d-0-basic", "2d-2-hidden", "2d-3-hidden", "2d-4-hidden", "2d-5-hidden")


def movies(
    users: int, items: int, counts: tuple[int, ...], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores without ties, of both signs; held-out movies; as many seen ones."""
    random = np.random.RandomState(seed)
    scores = random.permutation(users * items).reshape(users, items) / items - users / 2
    heldout, seen = np.zeros((2, users, items), bool)
    for user in range(users):
        chosen = random.permutation(items)
        heldout[user, chosen[: counts[user]]] = True
        seen[user, chosen[counts[user] : 2 * counts[user] + 1]] = True
    return scores.astype(np.float32), heldout, seen


def judge_ranks(
    judge: Judge, scores: np.ndarray, heldout: np.ndarray, seen: np.ndarray | None = None
) -> None:
    arrays = {"scores": scores, "heldout": heldout} | ({} if seen is None else {"seen": seen})
    answer = judge.ask(call("mrr.reciprocal_ranks", *arrays), **arrays)
    expected = oracle.reciprocal_ranks(scores, heldout, seen)
    judge.equal("the result", answer["out"], expected)


@graded("2d-2-hidden", about="ranks")
def test_several_heldout_movies(judge: Judge) -> None:
    """A user's value is the mean of 1/rank over all of their held-out movies."""
    scores, heldout, _ = movies(8, 9, (1, 3, 2, 4, 2, 5, 3, 1), seed=1)
    judge_ranks(judge, scores, heldout)


@graded("2d-3-hidden", about="seen")
def test_seen_movies_are_taken_out(judge: Judge) -> None:
    """Seen movies have no rank, whatever their score, and the others move up."""
    scores, heldout, seen = movies(5, 9, (1, 1, 1, 1, 1), seed=2)
    # The same movies once more, the other way round and all scores below zero.
    twice = [np.concatenate([array, array]) for array in (heldout, seen)]
    judge_ranks(judge, np.concatenate([scores, -scores - 7]), *twice)


@graded("2d-4-hidden", about="ties")
def test_ties_share_the_mean_rank(judge: Judge) -> None:
    """Movies with equal scores share the mean of the ranks that they span."""
    scores = np.array(
        [[2, 1, 2, 0, 1, 2], [1, 1, 1, 1, 1, 1], [0, 3, 3, 2, 2, 1], [5, 0, 4, 4, 4, 4]], np.float32
    )
    heldout = np.zeros((4, 6), bool)
    heldout[[0, 1, 2, 3], [2, 4, 3, 4]] = True
    judge_ranks(judge, scores, heldout)


@graded("2d-5-hidden", about="nobody")
def test_users_without_heldout_movies(judge: Judge) -> None:
    """A user without held-out movies has the value NaN, and keeps their place."""
    scores, heldout, _ = movies(5, 9, (0, 1, 0, 0, 1), seed=3)
    judge_ranks(judge, scores, heldout)


@graded("2d-6-hidden", about="mrr_score", apart_from=RANKS)
def test_mean_over_the_users_that_have_a_value(judge: Judge) -> None:
    """mrr_score is the mean over the users who have held-out movies, and each counts the same."""
    scores, heldout, seen = movies(5, 9, (1, 3, 0, 4, 2), seed=4)
    values = oracle.reciprocal_ranks(scores, heldout, seen)
    steps = []
    if judge.apart:
        values = np.array([0.3, 0.9, np.nan, 0.05, np.nan])
        steps = [replace("mrr.reciprocal_ranks", "values")]
    answer = judge.ask(
        *steps,
        call("mrr.mrr_score", "scores", "heldout", "seen"),
        scores=scores,
        heldout=heldout,
        seen=seen,
        values=values,
    )
    judge.equal("the result", answer["out"], np.nanmean(values))


@graded("2d-7-hidden", about="arguments")
def test_arguments_stay_as_they_are(judge: Judge) -> None:
    """reciprocal_ranks and mrr_score do not modify scores, heldout or seen."""
    scores, heldout, seen = movies(4, 7, (2, 0, 1, 3), seed=5)
    arrays = {"scores": scores, "heldout": heldout, "seen": seen}
    programs = {
        function: program_of(call(f"mrr.{function}", *arrays), report(*arrays), **arrays)
        for function in ("reciprocal_ranks", "mrr_score")
    }
    for _, answer in judge.ask_each(programs):
        for name, array in arrays.items():
            judge.equal(f"{name} after the call", answer[name], array)


@graded("2d-8-hidden", about="together")
def test_everything_at_once(judge: Judge) -> None:
    """Many users and movies, with ties, seen movies and users without held-out ones."""
    random = np.random.RandomState(6)
    scores, heldout, seen = movies(40, 150, tuple(random.randint(0, 9, 40)), seed=7)
    judge_ranks(judge, np.round(scores), heldout, seen)
