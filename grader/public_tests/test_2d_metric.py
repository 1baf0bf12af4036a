"""Question 2d in the small: four movies, ranks that can be counted."""

from grader.engine.check import Judge, graded
from grader.programs import call, replace


@graded("2d-0", about="reciprocal_ranks")
def test_second_best_movie_counts_one_half(judge: Judge) -> None:
    """reciprocal_ranks is a float64 tensor; a held-out movie at rank 2 counts 1/2."""
    answer = judge.ask(
        call("mrr.reciprocal_ranks", "scores", "heldout"),
        given="reciprocal_ranks(tensor([[0.9, 0.1, 0.5, 0.3]]), "
        "tensor([[False, False, True, False]]))",
        scores=[[0.9, 0.1, 0.5, 0.3]],
        heldout=[[False, False, True, False]],
    )
    judge.tensor("the result", answer["out"], dtypes=("float64",))
    judge.equal("the result", answer["out"], [0.5])


@graded("2d-1", about="mrr_score", apart_from=("2d-0",))
def test_mean_over_two_users(judge: Judge) -> None:
    """mrr_score is one number: of a user with 1 and a user with 1/2 it is 3/4."""
    # Where reciprocal_ranks is not right yet, its two values may come ready-made.
    steps = [replace("mrr.reciprocal_ranks", "values")] if judge.apart else []
    answer = judge.ask(
        *steps,
        call("mrr.mrr_score", "scores", "heldout"),
        given="mrr_score(tensor([[3.0, 2.0], [3.0, 2.0]]), tensor([[True, False], [False, True]]))",
        scores=[[3.0, 2.0], [3.0, 2.0]],
        heldout=[[True, False], [False, True]],
        values=[1.0, 0.5],
    )
    judge.equal("the result", answer["out"], 0.75)
