"""What a wrong shape says about the mistake behind it; it holds no number of a test."""

from collections.abc import Sequence

Shape = tuple[int, ...]


def list_problem(got: Sequence[Shape], expected: Sequence[Shape]) -> str:
    """Return how a list of parameters differs from the right one, as the end of a sentence."""
    more = len(got) - len(expected)
    if not more:
        return "has other shapes"
    length = f"{abs(more)} too {'long' if more > 0 else 'short'}"
    return f"is {length}: a dense layer has two, a weight and a bias"


def shape_hint(got: Shape, expected: Shape) -> str:
    """Return a sentence on how code comes to return one shape instead of another.

    Empty where the shapes alone do not tell.
    """
    without_ones = tuple(size for size in expected if size != 1)
    if len(expected) == 1 and len(got) == 2 and got[0] == got[1] == expected[0] > 1:
        (n,) = expected
        return f"A column and a row make a table: ({n}, 1) + ({n},) gives ({n}, {n})."
    if got == without_ones and got != expected:
        lost = "its only dimension" if len(expected) == 1 else "a dimension of size 1"
        return f"It has lost {lost}: squeeze() takes out every dimension of size 1; name the one."
    if tuple(size for size in got if size != 1) == without_ones and len(got) > len(expected):
        return "It has a dimension of size 1 too many: squeeze that one, or index it."
    if len(got) > 1 and got == expected[::-1]:
        return "Its dimensions are in the other order: transpose it."
    if not got and expected:
        return "It is a single number: a sum or a mean has gone over every dimension."
    if got and not expected:
        return "It is not a single number yet: a mean or a sum over its entries is missing."
    return ""
