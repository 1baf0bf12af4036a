"""Intervals, p-values and families of claims, against cases with a known answer."""

import math

import numpy as np
import pytest
from scipy import stats

from experiments.study.statistics import deviation_interval, holm, mean_interval, p_value


def samples(kind: str, size: int, count: int) -> np.ndarray:
    """Return samples with mean 0, one a row."""
    draw = np.random.default_rng(3)
    if kind == "normal":
        return draw.normal(size=(count, size))
    return draw.exponential(size=(count, size)) - 1


@pytest.mark.parametrize(
    ("kind", "size", "least"),
    [("normal", 3, 0.92), ("normal", 5, 0.90), ("skewed", 5, 0.89), ("skewed", 10, 0.90)],
)
def test_intervals_hold_the_true_mean_about_95_times_in_100(kind, size, least):
    intervals = [mean_interval(sample) for sample in samples(kind, size, 400)]
    coverage = np.mean([interval.low <= 0 <= interval.high for interval in intervals])
    assert least < coverage < 0.985


def test_a_true_null_is_found_different_at_the_stated_rate():
    p_values = np.array([p_value(sample, 0.0) for sample in samples("normal", 10, 400)])
    assert 0.02 < (p_values < 0.05).mean() < 0.085
    assert 0.40 < (p_values < 0.5).mean() < 0.60


def test_a_planted_difference_is_found():
    found = [p_value(sample + 1.5, 0.0) < 0.05 for sample in samples("normal", 10, 200)]
    assert np.mean(found) > 0.95


def test_p_values_and_intervals_decide_alike():
    for sample in samples("skewed", 6, 60):
        interval = mean_interval(sample)
        outside = not interval.low <= 0 <= interval.high
        assert outside == (p_value(sample, 0.0) < 0.05)


def test_a_skewed_sample_moves_its_interval_to_the_longer_tail():
    interval = mean_interval([0, 0.1, 0.15, 0.2, 0.3, 0.35, 2.0])
    assert interval.method == "bootstrap-t"
    assert interval.high - interval.value > 1.5 * (interval.value - interval.low)


def test_the_same_numbers_give_the_same_interval_twice():
    values = [0.3, 0.1, 0.9, 0.4, 0.2]
    assert mean_interval(values) == mean_interval(values)


def test_with_few_seeds_it_is_students_t():
    values = [1.0, 2.0, 4.0]
    interval = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert interval.method == "Student's t"
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert p_value(values, 1.0) == pytest.approx(stats.ttest_1samp(values, 1.0).pvalue)


def test_many_equal_values_do_not_make_an_endless_interval():
    interval = mean_interval([3, 3, 3, 3, 4])
    assert interval.method == "Student's t"
    assert math.isfinite(interval.low) and math.isfinite(interval.high)


def test_one_seed_tells_nothing_of_others():
    interval = mean_interval([0.5])
    assert (interval.value, interval.count) == (0.5, 1)
    assert math.isnan(interval.low) and math.isnan(interval.high)
    assert p_value([0.5], 0.0) == 1


def test_values_that_differ_by_rounding_only_are_equal():
    interval = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert (interval.low, interval.high) == (interval.value, interval.value)
    assert interval.method == "all seeds agree"


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [1.0, math.inf]])
def test_values_that_are_no_numbers_are_refused(values):
    with pytest.raises(ValueError, match="one finite value a seed"):
        mean_interval(values)


def test_holm_multiplies_the_smallest_by_all_and_never_falls():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.5]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_is_wrong_about_any_of_twenty_nulls_in_a_twentieth_of_studies():
    families = np.random.default_rng(3).uniform(size=(1000, 20))
    wrong = np.mean([min(holm(list(family))) < 0.05 for family in families])
    assert 0.03 < wrong < 0.07
    assert np.mean((families < 0.05).any(axis=1)) > 0.5, "unadjusted, most studies find something"


def test_deviation_intervals_hold_the_true_deviation_95_times_in_100():
    intervals = [deviation_interval(sample) for sample in samples("normal", 5, 1000)]
    assert 0.93 < np.mean([i.low <= 1 <= i.high for i in intervals]) < 0.97
