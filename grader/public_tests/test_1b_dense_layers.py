"""Question 1b in the small: the default layer sizes, and two layers to work out by hand."""

from collections.abc import Callable

import numpy as np

from grader import adapter
from grader.engine.check import Check, Value, agree, check, described
from grader.engine.shapes import list_problem
from grader.public_tests.example import GIVEN_MLP, MLP, RATINGS, ROWS, net, sizes

DEFAULT: adapter.Sizes = {
    "num_users": 4,
    "num_items": 6,
    "embedding_dim": 32,
    "layer_sizes": (96, 64),
    "embedding_sharing": True,
}


@check("1b-0", topic="layers")
def test_default_sizes_make_two_layers(check: Check) -> None:
    """With layer_sizes=(96, 64) there are two dense layers, 96 to 64 and 64 to 1."""
    given = "MultiTaskNet(num_users=4, num_items=6).mlp_layers"
    layers = check.call(adapter.mlp_layers, DEFAULT, given=given)
    judge_kind(check, layers)
    judge_shapes(check, layers, [(64, 96), (64,), (1, 64), (1,)])


def judge_kind(check: Check, layers: Value) -> None:
    """Compare what ``adapter.mlp_layers`` returns of the layers' kind."""
    wanted = "an nn.Module"
    kind = wanted if layers["module"].is_true else described(layers["layers"])
    check.equal("mlp_layers", kind, wanted, "is no nn.Module", (wanted, kind))


def judge_shapes(check: Check, layers: Value, expected: list[tuple[int, ...]]) -> None:
    """Compare the shapes of the parameters, sorted: layers may be made in any order."""
    shapes = sorted(p.shape for p in layers["parameters"].items if p.shape is not None)
    problem = list_problem(shapes, expected)
    check.equal("the list of parameters", shapes, sorted(expected), problem)


@check("1b-1", topic="activations", depends_on=("1b-0",))
def test_relu_between_two_layers(check: Check) -> None:
    """A ReLU follows the first of two layers and not the last, whose output may be negative."""
    given = f"{GIVEN_MLP}, called with {ROWS}"
    got = check.call(adapter.mlp, net(True), np.array(ROWS, np.float32), given=given)
    judge_output(check, got, np.array(RATINGS), lambda: forward_applies_relu(check))


def judge_output(
    check: Check, got: Value, expected: np.ndarray, relu_in_forward: Callable[[], bool]
) -> None:
    """Compare what ``adapter.mlp`` returns of the output, in a row or in a column."""
    output, again = (in_a_row(got[name], len(expected)) for name in ("output", "again"))
    if output.type == "nothing":
        return  # the ReLU of an nn.ModuleList is in forward, which 1c judges
    right = agree(output.numbers(len(expected)), expected)
    if right or not (got["plain"].is_true and relu_in_forward()):
        check.array_equal("the output of mlp_layers", output, expected, again)


def in_a_row(output: Value, count: int) -> Value:
    column = output.numbers(count, 1)
    return output if column is None else Value.of(column[:, 0], output.type)


def forward_applies_relu(check: Check) -> bool:
    """Whether the student's forward puts the ReLU between plain layers."""
    # Tables of zeros make the MLP's input zero, however forward puts it together. Then the hidden
    # units are ReLU(-2) = 0 and ReLU(3) = 3, and the rating is 4 * 0 - 1 * 3 + 0.5 = -2.5.
    zeros = {name: np.zeros((rows, 2), np.float32) for name, rows in (("U", 2), ("Q", 3))}
    zeros |= {name: np.zeros((rows, 1), np.float32) for name, rows in (("A", 2), ("B", 3))}
    rest: tuple[list, ...] = ([-2, 3], [[4, -1]], [0.5])
    dense = [np.array(array, np.float32) for array in (MLP[0], *rest)]
    asked: adapter.Net = {"sizes": sizes(True), "tables": zeros, "dense": dense, "earlier": {}}
    got = check.try_call(adapter.rating_with_own_mlp, asked, [1, 0], [2, 0])
    return got is not None and agree(got[1].numbers(2), np.array([-2.5, -2.5]))
