"""Runs in processes: complete, resumed, skipped, stopped, failed."""

import multiprocessing
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from experiments import worker
from experiments.configuration import METRICS
from experiments.engine.progress import RunProgress
from experiments.engine.store import read_record, run_folder
from experiments.run import COURSE_RUNS, Run
from experiments.scheduling import (
    RunsFailed,
    RunsInterrupted,
    complete_runs,
    default_jobs,
    tell_listener,
)
from experiments.training.student_code import code_digest, load_student_code
from experiments.training.trainer import Training
from experiments.worker import EpochsRestored, EpochUnderWay, Failed, Finished, Stopped, work


class Watcher:
    """Keeps what it is told; calls ``at_epoch`` at each epoch."""

    def __init__(self, at_epoch=lambda name, epoch: None) -> None:
        self.at_epoch = at_epoch
        self.started: dict[str, bool] = {}
        self.restored_epochs: dict[str, int] = {}
        self.epochs: dict[str, list[int]] = {}
        self.notes: list[str] = []
        self.under_way: list[tuple[int, float]] = []

    def resumed(self, name, complete):
        self.started[name] = complete

    def restored(self, name, epochs, metrics):
        assert set(metrics) == set(METRICS)
        self.restored_epochs[name] = epochs

    def epoch_finished(self, name, epoch, metrics):
        assert set(metrics) == set(METRICS)
        self.epochs.setdefault(name, []).append(epoch)
        self.at_epoch(name, epoch)

    def epoch_under_way(self, name, epoch, share):
        self.under_way.append((epoch, share))

    def note(self, name, text):
        self.notes.append(text)

    def finished(self, name):
        pass

    def stopping(self):
        pass


def configurations(folder: Path, count: int = 2, **changes) -> list[Run]:
    changes = {"epochs": 4, "submission": code_digest(folder), **changes}
    return [replace(run, **changes) for run in COURSE_RUNS[:count]]


class Pipe:
    """A worker's connection whose other end says stop after some epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.sent = []

    def send(self, event):
        self.sent.append(event)

    def poll(self):
        epochs = sum(isinstance(event, worker.EpochFinished) for event in self.sent)
        return self.stop_after is not None and epochs >= self.stop_after


def test_a_run_leaves_its_curves_and_the_weights_that_made_them(small_split, reference, tmp_path):
    runs = configurations(reference)
    watcher = Watcher()
    records = complete_runs(runs, small_split, reference, tmp_path, watcher, jobs=2)
    assert [record.run for record in records] == runs
    assert watcher.epochs == {run.name: [0, 1, 2, 3] for run in runs}

    code = load_student_code(reference)
    for run, record in zip(runs, records):
        alone = Training(run, small_split, code)
        expected = [alone.run_epoch() for _ in range(4)]
        for metric in METRICS:
            assert record.curves[metric] == [metrics[metric] for metrics in expected]
        weights = torch.load(run_folder(tmp_path, run.id) / "weights.pt", weights_only=True)
        for name, value in alone.net.state_dict().items():
            assert torch.equal(weights[name], value)


def test_complete_runs_are_not_done_again_but_changed_ones_are(small_split, reference, tmp_path):
    runs = configurations(reference, 1)
    complete_runs(runs, small_split, reference, tmp_path, Watcher())
    written = (run_folder(tmp_path, runs[0].id) / "run.json").stat().st_mtime_ns

    again = Watcher()
    complete_runs(runs, small_split, reference, tmp_path, again)
    assert again.started == {runs[0].name: True} and again.epochs == {}
    assert (run_folder(tmp_path, runs[0].id) / "run.json").stat().st_mtime_ns == written

    for changes in ({"submission": "another"}, {"epochs": 5}):
        changed = Watcher()
        (record,) = complete_runs(
            configurations(reference, 1, **changes), small_split, reference, tmp_path, changed
        )
        assert changed.started == {runs[0].name: False}
        assert len(record.curves["eval/MSE"]) == changes.get("epochs", 4)


def test_a_stopped_run_goes_on_to_the_same_bits(small_split, reference, tmp_path):
    (run,) = configurations(reference, 1, epochs=6, gradient_interval=2)
    stopped = Pipe(stop_after=2)
    work(run, small_split, reference, tmp_path / "stopped", stopped)
    assert stopped.sent[-1] == Stopped(3)
    assert read_record(tmp_path / "stopped", run.id) is None

    resumed, whole = Pipe(), Pipe()
    work(run, small_split, reference, tmp_path / "stopped", resumed)
    work(run, small_split, reference, tmp_path / "whole", whole)
    assert resumed.sent[0] == EpochsRestored(3, whole.sent[2].metrics)
    assert resumed.sent[1:] == whole.sent[3:] and isinstance(whole.sent[-1], Finished)
    first, second = (read_record(tmp_path / name, run.id) for name in ("stopped", "whole"))
    assert first.curves == second.curves
    assert first.gradients == second.gradients
    assert [row["epoch"] for row in first.gradients] == [0, 0, 0, 2, 2, 2, 4, 4, 4]
    left = sorted(file.name for file in run_folder(tmp_path / "stopped", run.id).iterdir())
    assert left == ["run.json", "weights.pt"]


@pytest.mark.parametrize("damage", ["cut off", "of another configuration"])
def test_a_checkpoint_that_does_not_fit_is_not_used(small_split, reference, tmp_path, damage):
    (run,) = configurations(reference, 1, epochs=6)
    work(run, small_split, reference, tmp_path, Pipe(stop_after=2))
    checkpoint = run_folder(tmp_path, run.id) / "checkpoint.pt"
    if damage == "cut off":
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    else:
        run = replace(run, seed=9)
    after, fresh = Pipe(), Pipe()
    work(run, small_split, reference, tmp_path, after)
    work(run, small_split, reference, tmp_path / "fresh", fresh)
    assert after.sent == fresh.sent


def test_interrupted_runs_say_where_they_are_and_go_on_from_there(small_split, reference, tmp_path):
    runs = configurations(reference, 2, epochs=300)

    def interrupt(name, epoch):
        if epoch == 5:
            raise KeyboardInterrupt

    threads = threading.active_count()  # other tests of this process may have left some
    with pytest.raises(RunsInterrupted) as caught:
        complete_runs(runs, small_split, reference, tmp_path, Watcher(interrupt), jobs=1)
    assert list(caught.value.epochs) == [runs[0].name]
    assert 6 <= caught.value.epochs[runs[0].name] < 300
    assert (run_folder(tmp_path, runs[0].id) / "checkpoint.pt").exists()
    assert multiprocessing.active_children() == [] and threading.active_count() <= threads

    watcher = Watcher()
    complete_runs(runs, small_split, reference, tmp_path, watcher, jobs=2)
    before = watcher.restored_epochs[runs[0].name]
    assert before == caught.value.epochs[runs[0].name]
    assert watcher.epochs[runs[0].name] == list(range(before, 300))


def test_a_failing_run_leaves_the_others_alone(small_split, changed_submission, tmp_path):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    runs = configurations(folder, 3)
    with pytest.raises(RunsFailed, match="in forward_without_embedding_sharing: Question 1c"):
        complete_runs(runs, small_split, folder, tmp_path, Watcher(), jobs=3)
    assert [read_record(tmp_path, run.id) is not None for run in runs] == [True, True, False]


def test_one_message_for_runs_that_fail_alike():
    text = str(RunsFailed({"a": "wrong", "b": "wrong", "c": "other"}))
    assert text == "a, b:\nwrong\nc:\nother"


def test_a_run_whose_process_dies_is_reported(small_split, changed_submission, tmp_path):
    folder = changed_submission("mrr.py", "import torch\n", "import os, torch\nos._exit(3)\n")
    with pytest.raises(RunsFailed, match="process ended with exit code 3"):
        complete_runs(configurations(folder, 1), small_split, folder, tmp_path, Watcher())


def test_a_note_of_the_training_reaches_the_listener(small_split, changed_submission, tmp_path):
    folder = changed_submission("model.py", "def score_all_items", "def other")
    watcher = Watcher()
    complete_runs(configurations(folder, 1), small_split, folder, tmp_path, watcher)
    assert "score_all_items (1d) is missing" in watcher.notes[0]


def test_so_does_a_note_of_an_epoch_and_the_record_keeps_it(
    small_split, changed_submission, tmp_path
):
    folder = changed_submission("mrr.py", ".nanmean()", ".mean()")
    watcher = Watcher()
    (record,) = complete_runs(
        configurations(folder, 1), small_split, folder, tmp_path, watcher, jobs=1
    )
    assert watcher.notes == ["eval/Mean Reciprocal Rank is nan: see 2d"]
    assert record.notes == tuple(watcher.notes)


def test_a_part_of_a_checkpoint_is_removed_unless_its_process_still_writes_it(
    small_split, reference, tmp_path
):
    """A worker ends with its epoch; one of a command that was killed may be at work for a while."""
    (run,) = configurations(reference, 1)
    folder = run_folder(tmp_path, run.id)
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        killed.wait()
    (folder / f"checkpoint.{killed.pid}").write_bytes(b"a part")
    (folder / f"weights.{killed.pid}").write_bytes(b"a part")
    (folder / f"checkpoint.{os.getppid()}").write_bytes(b"a part")
    work(run, small_split, reference, tmp_path, Pipe())
    left = sorted(file.name for file in folder.iterdir())
    assert left == [f"checkpoint.{os.getppid()}", "run.json", "weights.pt"]


def test_a_worker_whose_starter_is_gone_keeps_a_checkpoint(small_split, reference, tmp_path):
    class Orphan(Pipe):
        def poll(self):
            return len(self.sent) > 3  # as the end of file at a closed pipe

        def send(self, event):
            if self.poll():
                raise BrokenPipeError
            super().send(event)

    (run,) = configurations(reference, 1, epochs=50)
    work(run, small_split, reference, tmp_path, Orphan())
    assert (run_folder(tmp_path, run.id) / "checkpoint.pt").exists()


def test_a_missing_submission_fails_with_a_sentence(small_split, tmp_path):
    pipe = Pipe()
    work(COURSE_RUNS[0], small_split, tmp_path, tmp_path, pipe)
    assert isinstance(pipe.sent[-1], Failed) and "holds none of model.py" in pipe.sent[-1].message


def test_default_jobs_fill_the_cores(monkeypatch):
    monkeypatch.setattr("experiments.scheduling.processor_cores", lambda: 8)
    threads = [replace(run, threads=2) for run in COURSE_RUNS]
    assert default_jobs(threads) == 4
    assert default_jobs(threads[:1]) == 1
    monkeypatch.setattr("experiments.scheduling.processor_cores", lambda: 1)
    assert default_jobs(COURSE_RUNS) == 1


def test_a_long_epoch_tells_how_far_it_is(small_split, reference, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("experiments.worker.UNDER_WAY_SECONDS", -1)
    (run,) = configurations(reference, 1, epochs=2, batch_size=500)
    pipe = Pipe()
    work(run, small_split, reference, tmp_path, pipe)
    told = [event for event in pipe.sent if isinstance(event, EpochUnderWay)]
    assert [(event.epoch, event.share) for event in told] == [
        (epoch, done / 1425) for epoch in range(2) for done in (500, 1000, 1425)
    ]
    progress = RunProgress([run], Console(width=200, force_terminal=False))
    for event in pipe.sent:
        tell_listener(progress, run.name, event)
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1:3] for line in said[:3]] == [
        ["epoch 1/2", "35% of its minibatches"],
        ["epoch 1/2", "70% of its minibatches, 0 s left of them"],
        ["epoch 1/2", "evaluating"],
    ]
    assert len(said) == 2 * (3 + 1)
