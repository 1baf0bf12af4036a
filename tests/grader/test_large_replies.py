"""A reply as large as it may be costs the grader little more than the reply itself."""

import math
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from replies import AnswerRightBut

import grader
from grader.contents import CONTENTS
from grader.engine.check import FEW, Check, Value
from grader.engine.replies import Reply
from grader.engine.runner import attempt

TESTS = CONTENTS.tests()

NUMBERS = 8_000_000  # of float32, almost as many as one reply may have
BOUND = 16 << 20  # bytes, half of what one copy of the reply would take

Shape = tuple[int, ...]


def with_rows(shape: Shape) -> Shape:
    """Return a large shape that begins as the expected one does."""
    rows = shape[:1] if all(shape[:1]) else (1,)
    return (*rows, NUMBERS // math.prod(rows))


def with_more_dimensions(shape: Shape) -> Shape:
    """Return a large shape of eight dimensions."""
    shape = shape if all(shape) else (1,)
    return (*shape, *(1,) * (7 - len(shape)), NUMBERS // math.prod(shape))


WIDE = {"as many rows as expected": with_rows}
SHAPES = {
    "one row": lambda shape: (NUMBERS,),
    "a column": lambda shape: (NUMBERS, 1),
    "all pairs": lambda shape: (2828, 2828),
    "many dimensions": with_more_dimensions,
}


def measured(id_: str, shapes: dict[str, Callable[[Shape], Shape]]) -> None:
    """Judge a right submission but for one large array, for each of its arrays.

    The shapes take turns, beginning with another one in each test.
    """
    replies: dict[str, Reply] = {}
    attempt(TESTS[id_], Check(AnswerRightBut(replies, None, None)))
    arrays = [(key, name) for key, reply in replies.items() for name in reply.arrays]
    for place, (key, name) in enumerate(arrays, start=[*TESTS].index(id_)):
        how = [*shapes][place % len(shapes)]
        large = np.zeros(shapes[how](replies[key].arrays[name].shape), np.float32)
        tracemalloc.start()
        check = attempt(TESTS[id_], Check(AnswerRightBut(replies, (key, name), large)))
        assert isinstance(check, Check), check
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < BOUND, (name, how, peak)


@pytest.mark.parametrize("id_", TESTS)
def test_a_reply_with_much_in_each_row_takes_no_memory(id_: str) -> None:
    measured(id_, WIDE)


@pytest.mark.thorough
@pytest.mark.parametrize("id_", TESTS)
def test_a_large_reply_of_any_shape_takes_no_memory(id_: str) -> None:
    measured(id_, SHAPES)


def test_numbers_are_given_in_the_expected_shape_or_if_they_are_few() -> None:
    value = Value.of(np.zeros((6, 2), np.float32))
    assert value.numbers(6, 2) is value.few() is value.unchecked
    assert value.numbers(6) is None and value.numbers(2, 6) is None
    assert Value.of(np.zeros(FEW + 1, np.int8)).few() is None
    assert Value().numbers() is None and Value().few() is None


def test_no_test_reads_numbers_of_any_size() -> None:
    for path in Path(grader.__file__).parent.glob("*_tests/*.py"):
        assert "unchecked" not in path.read_text(), path
