"""What a person who watches runs is told: the time that they take, and notes."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from experiments.configuration import METRICS
from experiments.engine import progress
from experiments.engine.progress import RunProgress
from experiments.engine.store import RunRecord
from experiments.run import COURSE_RUNS
from experiments.study.cost import Costs
from experiments.study.progress import StudyProgress

RUN = replace(COURSE_RUNS[0], epochs=200)
METRICS_OF_AN_EPOCH = dict.fromkeys(METRICS, 1.0)


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time that the progress reads, as a list of one; a test turns it."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("restored", [0, 100])
def test_the_time_left_is_measured_by_the_epochs_that_are_done_now(clock, restored):
    """A run that goes on says at once where it is; the epochs of before took no time now."""
    said = io.StringIO()
    with RunProgress([RUN], Console(file=said, width=200)) as watching:
        watching.resumed(RUN.name, complete=False)
        if restored:
            watching.restored(RUN.name, restored, METRICS_OF_AN_EPOCH)
        for epoch in range(restored, 200):
            clock[0] += 3
            watching.epoch_finished(RUN.name, epoch, METRICS_OF_AN_EPOCH)
    lines = said.getvalue().splitlines()
    if restored:
        assert "epoch 100/200" in lines[0] and lines[0].endswith("goes on from here")
    assert len(lines) == (6 if restored else 10)
    assert "epoch 180/200" in lines[-2] and lines[-2].endswith("1 min 00 s left")


def test_a_bar_of_a_run_that_goes_on_starts_where_it_is(clock):
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with RunProgress([RUN], console) as watching:
        watching.restored(RUN.name, 180, METRICS_OF_AN_EPOCH)
        for epoch in (180, 181):
            clock[0] += 3
            watching.epoch_finished(RUN.name, epoch, METRICS_OF_AN_EPOCH)
        every_run = watching.bars.tasks[-1]
        assert (every_run.completed, every_run.fields["state"]) == (182, "54 s left")


@pytest.mark.parametrize(("width", "told"), [(80, 2), (100, 3), (125, 5)])
def test_a_narrow_window_has_the_bar_and_whole_metrics(width, told):
    screen = io.StringIO()
    run = COURSE_RUNS[3]
    with RunProgress([run], Console(file=screen, width=width, force_terminal=True)) as watching:
        watching.epoch_finished(run.name, 122, dict.fromkeys(METRICS, 0.12345))
        state = watching.bars.tasks[0].fields["state"]
        watching.bars.refresh()
    names = ["L_F", "MSE", "joint", "MRR", "test MSE"]
    assert state == "  ".join(["epoch 123/200", *(f"{name} 0.1235" for name in names[:told])])
    (line,) = {line for line in screen.getvalue().splitlines() if state in line}
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" * 3 in line


def test_runs_that_are_complete_already_fill_the_bar_of_all_runs(clock):
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with RunProgress([RUN], console) as watching:
        watching.resumed(RUN.name, complete=True)
    every_run = watching.bars.tasks[-1]
    assert (every_run.percentage, every_run.fields["state"]) == (100, "done in 0 s")


def test_what_the_runs_of_a_study_have_to_tell_is_told_once():
    said = io.StringIO()
    runs = [replace(RUN, seed=seed) for seed in (1, 2)]
    console = Console(file=said, width=200)
    with StudyProgress(runs, runs, Costs({}), workers=1, console=console) as watching:
        for run in runs:
            curves = {metric: [1.0] for metric in METRICS}
            watching.finished(RunRecord(run, curves, 1.0, ("MRR is nan: see 2d",)))
    assert f"{runs[0].id}: note: MRR is nan: see 2d\n" in said.getvalue()
    assert said.getvalue().count("see 2d") == 1
