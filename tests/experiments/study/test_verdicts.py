"""Claims, judged on studies whose answers are planted."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted_study import FINAL, PlantedStudy, plant_claims, plant_everything

from experiments.configuration import METRICS
from experiments.run import COURSE_RUNS
from experiments.study.claims import (
    CLAIMS,
    MRR,
    SEPARATE_99,
    SHARED_50,
    SHARED_99,
    TEST_MSE,
    TRAIN_MSE,
    Claim,
    alike,
    better,
    within,
)
from experiments.study.measurements import Measurements, read_measurements
from experiments.study.quantities import Quantity, epochs_to_level, epochs_to_own_way
from experiments.study.statistics import Estimate
from experiments.study.verdicts import (
    DOES_NOT_HOLD,
    HOLDS,
    UNDECIDED,
    Judgement,
    claims_table,
    disagreements,
    judge_claims,
    verdict_of,
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    study = PlantedStudy()
    plant_claims(study, seeds=6)
    return read_measurements(study.write(tmp_path_factory.mktemp("planted")))


def judge(measurements: Measurements, claim: Claim) -> Judgement:
    (judgement,) = judge_claims(measurements, [claim])
    return judgement


def two_runs(folder: Path, differences: list[float]) -> Measurements:
    """Return a study in which two runs differ in test MSE by one number a seed, and in no other."""
    study = PlantedStudy(epochs=2)
    for seed, difference in enumerate(differences, 123):
        for run, extra in ((SHARED_99, difference), (SEPARATE_99, 0.0)):
            study.add(replace(run, seed=seed, epochs=2), FINAL[SHARED_99.name])
            study.rows[-1][TEST_MSE] = 0.9 + seed / 1000 + extra
    return read_measurements(study.write(folder))


def test_planted_differences_are_found_with_their_sign(planted):
    lower = judge(planted, better("3a", "B", SEPARATE_99, SHARED_99, Quantity(TEST_MSE)))
    assert lower.verdict == HOLDS and lower.other_verdict_at == DOES_NOT_HOLD
    assert lower.estimate.value == pytest.approx(0.908 - 1.017, abs=0.005)
    assert lower.estimate.count == 6 == len(lower.values)
    higher = judge(planted, better("3a", "B", SHARED_99, SEPARATE_99, Quantity(MRR)))
    assert higher.verdict == DOES_NOT_HOLD and higher.other_verdict_at == HOLDS


def test_pairing_by_seed_takes_out_what_the_split_does_to_both(planted):
    judgement = judge(planted, better("3b", "B", SHARED_50, SEPARATE_99, Quantity(TEST_MSE)))
    unpaired = planted.runs[TEST_MSE].groupby(planted.runs["embedding_sharing"]).std()
    assert judgement.values.std() < 0.5 * unpaired.min()


def test_a_difference_of_nothing_is_undecided_and_says_at_how_many_seeds(tmp_path):
    claim = better("3a", "B", SEPARATE_99, SHARED_99, Quantity(TEST_MSE))
    judgement = judge(two_runs(tmp_path, [0.01, -0.02, 0.015, -0.005, 0.002]), claim)
    assert judgement.verdict == UNDECIDED
    assert judgement.verdict_at == "undecided at 5 seeds" == judgement.other_verdict_at


def test_one_seed_decides_nothing(tmp_path):
    claim = better("3a", "B", SEPARATE_99, SHARED_99, Quantity(TEST_MSE))
    assert judge(two_runs(tmp_path, [0.3]), claim).verdict_at == "undecided at 1 seed"


def test_about_equal_needs_the_whole_interval_within_the_margin(tmp_path):
    claim = alike("3a", "A", SEPARATE_99, SHARED_99, Quantity(TEST_MSE))
    for k, (differences, verdict) in enumerate(
        (
            ([0.01, 0.02, 0.015, 0.012, 0.018], HOLDS),
            ([0.2, 0.21, 0.19, 0.22, 0.205], DOES_NOT_HOLD),
            ([0.2, -0.21, 0.19, -0.22, 0.05], UNDECIDED),
        )
    ):
        assert judge(two_runs(tmp_path / str(k), differences), claim).verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.1, 0.2, HOLDS),
        (-0.2, -0.1, DOES_NOT_HOLD),
        (-0.1, 0.1, UNDECIDED),
        (0.0, 0.1, UNDECIDED),
        (math.nan, math.nan, UNDECIDED),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(low, high, verdict):
    assert verdict_of(Estimate(0.1, low, high, 5, ""), 0.0, math.inf) == verdict


def test_a_single_runs_claim_looks_at_that_run_alone(planted):
    assert judge(planted, within("3b", "B", SHARED_50, Quantity(TRAIN_MSE), 0.8, 0.9)).verdict == (
        HOLDS
    )
    assert judge(planted, within("3b", "B", SHARED_99, Quantity(TRAIN_MSE), 0.8, 0.9)).verdict == (
        DOES_NOT_HOLD
    )


def test_every_claim_of_the_answers_is_judged_by_the_planted_truth(planted):
    judgements = judge_claims(planted)
    assert len(judgements) == len(CLAIMS)
    failing = {(j.claim.question, j.claim.text) for j in judgements if j.verdict != HOLDS}
    assert {text.split(" (")[0] for _, text in failing} == {
        "separate and shared have about equal train MSE",
        "separate and shared have about equal test MSE",
        "separate and shared have about equal train joint loss",
        "shared 0.99 and shared 0.5 have about equal train MSE",
        "shared 0.99 and shared 0.5 have about equal test MSE",
    }
    # 3b's "about equal" MSE holds: only 3a's does not.
    assert ("3b", "separate and shared have about equal test MSE (within 0.05)") not in failing


def test_where_the_answers_disagree_the_runs_say_who_is_right(planted, tmp_path):
    points = disagreements(judge_claims(planted))
    assert [
        (point.question, point.judgements[0].claim.quantity.metric, point.right) for point in points
    ] == [
        ("3a", TRAIN_MSE, "answer B"),
        ("3a", TEST_MSE, "answer B"),
        ("3c", TRAIN_MSE, "answer B"),
        ("3c", TEST_MSE, "answer B"),
    ]
    small = two_runs(tmp_path, [0.01, 0.012, 0.011, 0.013, 0.009])
    (point,) = (
        p
        for p in disagreements(judge_claims(small))
        if p.judgements[0].claim.quantity.metric == TEST_MSE
    )
    assert point.right.startswith("both")


def test_runs_of_another_width_fraction_batch_or_partial_seed_are_no_evidence(planted, tmp_path):
    study = PlantedStudy()
    plant_everything(study, seeds=6)
    everything = read_measurements(study.write(tmp_path))
    assert [j.estimate.count for j in judge_claims(everything)] == [6] * len(CLAIMS)


def test_runs_that_were_only_watched_besides_count_once(tmp_path):
    study = PlantedStudy(epochs=2)
    for seed in (123, 124):
        for interval in (None, 1):
            for run in COURSE_RUNS:
                run = replace(run, seed=seed, epochs=2, gradient_interval=interval)
                study.add(run, FINAL[run.name])
    judgements = judge_claims(read_measurements(study.write(tmp_path)))
    assert {j.estimate.count for j in judgements} == {2}


def test_the_table_has_both_directions_of_each_claim_at_full_precision(planted):
    judgements = judge_claims(planted)
    table = claims_table(judgements)
    assert len(table) == 2 * len(judgements)
    assert set(table["direction"]) == {"claimed", "other"}
    assert table["mean"].iloc[0] == judgements[0].estimate.value
    assert (table["family_p_value"] >= table["p_value"]).all()


def test_without_curves_the_claims_on_curves_are_left_out(planted):
    bare = replace(planted, curves=planted.curves.iloc[:0])
    kept = judge_claims(bare)
    assert kept and all(j.claim.quantity.moment == "at the end" for j in kept)


def test_epochs_to_a_level_are_read_between_epochs():
    curve = np.array([10.0, 6.0, 2.0, 1.0])
    assert epochs_to_level(curve, 4.0, upwards=False) == 1.5
    assert epochs_to_level(-curve, -4.0, upwards=True) == 1.5
    assert epochs_to_level(curve, 10.0, upwards=False) == 0
    assert math.isinf(epochs_to_level(curve, 0.5, upwards=False))
    assert epochs_to_own_way(curve) == pytest.approx(2.55)
    assert epochs_to_own_way(np.array([3.0, 3.0])) == 0


def test_the_metrics_are_named_in_their_order():
    assert (METRICS[1], METRICS[3], METRICS[4]) == (TRAIN_MSE, MRR, TEST_MSE)
