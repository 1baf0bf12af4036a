"""Question 2d in the small: ranks that can be counted, from the docstring and the handout."""

import numpy as np

from grader import adapter
from grader.engine.check import Check, check

# The handout's three users and six movies, the second and third users' scores made up.
SCORES = [[2.1, 0.7, 1.5, 0.7, 1.9, -0.3], [3.0, 1.0, 2.0, 0.0, -1.0, -2.0], [0.5] * 6]
HELDOUT = [[False, False, True, True, False, False], [True] + [False] * 5, [False] * 6]
SEEN = [[True] + [False] * 5, [False] * 6, [True] + [False] * 5]
VALUES = [11 / 28, 1.0, np.nan]


@check("2d-0", topic="ranks")
def test_second_best_movie_counts_one_half(check: Check) -> None:
    """reciprocal_ranks is a float64 tensor; a held-out movie at rank 2 counts 1/2."""
    scores, heldout = [[0.9, 0.1, 0.5, 0.3]], [[False, False, True, False]]
    given = f"reciprocal_ranks(tensor({scores}), tensor({heldout}))"
    got = check.call(adapter.reciprocal_ranks, scores, heldout, given=given)
    check.tensor("the result", got["out"], dtypes=("float64",))
    check.array_equal("the result", got["out"], [0.5])


@check("2d-1", topic="ranks")
def test_a_seen_movie_is_taken_out(check: Check) -> None:
    """Scores 5, 3, 3, 1 with movie 2 seen: movies 0 and 1, at ranks 1 and 2, make 0.75."""
    scores, heldout = [[5.0, 3.0, 3.0, 1.0]], [[True, True, False, False]]
    seen = [[False, False, True, False]]
    given = f"reciprocal_ranks(tensor({scores}), tensor({heldout}), tensor({seen}))"
    got = check.call(adapter.reciprocal_ranks, scores, heldout, seen, given=given)
    check.array_equal("the result", got["out"], [0.75])


@check("2d-2", topic="ranks")
def test_ties_share_the_mean_of_their_ranks(check: Check) -> None:
    """Scores 5, 3, 3, 1 have ranks 1, 2.5, 2.5, 4: held out one by one, they make 1/rank each."""
    scores, heldout = [[5.0, 3.0, 3.0, 1.0]] * 4, np.eye(4, dtype=bool)
    given = "reciprocal_ranks(tensor([[5.0, 3.0, 3.0, 1.0]] * 4), torch.eye(4).bool())"
    got = check.call(adapter.reciprocal_ranks, scores, heldout, given=given)
    check.array_equal("the result", got["out"], [1, 0.4, 0.4, 0.25])


@check("2d-3", topic="ranks")
def test_the_example_of_the_handout(check: Check) -> None:
    """The handout's three users have the values 11/28, 1, and NaN for nothing held out."""
    given = f"reciprocal_ranks(tensor({SCORES}), tensor({HELDOUT}), tensor({SEEN}))"
    got = check.call(adapter.reciprocal_ranks, SCORES, HELDOUT, SEEN, given=given)
    check.array_equal("the result", got["out"], VALUES)


@check("2d-4", topic="mrr_score", depends_on=("ranks",))
def test_mrr_score_of_the_handout(check: Check) -> None:
    """mrr_score of the handout is the mean of 11/28 and 1, that is 39/56 = 0.696."""
    given = f"mrr_score(tensor({SCORES}), tensor({HELDOUT}), tensor({SEEN}))"
    ranks = VALUES if "ranks" in check.reference else None
    got = check.call(adapter.mrr_score, SCORES, HELDOUT, SEEN, ranks=ranks, given=given)
    check.array_equal("the result", got["out"], 39 / 56)
