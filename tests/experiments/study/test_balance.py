"""The front of what can be had, and the choice on it, on points with a known answer."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from planted_study import PlantedStudy, plant_everything

from experiments.run import Run
from experiments.study.measurements import Measurements, measure
from experiments.study.questions.balance import (
    Balance,
    answer,
    balances,
    best_balance,
    draw,
    front,
    non_dominated,
)
from experiments.study.questions.methods import beaten_by


@pytest.fixture(scope="module")
def planted() -> Measurements:
    study = PlantedStudy(epochs=2)
    plant_everything(study, seeds=4)
    return measure(study.records)


def balance(weight: float, mse: list[float], mrr: list[float], method: str = "fixed") -> Balance:
    seeds = pd.DataFrame({"mse": mse, "mrr": mrr}, index=range(123, 123 + len(mse)))
    return Balance(Run(True, weight, 1 - weight, balancing=method), seeds)


def test_points_that_another_one_beats_are_off_the_front():
    mse = [1.0, 2.0, 1.5, 1.0, 3.0]
    mrr = [0.1, 0.3, 0.1, 0.1, 0.3]
    assert non_dominated(mse, mrr).tolist() == [True, True, False, True, False]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12),
)
def test_the_front_is_what_the_definition_says(points):
    def beats(one, other):
        return one[0] <= other[0] and one[1] >= other[1] and one != other

    expected = [not any(beats(other, point) for other in points) for point in points]
    assert non_dominated(*zip(*points)).tolist() == expected
    assert any(expected)


def test_the_preference_moves_the_choice_along_the_front():
    points = [
        balance(0.1, [1.00, 1.01], [0.050, 0.051]),
        balance(0.5, [1.02, 1.03], [0.080, 0.081]),
        balance(0.9, [1.20, 1.21], [0.100, 0.101]),
        balance(0.7, [1.25, 1.26], [0.090, 0.091]),
    ]
    assert [p.run.factorization_weight for p in front(points)] == [0.1, 0.5, 0.9]
    chosen = [
        best_balance(points, preference).balance.run.factorization_weight
        for preference in (0, 5, 100)
    ]
    assert chosen == [0.9, 0.5, 0.1]


def test_a_percent_of_mse_is_worth_as_many_percent_of_mrr_as_one_says():
    # 1 % less MSE against 3 % less MRR: it pays from a preference of 3 on.
    points = [balance(0.2, [1.00], [0.097]), balance(0.8, [1.01], [0.100])]
    assert best_balance(points, 2.9).balance.run.factorization_weight == 0.8
    assert best_balance(points, 3.1).balance.run.factorization_weight == 0.2


def test_the_choice_says_in_how_many_seeds_it_is_the_best():
    points = [
        balance(0.2, [1.0, 1.0, 1.3], [0.1, 0.1, 0.1]),
        balance(0.8, [1.2, 1.2, 1.2], [0.1, 0.1, 0.1]),
    ]
    choice = best_balance(points, 1)
    assert (choice.balance.run.factorization_weight, choice.wins, choice.seeds) == (0.2, 2, 3)


@pytest.mark.parametrize("preference", [-1.0, float("nan")])
def test_a_preference_below_nothing_is_refused(preference):
    with pytest.raises(ValueError, match="at least 0"):
        best_balance([balance(0.5, [1.0], [0.1])], preference)


def test_the_sweep_is_read_by_what_runs_are(planted):
    points = balances(planted)
    assert [
        p.run.factorization_weight for p in points if p.run.embedding_sharing and p.is_fixed
    ] == [*(0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)]
    assert {p.run.balancing for p in points if not p.is_fixed} == {
        *("uncertainty", "pcgrad", "cagrad", "mgda", "upgrad", "imtlg")
    }
    half = next(p for p in points if p.run.label == "shared 0.5")
    assert half.mse.count == 3, "the seeds that all have, and no run of another width or fraction"
    assert half.mse.value == pytest.approx(0.907, abs=0.02)


def test_only_seeds_that_all_balances_have_are_compared(planted):
    lucky = planted.runs["split_seed"] == 126  # a seed that the claims have, and the sweep has not
    runs = planted.runs.copy()
    runs.loc[lucky, "eval/MSE"] -= 0.5
    points = balances(replace(planted, runs=runs))
    assert all(list(point.by_seed.index) == [123, 124, 125] for point in points)
    assert all(point.mse.value > 0.8 for point in points)


def test_a_method_is_beaten_by_what_is_better_in_both():
    fixed = [balance(0.1, [1.0], [0.05]), balance(0.9, [1.2], [0.1])]
    assert beaten_by(balance(1.0, [1.1], [0.04], "mgda"), fixed) == [fixed[0]]
    assert beaten_by(balance(1.0, [0.9], [0.04], "mgda"), fixed) == []


def test_points_that_are_equal_share_the_front():
    assert np.array_equal(non_dominated([1, 1], [2, 2]), [True, True])


def test_one_seed_of_a_balance_is_no_answer(planted):
    lonely = (planted.runs["factorization_weight"] == 0.9) & (planted.runs["split_seed"] != 123)
    assert balances(replace(planted, runs=planted.runs[~lonely])) == []
    assert answer(replace(planted, runs=planted.runs[~lonely])) is None
    with pytest.raises(ValueError, match=r"the study needs other weights .* 2 seeds or more"):
        best_balance([], 1.0)


def test_a_persons_choice_has_a_star(planted):
    points = balances(planted)
    labels = [text.get_text() for text in draw(points, points[3]).legends[0].get_texts()]
    assert f"your choice: {points[3].run.label}" in labels
