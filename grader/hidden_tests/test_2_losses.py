"""Questions 2a to 2c: values of several batches, and gradients that belong to the values."""

from collections.abc import Callable, Sequence

import numpy as np

from grader import adapter, oracle
from grader.engine.check import Check, Value, agree, check, is_numeric

STEP = 1e-3


def batches(check: Check, scale: float) -> list[tuple[np.ndarray, ...]]:
    """Return pairs of arrays, of several lengths."""
    random = check.random(17)
    return [tuple(random.normal(scale=scale, size=(2, size))) for size in (5, 1, 8)]


def stars(check: Check) -> list[tuple[np.ndarray, ...]]:
    """Return observed ratings, and predictions that are not all between 1 and 5, nor near."""
    random = check.random(18)
    pairs = [
        (random.randint(1, 6, size).astype(float), random.normal(3, 2.5, size))
        for size in (6, 1, 9)
    ]
    far = np.array([random.uniform(-12, -8), random.uniform(14, 20), random.uniform(3.2, 3.4)])
    halves = np.array([random.randint(2, 5) + 0.5, 0.5, random.uniform(2.9, 3.1)])
    return [*pairs, (halves, far)]


def judge_values(
    check: Check,
    function: str,
    names: tuple[str, str],
    pairs: list[tuple[np.ndarray, ...]],
    right: Callable[[np.ndarray, np.ndarray], float],
) -> None:
    """Compare a loss of several batches with the right one, and its arguments with themselves."""
    arguments = [[array.astype(np.float32) for array in pair] for pair in pairs]
    answers = check.call_each(adapter.loss, *((function, given) for given in arguments))
    for pair, given, got in zip(pairs, arguments, answers):
        if got is None:
            continue
        check.array_equal("the loss", got["loss"], right(*pair))
        for place, name in enumerate(names):
            check.array_equal(
                f"the tensor {name} after the call", got["arguments"][place], given[place]
            )


def judge_gradients(
    check: Check,
    function: str,
    inputs: dict[str, np.ndarray],
    wrt: Sequence[str],
    expected: Sequence[np.ndarray],
) -> None:
    """Compare gradients with the right ones, or else with the function's own differences.

    A loss that is wrong, and has lost its points for that, may have gradients of its own as long
    as training goes the right way with them.
    """
    # As in training, float32: a right loss may have constants of that type.
    arrays = {name: np.asarray(array, np.float32) for name, array in inputs.items()}
    places = [list(arrays).index(name) for name in wrt]
    got = check.call(adapter.loss_gradients, function, [*arrays.values()], places)
    judge_number(check, got["loss"])
    for index, (name, right) in enumerate(zip(wrt, expected)):
        gradient = got["gradients"][index]
        what = f"the gradient with respect to {name}"
        numbers = gradient.numbers(*right.shape)
        if agree(numbers, right) or not own(check, function, arrays, name, numbers):
            check.gradient(what, gradient, right)
        else:
            same_way = np.array_equal(np.sign(numbers), np.sign(right))
            check.equal(what, same_way, True, "pushes the wrong way")


def judge_number(check: Check, loss: Value) -> None:
    kind = "a number" if loss.shape == () else "something else"
    check.equal("the loss", kind, "a number", "is not a single number")


def own(
    check: Check,
    function: str,
    arrays: dict[str, np.ndarray],
    name: str,
    gradient: np.ndarray | None,
) -> bool:
    """Whether a gradient is that of the value that the submission itself returns."""
    if gradient is None or not is_numeric(gradient) or not gradient.any():
        return False
    direction = np.random.RandomState(3).normal(size=gradient.shape)
    values = []
    for sign in (1, -1):
        moved = (arrays[name] + sign * STEP * direction).astype(np.float32)
        given = [*{**arrays, name: moved}.values()]
        got = check.try_call(adapter.loss, function, given)
        number = None if got is None else got["loss"].numbers()
        if number is None or not is_numeric(number):
            return False
        values.append(float(number))
    slope = (values[0] - values[1]) / (2 * STEP)
    return bool(np.isclose((gradient * direction).sum(), slope, rtol=0.02, atol=1e-3))


@check("2a-2", topic="value")
def test_bpr_loss(check: Check) -> None:
    """bpr_loss is the mean of 1 - sigmoid(p_pos - p_neg), and leaves its arguments as they are."""
    ahead, behind, near, apart = check.random(19).uniform(0.9, 1.1, 4) * (15, -15, 0.5, 7.5)
    far_apart = np.array([ahead, behind, near, apart]), np.array([-15, 15, 0.25, -apart])
    pairs = [*batches(check, 2.0), far_apart]
    judge_values(check, "bpr_loss", ("positive", "negative"), pairs, oracle.bpr)


@check("2a-3", topic="gradient")
def test_bpr_gradients(check: Check) -> None:
    """The gradients of bpr_loss push watched movies up and unwatched ones down."""
    # Watched movies that are ahead, and that are behind, none far.
    random = check.random(22)
    negative = random.uniform(-2, 2, 5)
    positive = negative + random.uniform(1.5, 4, 5) * (1, -1, 1, -1, 1)
    judge_gradients(
        check,
        "bpr_loss",
        {"positive": positive, "negative": negative},
        ("positive", "negative"),
        oracle.bpr_gradients(positive, negative),
    )


@check("2b-1", topic="value")
def test_regression_loss(check: Check) -> None:
    """regression_loss is the mean squared error, and leaves its arguments as they are."""
    names = ("observed", "predicted")
    judge_values(check, "regression_loss", names, stars(check), oracle.mean_squared_error)


@check("2b-2", topic="gradient")
def test_regression_gradients(check: Check) -> None:
    """The gradients of regression_loss push predicted ratings towards the observed ones."""
    # Predictions of a new net, near 0 on either side; one too high; a bit too high, too low.
    random = check.random(23)
    observed = random.uniform((3.3, 3.3, 1.9, 1, 4.6), (5, 5, 2.2, 1.2, 4.75))
    predicted = random.uniform((-0.5, 0.1, 3.5, 1.3, 4.0), (-0.1, 0.5, 4.8, 1.8, 4.4))
    judge_gradients(
        check,
        "regression_loss",
        {"observed": observed, "predicted": predicted},
        ("predicted",),
        [oracle.mean_squared_error_gradient(observed, predicted)],
    )


@check("2c-1", topic="value")
def test_joint_loss(check: Check) -> None:
    """joint_loss weighs each loss with its own weight, also where the weights do not sum to one."""
    random = check.random(20)
    losses_of = {
        weights: tuple(random.uniform(0.8, 1.2, 2) * losses)
        for weights, losses in (
            ((0.99, 0.01), (0.4, 1.3)),
            ((2.0, 0.5), (0.25, 3.0)),
            ((0.0, 1.5), (0.7, 0.2)),
            ((0.3, 0.0), (0.5, 12.0)),
        )
    }
    calls = [
        ("joint_loss", [np.float32(loss) for loss in losses], weights)
        for weights, losses in losses_of.items()
    ]
    for (_, losses, weights), got in zip(calls, check.call_each(adapter.loss, *calls)):
        if got is not None:
            check.array_equal("the loss", got["loss"], np.dot(weights, losses))


@check("2c-2", topic="gradient")
def test_joint_gradients(check: Check) -> None:
    """The gradients of joint_loss reach both losses, each with its own weight."""
    random = check.random(21)
    losses = [np.float32(loss) for loss in random.uniform(0.8, 1.2, 2) * (0.4, 1.3)]
    first = float(random.uniform(0.6, 0.9))
    weights = (first, 1 - first)  # that they need not sum to one is judged with the values
    got = check.call(adapter.loss_gradients, "joint_loss", losses, (0, 1), weights)
    judge_number(check, got["loss"])
    for place, name in enumerate(("factorization", "regression")):
        what = f"the gradient with respect to the {name} loss"
        check.gradient(what, got["gradients"][place], np.array(weights[place]))
