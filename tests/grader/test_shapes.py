"""A wrong shape is explained as torch makes it, and a right one is not."""

import pytest
import torch

from grader.engine.shapes import list_problem, shape_hint

COLUMN, ROW = torch.zeros(3, 1), torch.zeros(3)


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (COLUMN + ROW, ROW, "(3, 1) + (3,) gives (3, 3)"),
        (torch.zeros(1, 1).squeeze(), torch.zeros(1), "lost its only dimension: squeeze()"),
        (torch.zeros(1, 4).squeeze(), torch.zeros(1, 4), "lost a dimension of size 1"),
        (COLUMN, ROW, "a dimension of size 1 too many"),
        (torch.zeros(4, 3), torch.zeros(4, 3).T, "in the other order"),
        (ROW.mean(), ROW, "a single number: a sum or a mean"),
        (ROW, ROW.mean(), "a mean or a sum over its entries is missing"),
    ],
)
def test_a_slip_is_told_by_its_shape(got, expected, said: str) -> None:
    assert said in shape_hint(tuple(got.shape), tuple(expected.shape))


@pytest.mark.parametrize(
    "shapes", [((3,), (3,)), ((5,), (3,)), ((1,), (1,)), ((), ()), ((4, 3), (5, 3))]
)
def test_nothing_is_said_where_shapes_do_not_tell(shapes) -> None:
    assert shape_hint(*shapes) == ""


def test_a_missing_layer_is_told_from_a_layer_of_another_size() -> None:
    layers = [(64, 96), (64,), (1, 64), (1,)]
    assert list_problem(layers[:2], layers).startswith("is 2 too short")
    assert list_problem([*layers, (1,)], layers).startswith("is 1 too long")
    assert list_problem([(32, 96), (32,), (1, 32), (1,)], layers) == "has other shapes"
