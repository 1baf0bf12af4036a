"""Differences between the four runs, on studies whose answers are planted."""

import math
from dataclasses import replace

import numpy as np
import pytest
from planted_study import FINAL, PlantedStudy, plant_claims, plant_everything

from experiments.run import (
    COMPARISONS,
    COURSE_RUNS,
    JOINT_LOSS,
    MRR,
    SEPARATE_50,
    SEPARATE_99,
    SHARED_50,
    SHARED_99,
    TEST_MSE,
    TRAIN_MSE,
)
from experiments.study.measurements import Measurements, measure
from experiments.study.questions.claims import (
    Comparison,
    Moment,
    answer,
    compare,
    comparisons,
    epochs_to_level,
    epochs_to_own_way,
)


@pytest.fixture(scope="module")
def planted() -> Measurements:
    study = PlantedStudy()
    plant_claims(study, seeds=6)
    return measure(study.records)


def two_runs(differences: list[float]) -> Measurements:
    """Return a study in which two runs differ in test MSE by one number a seed, and in no other."""
    study = PlantedStudy(epochs=2)
    for seed, difference in enumerate(differences, 123):
        for run, extra in ((SHARED_99, difference), (SEPARATE_99, 0.0)):
            record = study.add(replace(run, seed=seed, epochs=2), FINAL[SHARED_99.name])
            record.curves[TEST_MSE.key] = [0.9 + seed / 1000 + extra] * 2
    return measure(study.records)


def compared(differences: list[float]) -> Comparison | None:
    return compare(two_runs(differences), SHARED_99, SEPARATE_99, TEST_MSE)


def test_planted_differences_are_found_with_their_sign(planted):
    mse = compare(planted, SEPARATE_99, SHARED_99, TEST_MSE)
    assert mse.difference.value == pytest.approx(0.908 - 1.017, abs=0.005)
    assert mse.verdict == "separate 0.99 is better"
    assert mse.difference.count == 6 == len(mse.values)
    mrr = compare(planted, SHARED_99, SEPARATE_99, MRR)
    assert mrr.difference.value < 0 and mrr.verdict == "separate 0.99 is better"


def test_pairing_by_seed_takes_out_what_the_split_does_to_both(planted):
    paired = compare(planted, SHARED_50, SEPARATE_99, TEST_MSE)
    unpaired = planted.runs[TEST_MSE.key].groupby(planted.runs["embedding_sharing"]).std()
    assert paired.values.std() < 0.5 * unpaired.min()


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([0.2, 0.21, 0.19, 0.22, 0.205], "separate 0.99 is better"),
        ([-0.2, -0.21, -0.19, -0.22, -0.205], "shared 0.99 is better"),
        ([0.2, -0.21, 0.19, -0.22, 0.05], "undecided at 5 seeds"),
        ([0.2, -0.21], "undecided at 2 seeds"),
        ([0.01, -0.02, 0.015, -0.005, 0.002], "about equal (within 0.05)"),
        ([0.01, 0.02, 0.015, 0.012, 0.018], "separate 0.99 is better, by less than 0.05"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(differences, verdict):
    assert compared(differences).verdict == verdict


def test_an_mrr_has_no_margin_in_which_it_is_about_equal(planted):
    same = compare(planted, SEPARATE_50, SEPARATE_99, MRR)
    assert abs(same.difference.value) < 0.01 and "equal" not in same.verdict


def test_one_seed_is_no_answer():
    assert compared([0.3]) is None
    assert answer(two_runs([0.3])) is None


def test_what_each_question_asks_is_judged_by_the_planted_truth(planted):
    verdicts = {(c.question, c.metric, c.moment): c.verdict for c in comparisons(planted)}
    end, way, level = Moment
    assert verdicts["3a", MRR, end] == "separate 0.99 is better"
    assert verdicts["3a", TRAIN_MSE, end] == "separate 0.99 is better"
    assert verdicts["3b", TEST_MSE, end] == "about equal (within 0.05)"
    assert verdicts["3b", JOINT_LOSS, end] == "separate 0.5 is better"
    assert verdicts["3c", TEST_MSE, end] == "shared 0.5 is better"
    assert verdicts["3c", MRR, way] == verdicts["3c", MRR, level] == "shared 0.99 is faster"
    assert ("3c", JOINT_LOSS, end) not in verdicts, "joint losses of other weights are other sums"


def test_the_page_says_where_runs_start_and_end(planted):
    _, table = answer(planted).tables
    assert [row["run"] for row in table.rows] == [run.label for run in COURSE_RUNS]
    row = table.rows[1]
    assert row["start: train MSE"].value == 13 and row["N"] == 6
    assert row["end: train L_F"].value == pytest.approx(0.428, abs=0.002)


def test_runs_of_another_width_fraction_batch_or_partial_seed_are_no_evidence():
    study = PlantedStudy()
    plant_everything(study, seeds=6)
    everything = comparisons(measure(study.records))
    assert {c.difference.count for c in everything} == {6}
    assert {c.question for c in everything} == set(COMPARISONS)


def test_the_table_has_every_comparison_at_full_precision(planted):
    found, table = comparisons(planted), answer(planted).tables[0].data
    assert table["mean"].tolist() == [c.difference.value for c in found]
    assert table["mean, low"].tolist() == [c.difference.low for c in found]
    assert table["verdict"].tolist() == [c.verdict for c in found]


def test_epochs_to_a_level_are_read_between_epochs():
    curve = np.array([10.0, 6.0, 2.0, 1.0])
    assert epochs_to_level(curve, 4.0, upwards=False) == 1.5
    assert epochs_to_level(-curve, -4.0, upwards=True) == 1.5
    assert epochs_to_level(curve, 10.0, upwards=False) == 0
    assert math.isinf(epochs_to_level(curve, 0.5, upwards=False))
    assert epochs_to_own_way(curve) == pytest.approx(2.55)
    assert epochs_to_own_way(np.array([3.0, 3.0])) == 0
