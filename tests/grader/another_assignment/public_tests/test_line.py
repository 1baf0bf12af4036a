"""Both questions in numbers that can be checked in the head."""

from another_assignment import adapter
from grader.engine.check import Check, check


@check("p-0", topic="value")
def test_a_point_on_the_line(check: Check) -> None:
    """predict returns slope * x + intercept."""
    got = check.call(adapter.predict, [1, 2], 3.0, 1.0, given="predict(array([1, 2]), 3.0, 1.0)")
    check.array_equal("the prediction", got, [4, 7])


@check("f-0", topic="value")
def test_two_points(check: Check) -> None:
    """fit returns slope and intercept of the line through two points."""
    got = check.call(adapter.fit, [0, 1], [1, 3], given="fit(array([0, 1]), array([1, 3]))")
    check.equal("the number of returned values", got.length, 2, "is not 2")
    for place, right in enumerate((2, 1)):
        check.array_equal(f"returned value {place}", got[place], right)
