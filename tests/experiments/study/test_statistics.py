"""Intervals, against cases with a known answer."""

import math

import numpy as np
import pytest
from scipy import stats

from experiments.study.statistics import bounded, deviation_interval, mean_interval


def samples(kind: str, size: int, count: int) -> np.ndarray:
    """Return samples with mean 0, one a row."""
    draw = np.random.default_rng(3)
    if kind == "normal":
        return draw.normal(size=(count, size))
    return draw.exponential(size=(count, size)) - 1


@pytest.mark.parametrize(
    ("kind", "size", "least"),
    [("normal", 2, 0.93), ("normal", 3, 0.93), ("normal", 10, 0.93), ("skewed", 10, 0.86)],
)
def test_intervals_hold_the_true_mean_about_95_times_in_100(kind, size, least):
    intervals = [mean_interval(sample) for sample in samples(kind, size, 1000)]
    coverage = np.mean([interval.low <= 0 <= interval.high for interval in intervals])
    assert least < coverage < 0.97


def test_a_true_null_is_found_different_at_the_stated_rate():
    signs = [mean_interval(sample).sign for sample in samples("normal", 10, 1000)]
    assert 0.03 < np.mean([sign != 0 for sign in signs]) < 0.07
    assert {-1, 0, 1} == set(signs)


def test_a_planted_difference_is_found_with_its_sign():
    for planted in (1.5, -1.5):
        signs = [mean_interval(sample + planted).sign for sample in samples("normal", 10, 200)]
        assert np.mean([sign == np.sign(planted) for sign in signs]) > 0.95


def test_the_interval_is_students_t():
    values = [1.0, 2.0, 4.0]
    interval = mean_interval(values)
    reach = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) / math.sqrt(3)
    assert (interval.low, interval.high) == pytest.approx((7 / 3 - reach, 7 / 3 + reach))
    assert interval.bars == [[pytest.approx(reach)], [pytest.approx(reach)]]


def test_one_seed_has_no_interval():
    interval = mean_interval([0.5])
    assert (interval.value, interval.count, interval.sign) == (0.5, 1, 0)
    assert math.isnan(interval.low) and math.isnan(interval.high)
    assert interval.bars == [[0.0], [0.0]]
    assert math.isnan(deviation_interval([0.5]).value)


def test_values_that_differ_by_rounding_only_are_equal():
    interval = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert (interval.low, interval.high) == (interval.value, interval.value)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [1.0, math.inf]])
def test_values_that_are_no_numbers_are_refused(values):
    with pytest.raises(ValueError, match="one finite value a seed"):
        mean_interval(values)


def test_deviation_intervals_hold_the_true_deviation_95_times_in_100():
    intervals = [deviation_interval(sample) for sample in samples("normal", 5, 1000)]
    assert 0.93 < np.mean([i.low <= 1 <= i.high for i in intervals]) < 0.97


def test_an_interval_ends_where_a_quantity_does():
    share = bounded(mean_interval([0.0, 0.1, 0.3]), 0, 1)
    assert share.low == 0 and share.value == pytest.approx(0.4 / 3) and share.high < 1
