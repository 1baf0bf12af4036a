"""Both questions with other numbers."""

import numpy as np

from another_assignment import adapter
from grader.engine.check import Check, check


@check("p-1", topic="value")
def test_many_points(check: Check) -> None:
    """predict works for any number of points."""
    x = check.random(1).normal(size=20)
    got = check.call(adapter.predict, x, -0.5, 2.0)
    check.array_equal("the prediction", got, 2.0 - 0.5 * x)


@check("f-1", topic="value", depends_on=("predict",))
def test_the_sum_of_squares_is_least(check: Check) -> None:
    """fit minimizes the sum of squared residuals."""
    x, noise = check.random(2).normal(size=(2, 30))
    y = 1.5 * x - 0.3 + noise
    got = check.call(adapter.fit, x, y)
    for place, right in enumerate(np.polyfit(x, y, 1)):
        check.array_equal(f"returned value {place}", got[place], right)
