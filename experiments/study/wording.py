"""Numbers and symbols as people read them."""

import math

from experiments.study.statistics import Estimate

MINUS = "−"


def decimals_of(estimate: Estimate) -> int:
    """Return the decimals that show two digits of the interval's half width, at most 5.

    Without a width they are those that show four digits of the value, at most 4.
    """
    half = (estimate.high - estimate.low) / 2
    if not (math.isfinite(half) and half > 0):
        digits = math.floor(math.log10(abs(estimate.value))) if estimate.value else 0
        return min(4, max(0, 3 - digits))
    return min(5, max(0, 1 - math.floor(math.log10(half))))


def fixed(value: float, decimals: int) -> str:
    """Return a number with a real minus sign."""
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def with_interval(estimate: Estimate) -> str:
    """Return ``0.907 [0.894, 0.921]``; a dash for the interval of a single seed."""
    decimals = decimals_of(estimate)
    value = fixed(estimate.value, decimals)
    if math.isnan(estimate.low):
        return f"{value} [–]"
    return f"{value} [{fixed(estimate.low, decimals)}, {fixed(estimate.high, decimals)}]"


def with_seeds(estimate: Estimate) -> str:
    """Return ``0.907 [0.894, 0.921], N = 10``."""
    return f"{with_interval(estimate)}, N = {estimate.count}"


def small_p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def sentence(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def listed(names: list[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
