"""Questions 2a to 2c: values of several batches, and gradients that belong to the values."""

from collections.abc import Callable, Sequence

import numpy as np

from grader import oracle
from grader.engine.check import Answer, Judge, agree, graded, is_numeric, program_of
from grader.programs import backward, call, report, track

STEP = 1e-3


def batches(judge: Judge, scale: float) -> list[tuple[np.ndarray, ...]]:
    """Return pairs of arrays, of several lengths."""
    random = judge.random(17)
    return [tuple(random.normal(scale=scale, size=(2, size))) for size in (5, 1, 8)]


def stars(judge: Judge) -> list[tuple[np.ndarray, ...]]:
    """Return observed ratings, and predictions that are not all between 1 and 5, nor near."""
    random = judge.random(18)
    pairs = [
        (random.randint(1, 6, size).astype(float), random.normal(3, 2.5, size))
        for size in (6, 1, 9)
    ]
    far = np.array([random.uniform(-12, -8), random.uniform(14, 20), random.uniform(3.2, 3.4)])
    halves = np.array([random.randint(2, 5) + 0.5, 0.5, random.uniform(2.9, 3.1)])
    return [*pairs, (halves, far)]


def judge_values(
    judge: Judge,
    function: str,
    names: tuple[str, str],
    pairs: list[tuple[np.ndarray, ...]],
    right: Callable[[np.ndarray, np.ndarray], float],
) -> None:
    """Compare a loss of several batches with the right one, and its arguments with themselves."""
    batches = [dict(zip(names, (array.astype(np.float32) for array in pair))) for pair in pairs]
    programs = {
        index: program_of(call(function, *names), report(*names), **batch)
        for index, batch in enumerate(batches)
    }
    for index, answer in judge.ask_each(programs):
        judge.equal("the loss", answer["out"], right(*pairs[index]))
        for name, array in batches[index].items():
            judge.equal(f"the tensor {name} after the call", answer[name], array)


def judge_gradients(
    judge: Judge,
    function: str,
    inputs: dict[str, np.ndarray],
    wrt: Sequence[str],
    expected: Sequence[np.ndarray],
    constants: tuple[float, ...] = (),
) -> None:
    """Compare gradients with the right ones, or else with the function's own differences.

    A loss that is wrong, and has lost its points for that, may still have its own gradients.
    """
    steps = [
        track(*wrt),
        call(function, *inputs, *constants),
        backward("out", "one", wrt, "gradient"),
    ]
    # As in training, float32: a right loss may have constants of that type.
    arrays = {name: np.asarray(array, np.float32) for name, array in inputs.items()}
    shifted = {}
    for name in wrt:
        direction = np.random.RandomState(3).normal(size=arrays[name].shape)
        for sign, side in ((1, "above"), (-1, "below")):
            moved_array = arrays[name] + sign * STEP * direction
            shifted[f"{name}_{side}"] = moved_array.astype(np.float32)
            moved = [f"{name}_{side}" if name == other else f"{other}_fixed" for other in inputs]
            steps.append(call(function, *moved, *constants, name=f"at_{name}_{side}"))
    fixed = {f"{name}_fixed": array for name, array in arrays.items()}
    answer = judge.ask(*steps, **arrays, **fixed, **shifted, one=np.array(1.0, np.float32))
    judge.fact("the loss", kind(answer), "a number", "is not a single number")
    for name, right in zip(wrt, expected):
        got = answer[f"gradient:{name}"]
        what = f"the gradient with respect to {name}"
        if not agree(got.numbers(*right.shape), right) and own(answer, name, right.shape):
            judge.fact(what, "its own", "its own", "")
        else:
            judge.gradient(what, got, right)


def kind(answer: Answer) -> str:
    return "a number" if answer["out"].shape == () else "something else"


def own(answer: Answer, name: str, shape: tuple[int, ...]) -> bool:
    """Whether a gradient is that of the value that the submission itself returns."""
    gradient = answer[f"gradient:{name}"].numbers(*shape)
    above, below = (answer[f"at_{name}_{side}"].numbers() for side in ("above", "below"))
    if gradient is None or above is None or below is None or not gradient.any():
        return False
    if not (is_numeric(above) and is_numeric(below) and is_numeric(gradient)):
        return False
    direction = np.random.RandomState(3).normal(size=gradient.shape)
    slope = (float(above) - float(below)) / (2 * STEP)
    return bool(np.isclose((gradient * direction).sum(), slope, rtol=0.02, atol=1e-3))


@graded("2a-1", about="value")
def test_bpr_loss(judge: Judge) -> None:
    """bpr_loss is the mean of 1 - sigmoid(p_pos - p_neg), and leaves its arguments as they are."""
    ahead, behind, near, apart = judge.random(19).uniform(0.9, 1.1, 4) * (15, -15, 0.5, 7.5)
    far_apart = np.array([ahead, behind, near, apart]), np.array([-15, 15, 0.25, -apart])
    pairs = [*batches(judge, 2.0), far_apart]
    judge_values(judge, "loss.bpr_loss", ("positive", "negative"), pairs, oracle.bpr)


@graded("2a-2", about="gradient")
def test_bpr_gradients(judge: Judge) -> None:
    """The gradients of bpr_loss reach both kinds of scores."""
    positive, negative = batches(judge, 1.5)[0]
    judge_gradients(
        judge,
        "loss.bpr_loss",
        {"positive": positive, "negative": negative},
        ("positive", "negative"),
        oracle.bpr_gradients(positive, negative),
    )


@graded("2b-1", about="value")
def test_regression_loss(judge: Judge) -> None:
    """regression_loss is the mean squared error, and leaves its arguments as they are."""
    names = ("observed", "predicted")
    judge_values(judge, "loss.regression_loss", names, stars(judge), oracle.mean_squared_error)


@graded("2b-2", about="gradient")
def test_regression_gradients(judge: Judge) -> None:
    """The gradients of regression_loss reach the predicted ratings."""
    observed, predicted = stars(judge)[0]
    judge_gradients(
        judge,
        "loss.regression_loss",
        {"observed": observed, "predicted": predicted},
        ("predicted",),
        [oracle.mean_squared_error_gradient(observed, predicted)],
    )


@graded("2c-1", about="value")
def test_joint_loss(judge: Judge) -> None:
    """joint_loss weighs each loss with its own weight, also where the weights do not sum to one."""
    random = judge.random(20)
    losses_of = {
        weights: tuple(random.uniform(0.8, 1.2, 2) * losses)
        for weights, losses in (
            ((0.99, 0.01), (0.4, 1.3)),
            ((2.0, 0.5), (0.25, 3.0)),
            ((0.0, 1.5), (0.7, 0.2)),
            ((0.3, 0.0), (0.5, 12.0)),
        )
    }
    programs = {
        weights: program_of(
            call("loss.joint_loss", "factorization", "regression", *weights),
            factorization=losses[0],
            regression=losses[1],
        )
        for weights, losses in losses_of.items()
    }
    for weights, answer in judge.ask_each(programs):
        judge.equal("the loss", answer["out"], np.dot(weights, losses_of[weights]))


@graded("2c-2", about="gradient")
def test_joint_gradients(judge: Judge) -> None:
    """The gradients of joint_loss reach both losses."""
    random = judge.random(21)
    losses, weights = random.uniform(0.8, 1.2, (2, 2)) * ((0.4, 1.3), (2.0, 0.7))
    judge_gradients(
        judge,
        "loss.joint_loss",
        dict(zip(("factorization", "regression"), losses)),
        ("factorization", "regression"),
        [np.array(weight) for weight in weights],
        constants=tuple(float(weight) for weight in weights),
    )
