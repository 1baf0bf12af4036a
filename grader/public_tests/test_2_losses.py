"""Questions 2a, 2b and 2c in numbers that can be checked in the head."""

from grader.engine.check import Judge, graded
from grader.programs import call


@graded("2a-0", about="value")
def test_equal_scores_lose_one_half(judge: Judge) -> None:
    """bpr_loss is a single number, and 0.5 where both movies score the same."""
    answer = judge.ask(
        call("loss.bpr_loss", "positive", "negative"),
        given="bpr_loss(tensor([1.0, -2.0]), tensor([1.0, -2.0]))",
        positive=[1.0, -2.0],
        negative=[1.0, -2.0],
    )
    judge.tensor("the loss", answer["out"])
    judge.equal("the loss", answer["out"], 0.5)


@graded("2b-0", about="value")
def test_one_star_off_loses_one(judge: Judge) -> None:
    """regression_loss is a single number, and 1 where each prediction is one star off."""
    answer = judge.ask(
        call("loss.regression_loss", "observed", "predicted"),
        given="regression_loss(tensor([3.0, 4.0]), tensor([4.0, 3.0]))",
        observed=[3.0, 4.0],
        predicted=[4.0, 3.0],
    )
    judge.tensor("the loss", answer["out"])
    judge.equal("the loss", answer["out"], 1.0)


@graded("2c-0", about="value")
def test_equal_weights_of_equal_losses(judge: Judge) -> None:
    """joint_loss is a single number: weights 0.5 and 0.5 of the losses 2 and 2 make 2."""
    answer = judge.ask(
        call("loss.joint_loss", "factorization", "regression", 0.5, 0.5),
        given="joint_loss(tensor(2.0), tensor(2.0), 0.5, 0.5)",
        factorization=2.0,
        regression=2.0,
    )
    judge.tensor("the loss", answer["out"])
    judge.equal("the loss", answer["out"], 2.0)
