"""Runs in processes of this machine: complete, resumed, skipped, stopped, failed."""

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from rich.console import Console

from experiments.data.ratings import Ratings, split_ratings
from experiments.engine import local
from experiments.engine.complete import RunsFailed, RunsInterrupted, complete
from experiments.engine.events import (
    AlreadyComplete,
    EpochFinished,
    EpochUnderWay,
    Failed,
    Finished,
    Noted,
    Resumed,
    Started,
    Stopped,
)
from experiments.engine.local import LocalProcesses, work
from experiments.engine.progress import RunProgress
from experiments.engine.resources import default_jobs
from experiments.engine.store import RunRecord, Store, made_by
from experiments.run import COURSE_RUNS, METRIC_KEYS, Run
from experiments.training.student_code import code_digest, load_student_code
from experiments.training.trainer import Trainer
from problem_set.io import write_atomic
from tests.experiments.listeners import Watcher


def runs_of(count: int = 2, **changes) -> list[Run]:
    return [replace(run, **{"epochs": 4, **changes}) for run in COURSE_RUNS[:count]]


def completed(
    runs: list[Run], ratings: Ratings, submission: Path, folder: Path, jobs: int = 2
) -> tuple[list[RunRecord], Watcher]:
    watcher = Watcher()
    executor = LocalProcesses(ratings, submission, jobs)
    return complete(runs, executor, Store(folder), watcher), watcher


class Pipe:
    """A worker's connection whose other end says stop after some epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.sent = []

    def send(self, event):
        self.sent.append(event)

    def poll(self):
        epochs = sum(isinstance(event, EpochFinished) for event in self.sent)
        return self.stop_after is not None and epochs >= self.stop_after


def worked(run: Run, ratings: Ratings, submission: Path, folder: Path, pipe=None) -> list:
    """Return the events that a worker of a run sends."""
    pipe = pipe or Pipe()
    code = made_by(code_digest(submission))
    work(run, ratings, submission, code, Store(folder).checkpoint(run), pipe)
    return pipe.sent


def without_times(events: list) -> list:
    return [
        replace(event, record=replace(event.record, seconds=0.0))
        if isinstance(event, Finished)
        else event
        for event in events
    ]


def test_a_run_leaves_its_curves_and_the_weights_that_made_them(small_ratings, reference, tmp_path):
    runs = runs_of()
    records, watcher = completed(runs, small_ratings, reference, tmp_path, jobs=2)
    assert [record.run for record in records] == runs
    code = load_student_code(reference)
    for run, record in zip(runs, records):
        assert [event.epoch for event in watcher.of(EpochFinished, run)] == [0, 1, 2, 3]
        alone = Trainer(run, split_ratings(small_ratings, run.seed), code)
        expected = [alone.run_epoch() for _ in range(4)]
        for metric in METRIC_KEYS:
            assert record.curves[metric] == [metrics[metric] for metrics in expected]
        weights = torch.load(Store(tmp_path).weights(run), weights_only=True)
        for name, value in alone.net.state_dict().items():
            assert torch.equal(weights[name], value)


@pytest.mark.parametrize("changes", [{"split_seed": 9}, {"training_fraction": 0.5}], ids=str)
def test_a_run_derives_its_own_split(changes, small_ratings, reference, tmp_path):
    (run,) = runs_of(1, **changes)
    (record,), _ = completed([run], small_ratings, reference, tmp_path)
    split = split_ratings(small_ratings, run.seed_of("split"), run.training_fraction)
    alone = Trainer(run, split, load_student_code(reference))
    assert {key: values[0] for key, values in record.curves.items()} == alone.run_epoch()


def test_complete_runs_are_not_done_again(small_ratings, reference, tmp_path):
    runs = runs_of(1)
    (record,), _ = completed(runs, small_ratings, reference, tmp_path)
    (again,), watcher = completed(runs, small_ratings, reference, tmp_path)
    assert watcher.events == [AlreadyComplete(runs[0], record)] and again == record


def test_a_run_with_gradients_serves_one_without_but_not_the_other_way(
    small_ratings, reference, tmp_path
):
    plain, looking = runs_of(1)[0], runs_of(1, gradient_interval=2)[0]
    completed([plain], small_ratings, reference, tmp_path)
    (looked,), watcher = completed([looking], small_ratings, reference, tmp_path)
    assert watcher.of(Started) and looked.gradients
    (again,), watcher = completed([plain], small_ratings, reference, tmp_path)
    assert not watcher.of(Started) and again == looked


def test_other_options_are_another_run_and_cost_nothing(small_ratings, reference, tmp_path):
    (run,), (other,) = runs_of(1), runs_of(1, epochs=5)
    completed([run], small_ratings, reference, tmp_path)
    (record,), watcher = completed([other], small_ratings, reference, tmp_path)
    assert watcher.of(Started) and len(record.curves["eval/MSE"]) == 5
    _, watcher = completed([run, other], small_ratings, reference, tmp_path)
    assert not watcher.of(Started)


@pytest.mark.parametrize("changed", ["submission", "experiments", "torch"])
def test_a_run_of_other_code_is_done_again(
    changed, small_ratings, reference, changed_submission, tmp_path, monkeypatch
):
    runs, folder = runs_of(1), reference
    (record,), _ = completed(runs, small_ratings, reference, tmp_path)
    if changed == "submission":
        folder = changed_submission("loss.py", "import torch", "import  torch")
    else:
        old = record.made_by
        old = (
            replace(old, packages={**old.packages, "torch": "2.0.0"})
            if changed == "torch"
            else replace(old, experiments="of last week")
        )
        record = replace(record, made_by=old)
        Store(tmp_path).write(record, b"")
    (again,), watcher = completed(runs, small_ratings, folder, tmp_path)
    assert watcher.of(Started) and again.curves == record.curves
    assert again.made_by == made_by(code_digest(folder))
    difference = record.made_by.differs_from(again.made_by)
    word = "tools" if changed == "experiments" else changed
    assert word in difference and not again.made_by.differs_from(again.made_by)


def test_code_that_changes_while_runs_wait_is_not_mixed(small_ratings, changed_submission):
    folder = changed_submission("loss.py", "import torch", "import  torch")
    before = made_by(code_digest(folder))
    with (folder / "loss.py").open("a") as file:
        file.write("# changed\n")
    pipe = Pipe()
    work(runs_of(1)[0], small_ratings, folder, before, None, pipe)
    (event,) = pipe.sent
    assert isinstance(event, Failed) and "changed after the command was given" in event.message


def test_a_stopped_run_resumes_to_the_same_bits(small_ratings, changed_submission, tmp_path):
    folder = changed_submission("mrr.py", ".nanmean()", ".mean()")  # a note in the first epoch
    (run,) = runs_of(1, epochs=6, gradient_interval=2)
    stopped = worked(run, small_ratings, folder, tmp_path / "stopped", Pipe(stop_after=3))
    assert stopped[-1] == Stopped(run, 3)
    resumed = worked(run, small_ratings, folder, tmp_path / "stopped")
    whole = worked(run, small_ratings, folder, tmp_path / "whole")
    at = next(k for k, event in enumerate(resumed) if isinstance(event, Resumed))
    assert resumed[at].epochs == 3 and len(resumed[at].curves["eval/MSE"]) == 3
    last, expected = without_times([resumed[-1], whole[-1]])
    assert str(last.record) == str(expected.record), "NaN is not equal to itself"
    assert last.record.notes == ("eval/Mean Reciprocal Rank is nan: see 2d",)
    assert [row["epoch"] for row in last.record.gradients] == [0, 0, 0, 2, 2, 2, 4, 4, 4]
    assert last.weights == expected.weights


@pytest.mark.parametrize("damage", ["cut off", "of another configuration", "of other code"])
def test_a_checkpoint_that_does_not_fit_is_not_used(small_ratings, reference, tmp_path, damage):
    (run,) = runs_of(1, epochs=6)
    store = Store(tmp_path)
    worked(run, small_ratings, reference, tmp_path, Pipe(stop_after=2))
    content = store.checkpoint(run).read_bytes()
    if damage == "cut off":
        store.checkpoint(run).write_bytes(content[:1000])
    elif damage == "of other code":
        saved = torch.load(store.checkpoint(run), weights_only=True)
        saved["made_by"]["experiments"] = "of last week"
        torch.save(saved, store.checkpoint(run))
    else:
        run = replace(run, seed=9)
        write_atomic(store.checkpoint(run), content)
    after = worked(run, small_ratings, reference, tmp_path)
    fresh = worked(run, small_ratings, reference, tmp_path / "fresh")
    assert without_times(after) == without_times(fresh)


def test_interrupted_runs_say_where_they_are_and_resume_there(small_ratings, reference, tmp_path):
    runs = runs_of(2, epochs=300)

    def interrupt(event):
        if isinstance(event, EpochFinished) and event.epoch == 5:
            raise KeyboardInterrupt

    threads = threading.active_count()  # other tests of this process may have left some
    store = Store(tmp_path)
    with pytest.raises(RunsInterrupted) as caught:
        complete(runs, LocalProcesses(small_ratings, reference, 1), store, Watcher(interrupt))
    assert list(caught.value.epochs) == [runs[0]]
    assert 6 <= caught.value.epochs[runs[0]] < 300
    assert store.checkpoint(runs[0]).exists()
    assert multiprocessing.active_children() == [] and threading.active_count() <= threads

    _, watcher = completed(runs, small_ratings, reference, tmp_path, jobs=2)
    before = watcher.of(Resumed, runs[0])[0].epochs
    assert before == caught.value.epochs[runs[0]]
    epochs = [event.epoch for event in watcher.of(EpochFinished, runs[0])]
    assert epochs == list(range(before, 300))


def test_a_run_whose_process_is_killed_once_is_completed(
    small_ratings, reference, tmp_path, monkeypatch
):
    (run,) = runs_of(1, epochs=300)
    killed = []

    def kill(event):
        if isinstance(event, EpochFinished) and not killed:
            (process,) = multiprocessing.active_children()
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)

    watcher = Watcher(kill)
    (record,) = complete(
        [run], LocalProcesses(small_ratings, reference, 2), Store(tmp_path), watcher
    )
    assert len(watcher.of(Started)) == 2 and len(record.curves["eval/MSE"]) == 300


def test_a_failing_run_leaves_the_others_alone(small_ratings, changed_submission, tmp_path):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    runs = runs_of(3)
    with pytest.raises(RunsFailed, match="in forward_without_embedding_sharing: Question 1c"):
        completed(runs, small_ratings, folder, tmp_path, jobs=3)
    assert [Store(tmp_path).read(run) is not None for run in runs] == [True, True, False]


def test_one_message_for_runs_that_fail_alike():
    one, two, three = COURSE_RUNS[:3]
    text = str(RunsFailed({one: "wrong", two: "wrong", three: "other"}, COURSE_RUNS))
    assert text == (
        f"{one.id}, {two.id}:\nwrong\n{three.id}:\nother\n3 runs failed; 1 of 4 runs are complete."
    )


def test_a_run_whose_process_dies_is_reported(small_ratings, changed_submission, tmp_path):
    folder = changed_submission("mrr.py", "import torch\n", "import os, torch\nos._exit(3)\n")
    with pytest.raises(RunsFailed, match="process ended with exit code 3"):
        completed(runs_of(1), small_ratings, folder, tmp_path)
    assert "out of memory" in local.explain_death(-9)


def test_a_note_of_the_training_reaches_the_listener(small_ratings, changed_submission, tmp_path):
    folder = changed_submission("model.py", "def score_all_items", "def other")
    _, watcher = completed(runs_of(1), small_ratings, folder, tmp_path)
    assert "score_all_items (1d) is missing" in watcher.of(Noted)[0].text


def test_files_have_the_permissions_that_the_umask_says(small_ratings, reference, tmp_path):
    before = os.umask(0o077)
    try:
        (record,), _ = completed(runs_of(1), small_ratings, reference, tmp_path)
    finally:
        os.umask(before)
    folder = Store(tmp_path).folder_of(record.run)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_part_of_a_file_is_removed_unless_its_process_still_writes_it(
    small_ratings, reference, tmp_path
):
    """A worker ends with its epoch; one of a command that was killed may be at work for a while."""
    (run,) = runs_of(1)
    folder = Store(tmp_path).folder_of(run)
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        killed.wait()
    assert not psutil.pid_exists(killed.pid)
    left, kept = (f".checkpoint.pt.{pid}.ab.part" for pid in (killed.pid, os.getppid()))
    for name in (left, kept):
        (folder / name).write_bytes(b"a part")
    worked(run, small_ratings, reference, tmp_path)
    assert [file.name for file in folder.iterdir()] == [kept]


def test_a_worker_whose_starter_is_gone_keeps_a_checkpoint(small_ratings, reference, tmp_path):
    class Orphan(Pipe):
        def send(self, event):
            if len(self.sent) > 3:
                raise BrokenPipeError
            super().send(event)

    (run,) = runs_of(1, epochs=50)
    worked(run, small_ratings, reference, tmp_path, Orphan())
    assert Store(tmp_path).checkpoint(run).exists()


def test_default_jobs_fill_the_cores(monkeypatch):
    monkeypatch.setattr("experiments.engine.resources.processor_cores", lambda: 8)
    threads = [replace(run, threads=2) for run in COURSE_RUNS]
    assert default_jobs(threads) == 4
    assert default_jobs(threads[:1]) == 1
    monkeypatch.setattr("experiments.engine.resources.processor_cores", lambda: 1)
    assert default_jobs(COURSE_RUNS) == 1


@pytest.mark.parametrize("stop", [False, True])
def test_a_long_epoch_tells_how_far_it_is_and_stops_there(
    stop, small_ratings, reference, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("experiments.engine.train_run.UNDER_WAY_SECONDS", -1)
    monkeypatch.setattr("experiments.engine.train_run.CHECKPOINT_SECONDS", -1)

    class InTheMiddle(Pipe):
        def poll(self):
            return stop and sum(isinstance(event, EpochUnderWay) for event in self.sent) == 5

    (run,) = runs_of(1, epochs=2, batch_size=500)
    sent = worked(run, small_ratings, reference, tmp_path, InTheMiddle())
    if stop:
        assert sent[-1] == Stopped(run, 1)
        assert worked(run, small_ratings, reference, tmp_path)[0].epochs == 1
        return
    told = [event for event in sent if isinstance(event, EpochUnderWay)]
    assert [(event.epoch, event.share) for event in told] == [
        (epoch, done / 1425) for epoch in range(2) for done in (500, 1000, 1425)
    ]
    progress = RunProgress([run], Console(width=200, force_terminal=False))
    for event in sent:
        progress(event)
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1:3] for line in said[:3]] == [
        ["epoch 1/2", "35% of its minibatches"],
        ["epoch 1/2", "70% of its minibatches, 0 s left of them"],
        ["epoch 1/2", "evaluating"],
    ]
    assert len(said) == 2 * (3 + 1)
