"""Question 2d in the small: four movies, ranks that can be counted."""

from grader import adapter
from grader.engine.check import Check, check


@check("2d-0", topic="reciprocal_ranks")
def test_second_best_movie_counts_one_half(check: Check) -> None:
    """reciprocal_ranks is a float64 tensor; a held-out movie at rank 2 counts 1/2."""
    scores, heldout = [[0.9, 0.1, 0.5, 0.3]], [[False, False, True, False]]
    given = f"reciprocal_ranks(tensor({scores}), tensor({heldout}))"
    got = check.call(adapter.reciprocal_ranks, scores, heldout, given=given)
    check.tensor("the result", got["out"], dtypes=("float64",))
    check.array_equal("the result", got["out"], [0.5])


@check("2d-1", topic="mrr_score", depends_on=("ranks",))
def test_mean_over_two_users(check: Check) -> None:
    """mrr_score is one number: of a user with 1 and a user with 1/2 it is 3/4."""
    scores, heldout = [[3.0, 2.0], [3.0, 2.0]], [[True, False], [False, True]]
    given = f"mrr_score(tensor({scores}), tensor({heldout}))"
    got = check.call(adapter.mrr_score, scores, heldout, ranks=[1.0, 0.5], given=given)
    check.array_equal("the result", got["out"], 0.75)
