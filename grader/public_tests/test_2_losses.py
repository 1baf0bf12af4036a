"""Questions 2a, 2b and 2c in numbers that can be checked in the head."""

from grader import adapter
from grader.engine.check import Check, check


@check("2a-0", topic="value")
def test_equal_scores_lose_one_half(check: Check) -> None:
    """bpr_loss is a single number, and 0.5 where both movies score the same."""
    given = "bpr_loss(tensor([1.0, -2.0]), tensor([1.0, -2.0]))"
    got = check.call(adapter.loss, "bpr_loss", [[1.0, -2.0], [1.0, -2.0]], given=given)
    check.tensor("the loss", got["loss"])
    check.array_equal("the loss", got["loss"], 0.5)


@check("2a-1", topic="value")
def test_a_watched_movie_that_is_ahead_loses_less(check: Check) -> None:
    """A watched movie that is ahead by 4 loses 1 - sigmoid(4) = 0.018, less than one in a tie."""
    given = "bpr_loss(tensor([4.0, 2.0]), tensor([0.0, 2.0]))"
    got = check.call(adapter.loss, "bpr_loss", [[4.0, 2.0], [0.0, 2.0]], given=given)
    check.array_equal("the loss", got["loss"], (0.0179862 + 0.5) / 2)


@check("2b-0", topic="value")
def test_mean_of_the_squared_errors(check: Check) -> None:
    """regression_loss is a single number: errors of one and of two stars make (1 + 4) / 2."""
    given = "regression_loss(tensor([3.0, 4.0]), tensor([4.0, 2.0]))"
    got = check.call(adapter.loss, "regression_loss", [[3.0, 4.0], [4.0, 2.0]], given=given)
    check.tensor("the loss", got["loss"])
    check.array_equal("the loss", got["loss"], 2.5)


@check("2c-0", topic="value")
def test_each_loss_has_its_own_weight(check: Check) -> None:
    """joint_loss is a single number: 0.75 of the loss 2 and 0.25 of the loss 4 make 2.5."""
    given = "joint_loss(tensor(2.0), tensor(4.0), 0.75, 0.25)"
    got = check.call(adapter.loss, "joint_loss", [2.0, 4.0], (0.75, 0.25), given=given)
    check.tensor("the loss", got["loss"])
    check.array_equal("the loss", got["loss"], 2.5)
