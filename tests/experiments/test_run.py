"""Runs and metrics: their names, and how they are drawn."""

from dataclasses import replace

from experiments.course_runs import configure_runs, options_of
from experiments.run import COURSE_RUNS, METRICS, RUN_NAMES, Run


def test_a_run_is_named_by_its_tables_and_weights():
    assert RUN_NAMES[0] == "shared=True_LF=0.99_LR=0.01"
    assert [run.slug for run in COURSE_RUNS[1:3]] == ["shared-0.5", "separate-0.5"]
    assert COURSE_RUNS[3].label == "separate 0.99"
    assert COURSE_RUNS[3].latex == r"separate, $\lambda_F$=0.99, $\lambda_R$=0.01"


def test_an_id_says_what_departs_from_the_assignment_and_nothing_else():
    run = COURSE_RUNS[1]
    assert run.id == run.name
    changed = replace(run, epochs=50, seed=7, weights_seed=8, batch_size=256, embedding_dim=8)
    assert changed.name == run.name
    assert changed.id == f"{run.name}_seed=7_weights=8_width=8_batch=256_epochs=50"
    assert replace(run, split_seed=run.seed).id == run.id


def test_runs_of_other_options_have_other_folders():
    run = COURSE_RUNS[0]
    options = {"epochs": 2, "seed": 1, "data": "others", "threads": 3, "device": "cuda"}
    others = [replace(run, **{key: value}) for key, value in options.items()]
    assert len({run.folder, *(other.folder for other in others)}) == len(options) + 1
    looking = replace(run, gradient_interval=5)
    assert looking.folder == run.folder, "it changes no number"


def test_a_run_survives_being_written_down():
    run = replace(COURSE_RUNS[2], batch_size=100, split_seed=4)
    assert Run.from_dict(run.to_dict()) == run
    assert run.to_dict()["name"] == run.name


def test_a_run_looks_the_same_whichever_others_are_drawn():
    assert len({(run.colour, str(run.line_style)) for run in COURSE_RUNS}) == len(COURSE_RUNS)
    for shared, separate in (COURSE_RUNS[:2], COURSE_RUNS[:1:-1]):
        assert shared.colour != separate.colour
    alone = replace(COURSE_RUNS[0], seed=5)
    assert (alone.colour, alone.line_style) == (COURSE_RUNS[0].colour, COURSE_RUNS[0].line_style)


def test_only_the_mean_reciprocal_rank_is_better_when_it_is_higher():
    assert [metric.short for metric in METRICS if metric.higher_is_better] == ["test MRR"]
    assert METRICS[1].slug == "training_mse"


def test_options_that_change_the_numbers_are_told_from_the_assignments(movielens):
    (run, *_) = configure_runs(movielens, threads=2, device="cpu")
    assert options_of(run) == {}
    changed = replace(run, epochs=50, batch_size=256, data="others")
    assert options_of(changed, "ml-1m") == {"data": "ml-1m", "epochs": 50, "batch_size": 256}
