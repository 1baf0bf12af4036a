"""What a person who watches runs is told: the time that they take, and notes."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from experiments.console import NOTEBOOK_COLUMNS
from experiments.engine import progress
from experiments.engine.events import AlreadyComplete, EpochFinished, Finished, Resumed, Started
from experiments.engine.progress import RunProgress
from experiments.engine.store import RunRecord, made_by
from experiments.run import COURSE_RUNS
from experiments.run import METRIC_KEYS as METRICS

RUN = replace(COURSE_RUNS[0], epochs=200)
METRICS_OF_AN_EPOCH = dict.fromkeys(METRICS, 1.0)
CURVES = {key: [1.0] for key in METRICS}
RECORD = RunRecord(RUN, made_by(""), CURVES, 1.0)


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time that the progress reads, as a list of one; a test turns it."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("restored", [0, 100])
def test_the_time_left_is_measured_by_the_epochs_that_are_done_now(clock, restored):
    """A run that resumes says at once where it is; the epochs of before took no time now."""
    said = io.StringIO()
    with RunProgress([RUN], Console(file=said, width=200)) as watching:
        watching(Started(RUN))
        if restored:
            watching(Resumed(RUN, restored, CURVES))
        for epoch in range(restored, 200):
            clock[0] += 3
            watching(EpochFinished(RUN, epoch, METRICS_OF_AN_EPOCH))
    lines = said.getvalue().splitlines()
    if restored:
        assert "epoch 100/200" in lines[0] and lines[0].endswith("resumed")
    assert len(lines) == (6 if restored else 10)
    assert "epoch 180/200" in lines[-2] and lines[-2].endswith("1 min 00 s left")


def test_a_bar_of_a_run_that_goes_on_starts_where_it_is(clock):
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with RunProgress([RUN], console) as watching:
        watching(Resumed(RUN, 180, CURVES))
        for epoch in (180, 181):
            clock[0] += 3
            watching(EpochFinished(RUN, epoch, METRICS_OF_AN_EPOCH))
        every_run = watching.bars.tasks[-1]
        assert (every_run.completed, every_run.fields["state"]) == (182, "54 s left")


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (70, ["L_F", "MRR"]),
        (NOTEBOOK_COLUMNS, ["L_F", "MSE", "MRR"]),
        (125, ["L_F", "MSE", "joint", "MRR", "test MSE"]),
    ],
)
def test_a_narrow_window_has_the_bar_and_the_metrics_that_matter(width, told):
    screen = io.StringIO()
    run = COURSE_RUNS[3]
    with RunProgress([run], Console(file=screen, width=width, force_terminal=True)) as watching:
        watching(EpochFinished(run, 122, dict.fromkeys(METRICS, 0.12345)))
        state = watching.bars.tasks[0].fields["state"]
        watching.bars.refresh()
    assert state == "  ".join(["epoch 123/200", *(f"{name} 0.1235" for name in told)])
    (line,) = {line for line in screen.getvalue().splitlines() if state in line}
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" * 3 in line


def test_runs_that_are_complete_already_fill_the_bar_of_all_runs(clock):
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with RunProgress([RUN], console) as watching:
        watching(AlreadyComplete(RUN, RECORD))
    every_run = watching.bars.tasks[-1]
    assert (every_run.percentage, every_run.fields["state"]) == (100, "done in 0 s")


def test_of_many_runs_finished_ones_are_a_line_and_a_note_is_told_once():
    said = io.StringIO()
    runs = [replace(RUN, seed=seed) for seed in range(10)]
    with RunProgress(runs, Console(file=said, width=200)) as watching:
        for run in runs:
            watching(Started(run))
            watching(EpochFinished(run, 99, METRICS_OF_AN_EPOCH))
            record = replace(RECORD, run=run, notes=("MRR is nan: see 2d",))
            watching(Finished(run, record, b""))
    lines = said.getvalue().splitlines()
    assert len(lines) == 10 + 1 and said.getvalue().count("see 2d") == 1
    assert lines[0].startswith(f"{runs[0].id}  L_F 1.000") and "(1/10 runs" in lines[0]


def test_of_many_runs_those_under_way_have_a_bar():
    runs = [replace(RUN, seed=seed) for seed in range(10)]
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with RunProgress(runs, console) as watching:
        for run in runs[:2]:
            watching(Started(run))
        watching(Finished(runs[0], replace(RECORD, run=runs[0]), b""))
        assert [task.description for task in watching.bars.tasks] == ["all runs", runs[1].id]
