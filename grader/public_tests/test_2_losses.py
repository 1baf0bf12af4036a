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


@check("2b-0", topic="value")
def test_one_star_off_loses_one(check: Check) -> None:
    """regression_loss is a single number, and 1 where each prediction is one star off."""
    given = "regression_loss(tensor([3.0, 4.0]), tensor([4.0, 3.0]))"
    got = check.call(adapter.loss, "regression_loss", [[3.0, 4.0], [4.0, 3.0]], given=given)
    check.tensor("the loss", got["loss"])
    check.array_equal("the loss", got["loss"], 1.0)


@check("2c-0", topic="value")
def test_equal_weights_of_equal_losses(check: Check) -> None:
    """joint_loss is a single number: weights 0.5 and 0.5 of the losses 2 and 2 make 2."""
    given = "joint_loss(tensor(2.0), tensor(2.0), 0.5, 0.5)"
    got = check.call(adapter.loss, "joint_loss", [2.0, 2.0], (0.5, 0.5), given=given)
    check.tensor("the loss", got["loss"])
    check.array_equal("the loss", got["loss"], 2.0)
