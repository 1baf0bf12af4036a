"""What seeds, gradients, conditions and minibatches show, on studies with planted answers."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from planted_study import PlantedStudy, plant_everything

from experiments.run import COURSE_RUNS, MRR, TEST_MSE
from experiments.study.measurements import (
    Measurements,
    StudyError,
    measure,
    pair_by_seed,
    read_measurements,
    write_tables,
)
from experiments.study.questions.conflict import Conflict, conflicts
from experiments.study.questions.overfitting import overfits
from experiments.study.questions.seeds import TOGETHER, spreads
from experiments.study.questions.sharing import effects_of_sharing


@pytest.fixture(scope="module")
def planted() -> Measurements:
    study = PlantedStudy(epochs=20)
    plant_everything(study, seeds=6)
    return measure(study.records)


def test_the_planted_source_of_variation_is_found(planted):
    deviations = {
        (run.name, source): deviation
        for (metric, run, source), deviation in spreads(planted).items()
        if metric == TEST_MSE
    }
    for run in COURSE_RUNS:
        split = deviations[run.name, "split"]
        for other in ("initial weights", "negatives"):
            assert split.value > 2 * deviations[run.name, other].value
            assert deviations[run.name, other].count == 5, "the first seed and four more"
        assert split.low < 0.01 < split.high, "the planted effect of a split"
        assert deviations[run.name, TOGETHER].count == 6


def test_without_seeds_varied_alone_there_is_nothing_to_tell_apart(planted):
    together = planted.runs[planted.runs["split_seed"] == planted.runs["weights_seed"]]
    together = together[together["negatives_seed"] == together["weights_seed"]]
    assert not spreads(replace(planted, runs=together))


def test_the_norm_ratio_has_the_weights_in_it(planted):
    heavy, even = conflicts(planted)
    assert (heavy.run, even.run) == COURSE_RUNS[:2]
    assert heavy.typical_ratio.value == pytest.approx(3.0, rel=0.05)
    assert even.typical_ratio.value == pytest.approx(0.05, rel=0.05)
    assert heavy.typical_ratio.low < 3.0 < heavy.typical_ratio.high
    assert heavy.cosine.loc[0].mean() == pytest.approx(0.2, abs=0.03)
    assert 0.3 < heavy.opposed.value < 0.6, "the planted cosine passes zero half way"


def test_sharing_wins_and_loses_where_it_was_planted(planted):
    winners = {
        (e.condition, e.value, e.weight): e.better
        for e in effects_of_sharing(planted)
        if e.comparison.metric == TEST_MSE
    }
    assert winners["training_fraction", 0.05, 0.5] == "shared"
    assert winners["training_fraction", 0.8, 0.5] == "separate"
    assert winners["batch_size", 256, 0.99] == "shared"
    assert winners["batch_size", math.inf, 0.99] == "separate"
    ranks = {
        (e.condition, e.value): e.better
        for e in effects_of_sharing(planted)
        if e.weight == 0.5 and e.comparison.metric == MRR
    }
    assert ranks["embedding_dim", 64] == "separate", "less of the MRR is worse"
    batches = [e.value for e in effects_of_sharing(planted) if e.condition == "batch_size"]
    assert batches[:4] == [256, 256, math.inf, math.inf], "the full batch is the largest"


def test_the_rise_after_the_lowest_test_error_is_found(planted):
    shared, *others = overfits(planted)
    assert shared.run == COURSE_RUNS[0] and shared.batch_size == 256
    assert shared.rise.value < 0.03
    assert all(overfit.rise.value > 0.1 for overfit in others)
    assert shared.test.shape == (2, 20)
    assert (shared.test[0] != shared.test[1]).any(), "each seed has a curve of its own"
    for overfit in (shared, *others):
        assert overfit.rise.low >= 0, "two seeds' interval would reach below what can be"
        assert 0 <= overfit.lowest_epoch.low <= overfit.lowest_epoch.high <= 19


def test_factorization_takes_over_where_it_stays_ahead():
    ratio = pd.DataFrame(
        {123: [0.5, 2.0, 0.9, 1.5], 124: [0.5, 0.8, 1.2, 1.5]}, index=[0, 5, 10, 15]
    )
    taken = Conflict(COURSE_RUNS[0], ratio, ratio).takes_over
    assert (taken.value, taken.low, taken.high) == (12.5, 0, 15)
    never = ratio.assign(**{"125": 0.5})
    assert Conflict(COURSE_RUNS[0], never, never).takes_over is None


def test_numbers_are_written_to_the_bit(tmp_path):
    study = PlantedStudy(epochs=2)
    record = study.add(replace(COURSE_RUNS[0], epochs=2), (1 / 3, 0.1 + 0.2, 2 / 3, 1e-17 / 3, 0.7))
    write_tables(tmp_path, study.records)
    runs = pd.read_csv(tmp_path / "runs.csv", dtype=str)
    assert {key: float(runs[key][0]) for key in record.final} == record.final


def test_without_a_study_the_error_says_what_makes_one(tmp_path):
    with pytest.raises(StudyError, match="`make study` makes one"):
        read_measurements(tmp_path)


def test_runs_pair_only_if_all_three_seeds_are_the_same(planted):
    runs = planted.runs.iloc[:1]
    assert len(pair_by_seed(runs, runs)) == 1
    for seed in ("split_seed", "weights_seed", "negatives_seed"):
        assert len(pair_by_seed(runs, runs.assign(**{seed: 999}))) == 0


@pytest.mark.parametrize("analysis", [spreads, conflicts, effects_of_sharing, overfits])
def test_a_question_with_one_seed_has_no_answer(planted, analysis):
    assert analysis(planted)
    one_seed = (planted.runs[["split_seed", "weights_seed", "negatives_seed"]] == 123).all(axis=1)
    assert not analysis(replace(planted, runs=planted.runs[one_seed]))
