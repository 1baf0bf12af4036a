"""What a few seeds tell about all seeds: intervals, p-values, and families of claims."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 9999  # so that the 2.5 % points are values and not between two
RESAMPLING_SEED = 0
TIED_SHARE = 0.01
ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A mean, or a standard deviation, over seeds.

    Attributes
    ----------
    value : float
    low, high : float
        The ends of its 95 % interval; NaN with a single seed, which tells nothing of others.
    count : int
        Seeds.
    method : str
        How the interval was made.
    """

    value: float
    low: float
    high: float
    count: int
    method: str


def mean_interval(values: Sequence[float]) -> Estimate:
    """Return the mean of one value a seed, with its 95 % interval.

    The interval is the studentized bootstrap's ("bootstrap-t"; Efron and Tibshirani, *An
    Introduction to the Bootstrap*, 1993, chapter 12.5; Hall, 1988, doi 10.1214/aos/1176350933):
    resampled means are measured in their own standard errors, as Student's t does, so that the
    interval is as wide as few values demand, and skewness moves it. Where more than 1 % of the
    resamples have no standard error, because there are fewer than five values or because most
    of them are equal, it is Student's t, which is right for normal values.

    How often 95 % intervals held the true mean, in 1,500 simulated samples each:

    ==================  ============  =============  ==============
    method              N = 5         N = 10         N = 20
    ==================  ============  =============  ==============
    bootstrap-t         94 / 93 / 91  95 / 93 / 93   95 / 95 / 94 %
    Student's t         94 / 89 / 86  96 / 90 / 89   95 / 92 / 92 %
    BCa bootstrap       83 / 81 / 77  91 / 86 / 87   94 / 92 / 90 %
    percentile          82 / 80 / 77  92 / 85 / 86   93 / 91 / 90 %
    ==================  ============  =============  ==============

    for normal / exponential / log-normal (sigma 0.75) values. The same values in the same order
    give the same interval.
    """
    sample = _sample(values)
    mean, error = _mean_and_error(sample)
    if len(sample) < 2:
        return Estimate(mean, math.nan, math.nan, len(sample), "none: a single seed")
    if error == 0:
        return Estimate(mean, mean, mean, len(sample), "all seeds agree")
    studentized = _studentized_resamples(sample)
    if studentized is None:
        reach = float(stats.t.ppf((1 + LEVEL) / 2, len(sample) - 1)) * error
        return Estimate(mean, mean - reach, mean + reach, len(sample), "Student's t")
    tail = round((RESAMPLES + 1) * (1 - LEVEL) / 2)
    low, high = float(studentized[-tail]), float(studentized[tail - 1])
    return Estimate(mean, mean - low * error, mean - high * error, len(sample), "bootstrap-t")


def bounded(estimate: Estimate, least: float, most: float) -> Estimate:
    """Return the estimate of a mean that cannot lie outside of two bounds."""
    low, high = np.clip([estimate.low, estimate.high], least, most).tolist()
    return replace(estimate, low=low, high=high)


def p_value(values: Sequence[float], mean: float) -> float:
    """Return the two-sided p-value of "the true mean is ``mean``", by ``mean_interval``'s method.

    It is at most 5 % exactly where the 95 % interval leaves ``mean`` out. With a single seed it
    is 1.
    """
    sample = _sample(values)
    observed, error = _mean_and_error(sample)
    if len(sample) < 2:
        return 1.0
    if error == 0:
        return 1.0 if observed == mean else 0.0
    t = (observed - mean) / error
    studentized = _studentized_resamples(sample)
    if studentized is None:
        return float(2 * stats.t.sf(abs(t), len(sample) - 1))
    beyond = min((studentized >= t).sum(), (studentized <= t).sum())
    return min(1.0, 2 * (int(beyond) + 1) / (RESAMPLES + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for a family of claims at once (Holm, 1979).

    Taking for shown what has an adjusted value of at most 5 % is wrong about even one of them in at
    most 5 % of studies, however the claims depend on each other.
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    adjusted, least = [1.0] * len(p_values), 0.0
    for place, k in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[k]))
        adjusted[k] = least
    return adjusted


def deviation_interval(values: Sequence[float]) -> Estimate:
    """Return the standard deviation (of N - 1 degrees of freedom) with its 95 % interval.

    The interval is chi-squared's, which is right for normal values; bootstraps of a deviation
    need far more seeds than a study has.
    """
    sample = _sample(values)
    if len(sample) < 2:
        return Estimate(math.nan, math.nan, math.nan, len(sample), "none: a single seed")
    deviation, freedom = float(sample.std(ddof=1)), len(sample) - 1
    low, high = (
        deviation * math.sqrt(freedom / float(stats.chi2.ppf(share, freedom)))
        for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)
    )
    return Estimate(deviation, low, high, len(sample), "chi-squared")


def _sample(values: Sequence[float]) -> np.ndarray:
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise ValueError(f"one finite value a seed is needed, got {values!r}")
    return sample


def _mean_and_error(sample: np.ndarray) -> tuple[float, float]:
    """Return the mean and its standard error, which is 0 for equal values but for rounding."""
    if np.ptp(sample) <= ROUNDING * np.abs(sample).max():
        return float(sample[0]), 0.0
    return float(sample.mean()), float(sample.std(ddof=1) / math.sqrt(len(sample)))


@lru_cache(maxsize=32)
def _draws(size: int) -> np.ndarray:
    """Return which values each resample takes, shape (size, RESAMPLES)."""
    return np.random.default_rng(RESAMPLING_SEED).integers(0, size, (size, RESAMPLES))


def _studentized_resamples(sample: np.ndarray) -> np.ndarray | None:
    """Return (resample's mean - mean) / resample's standard error, sorted, shape (RESAMPLES,).

    None where more than ``TIED_SHARE`` of the resamples hold one value only, and so no error.
    """
    resamples = sample[_draws(len(sample))]
    tied = np.ptp(resamples, axis=0) == 0
    if tied.mean() > TIED_SHARE:
        return None
    distance = resamples.mean(axis=0) - sample.mean()
    error = np.where(tied, 1, resamples.std(axis=0, ddof=1)) / math.sqrt(len(sample))
    return np.sort(np.where(tied, np.copysign(np.inf, distance), distance / error))
