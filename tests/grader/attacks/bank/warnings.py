"""Warns a hundred thousand times."""

import warnings

warnings.simplefilter("always")
for number in range(20_000):
    warnings.warn(f"note {number} " + "x" * 100)
