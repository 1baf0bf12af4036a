"""A study on real worker processes: complete, resumed, killed, interrupted, failed."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dask
import pytest

from experiments.configuration import METRICS
from experiments.data.ratings import Ratings, split_ratings
from experiments.engine.store import read_record, run_folder
from experiments.run import Run
from experiments.scheduling import RunsFailed
from experiments.study.cluster import ClusterError, Workers, open_workers, prepare
from experiments.study.cost import Costs
from experiments.study.engine import (
    StudyInterrupted,
    complete_records,
    complete_study,
    measure_costs,
)
from experiments.study.grid import PARTS, STANDARD, study_runs
from experiments.study.tidy_files import study_records, write_tidy_files
from experiments.study.worker import StudyWorker, WorkerUnfit, read_submission
from experiments.training.student_code import code_digest, load_student_code
from experiments.training.trainer import Training

TIDY_FILES = ("runs.csv", "curves.csv", "gradients.csv")


class Watcher:
    """Keeps what it is told; calls ``at_finish`` with each finished run."""

    def __init__(self, at_finish=lambda record: None) -> None:
        self.at_finish = at_finish
        self.completed: list[str] = []
        self.messages: dict[str, str] = {}
        self.epochs: dict[str, list[int]] = {}
        self.refusals: list[str] = []
        self.stopped = False

    def epochs_finished(self, run, epochs):
        self.epochs.setdefault(run, []).append(epochs)

    def finished(self, record):
        self.completed.append(record.run.id)
        self.at_finish(record)

    def failed(self, run, message):
        self.messages[run] = message

    def refused(self, message):
        self.refusals.append(message)

    def stopping(self):
        self.stopped = True


def planned(ratings: Ratings, folder: Path, count: int, **changes) -> list[Run]:
    changes = {"epochs": 4, "data": ratings.digest, "submission": code_digest(folder), **changes}
    runs = [run for _, run in study_runs(replace(STANDARD, **changes), PARTS, 10)]
    return runs[:count]


def tidy_bytes(study: Path) -> dict[str, bytes]:
    write_tidy_files(study, study_records(study))
    return {name: (study / name).read_bytes() for name in TIDY_FILES}


def kill_a_worker(workers: Workers, which: int = 0) -> int | None:
    """Kill a worker's process as the kernel does for want of memory; return its id."""
    processes = sorted(workers.client.run(os.getpid).values())
    if not processes:
        return None
    process = processes[which % len(processes)]
    os.kill(process, signal.SIGKILL)
    return process


@pytest.fixture(scope="module")
def workers(small_ratings):
    submission = Path(__file__).parents[3] / "submission"
    with open_workers(small_ratings, submission, 2) as opened:
        yield opened


def test_a_run_of_a_study_has_the_bits_of_the_same_run_alone(
    workers, small_ratings, reference, tmp_path
):
    runs = planned(small_ratings, reference, 5)[3:]
    watcher = Watcher()
    complete_study(runs, workers, tmp_path, watcher)
    assert sorted(watcher.completed) == sorted(run.id for run in runs)
    code = load_student_code(reference)
    for run in runs:
        record = read_record(tmp_path, run.id)
        assert record.run == run
        alone = Training(run, split_ratings(small_ratings, run.seed), code)
        expected = [alone.run_epoch() for _ in range(run.epochs)]
        assert record.curves == {name: [epoch[name] for epoch in expected] for name in METRICS}
        assert record.gradients == tuple(alone.gradients)
    assert runs[1].gradient_interval and record.gradients


@pytest.mark.thorough
def test_killed_workers_leave_no_trace_in_the_study(workers, small_ratings, reference, tmp_path):
    runs = planned(small_ratings, reference, 8)

    def kill_one(record):
        if len(watcher.completed) == 3:
            kill_a_worker(workers)

    watcher = Watcher(kill_one)
    complete_study(runs, workers, tmp_path / "disturbed", watcher)
    assert sorted(watcher.completed) == sorted(run.id for run in runs), "each is told once"
    complete_study(runs[::-1], workers, tmp_path / "undisturbed", Watcher())
    assert tidy_bytes(tmp_path / "disturbed") == tidy_bytes(tmp_path / "undisturbed")


@pytest.mark.thorough
def test_an_interrupted_study_does_the_missing_runs_and_only_those(
    workers, small_ratings, reference, tmp_path
):
    runs = planned(small_ratings, reference, 6)

    def interrupt(record):
        if len(watcher.completed) == 3:
            raise KeyboardInterrupt

    watcher = Watcher(interrupt)
    with pytest.raises(StudyInterrupted):
        complete_study(runs, workers, tmp_path, watcher)
    assert watcher.stopped
    complete = complete_records(tmp_path, runs)
    assert sorted(complete) == sorted(watcher.completed) and len(complete) == 3
    written = {
        name: (run_folder(tmp_path, name) / "run.json").stat().st_mtime_ns for name in complete
    }

    again = Watcher()
    missing = [run for run in runs if run.id not in complete]
    complete_study(missing, workers, tmp_path, again)
    assert set(again.completed) == {run.id for run in missing}
    for name, time_written in written.items():
        assert (run_folder(tmp_path, name) / "run.json").stat().st_mtime_ns == time_written


@pytest.mark.thorough
def test_a_run_that_nobody_waits_for_ends_with_its_epoch(
    workers, small_ratings, reference, tmp_path
):
    """Otherwise a worker of a cluster would be busy for an hour after Ctrl-C."""
    endless, short = planned(small_ratings, reference, 2)
    endless = replace(endless, epochs=1_000_000)

    class Impatient(Watcher):
        def epochs_finished(self, run, epochs):
            raise KeyboardInterrupt

    with pytest.raises(StudyInterrupted):
        complete_study([endless, endless], workers, tmp_path, Impatient())
    complete_study([short], workers, tmp_path, Watcher())
    assert list(complete_records(tmp_path, [endless, short])) == [short.id]


def test_a_mistake_of_the_student_is_one_sentence_and_the_other_runs_complete(
    workers, small_ratings, changed_submission, tmp_path
):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    runs = planned(small_ratings, folder, 4)
    broken = prepare(workers.client, small_ratings, folder, own_machine=True)
    costs = measure_costs(Costs({}), runs, broken)
    assert costs.seconds(runs[0]) > 0 and costs.seconds(runs[2]) == 0
    watcher = Watcher()
    with pytest.raises(RunsFailed, match="in forward_without_embedding_sharing: Question 1c"):
        complete_study(runs, broken, tmp_path, watcher)
    with pytest.raises(RunsFailed, match="Question 1c"):
        measure_costs(Costs({}), runs[2:], broken)
    assert set(complete_records(tmp_path, runs)) == {run.id for run in runs[:2]}
    assert set(watcher.messages) == {run.id for run in runs[2:]}


@pytest.mark.thorough
def test_a_submission_that_ends_its_process_is_given_up(
    small_ratings, changed_submission, tmp_path
):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        import os\n        os._exit(3)\n        score = self._rating(self.U_reg",
    )
    runs = planned(small_ratings, folder, 3)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),  # a worker a life
        open_workers(small_ratings, folder, 2) as two_workers,
        pytest.raises(RunsFailed, match="every worker that began this run has died") as caught,
    ):
        complete_study(runs, two_workers, tmp_path, Watcher())
    assert set(caught.value.messages) == {runs[2].id}


@pytest.mark.thorough
def test_a_study_whose_workers_have_ended_does_not_wait_for_them(
    small_ratings, reference, tmp_path
):
    [endless] = planned(small_ratings, reference, 1, epochs=1_000_000)

    class Closer(Watcher):
        def epochs_finished(self, run, epochs):
            for worker in list(cluster.workers.values()):
                cluster.sync(worker.close)

    with open_workers(small_ratings, reference, 2) as workers:
        cluster = workers.client.cluster
        with pytest.raises(ClusterError, match="the same command again"):
            complete_study([endless], workers, tmp_path, Closer())


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_forty_runs_with_a_worker_killed_every_few_seconds(small_ratings, reference, tmp_path):
    runs = planned(small_ratings, reference, 40, epochs=60)
    over = threading.Event()
    killed = []

    def kill_until_over():
        completed = 0
        while not over.wait(3):
            # A busy machine needs longer for a worker to come back and get something done.
            if len(two_workers) == 2 and len(watcher.completed) >= completed + 4:
                completed = len(watcher.completed)
                killed.append(kill_a_worker(two_workers, len(killed)))

    with open_workers(small_ratings, reference, 2) as two_workers:
        watcher = Watcher()
        killer = threading.Thread(target=kill_until_over)
        killer.start()
        try:
            complete_study(runs, two_workers, tmp_path / "disturbed", watcher)
        finally:
            over.set()
            killer.join()
    assert len(set(killed) - {None}) >= 3
    assert sorted(watcher.completed) == sorted(run.id for run in runs)
    with open_workers(small_ratings, reference, 1) as one_worker:
        complete_study(runs, one_worker, tmp_path / "undisturbed", Watcher())
    assert tidy_bytes(tmp_path / "disturbed") == tidy_bytes(tmp_path / "undisturbed")


@pytest.mark.thorough
def test_a_cluster_that_is_joined_stays_as_it_was(workers, small_ratings, reference, tmp_path):
    runs = planned(small_ratings, reference, 2)
    address = workers.client.scheduler.address
    before = set(workers.client.nthreads())
    with open_workers(small_ratings, reference, 1, scheduler=address) as joined:
        assert len(joined) == 2
        complete_study(runs, joined, tmp_path, Watcher())
    assert len(complete_records(tmp_path, runs)) == 2
    assert set(workers.client.nthreads()) == before


def test_a_scheduler_that_does_not_answer_is_one_sentence(small_ratings, reference, monkeypatch):
    monkeypatch.setattr("experiments.study.cluster.CONNECT_SECONDS", 0.2)
    with (
        pytest.raises(ClusterError, match=r"--scheduler tcp://127.0.0.1:1: no Dask scheduler"),
        open_workers(small_ratings, reference, 1, scheduler="tcp://127.0.0.1:1"),
    ):
        pass


@pytest.mark.thorough
def test_an_unfit_worker_that_joins_later_leaves_and_takes_no_run(
    small_ratings, reference, tmp_path
):
    runs = planned(small_ratings, reference, 6, epochs=30)
    watcher = Watcher()
    with open_workers(small_ratings, reference, 1) as workers:
        command = [sys.executable, "-m", "dask", "worker", workers.client.scheduler.address]
        with subprocess.Popen(
            [
                *command,
                "--nthreads",
                "2",
                "--no-nanny",
                "--local-directory",
                str(tmp_path / "late"),
            ],
            cwd=Path(__file__).parents[3],
            stderr=subprocess.DEVNULL,
        ) as late:
            while len(workers) < 2:
                assert late.poll() is None
                time.sleep(0.1)
            complete_study(runs, workers, tmp_path, watcher)
            late.wait(60)
    assert sorted(watcher.completed) == sorted(run.id for run in runs)
    assert "start it with --nthreads 1" in watcher.refusals[0]


@pytest.mark.thorough
@pytest.mark.parametrize("unfit", ["several tasks at once", "torch", "torchjd", "experiments"])
def test_a_worker_that_would_give_other_numbers_is_refused(
    small_ratings, reference, tmp_path, unfit
):
    class FakeWorker:
        address = "tcp://10.0.0.5:4321"
        local_directory = str(tmp_path)
        state = SimpleNamespace(nthreads=4 if unfit == "several tasks at once" else 1)

    plugin = StudyWorker("study", small_ratings, read_submission(reference), own_machine=False)
    expected = "--nthreads 1"
    if unfit in plugin.software:
        plugin.software = {**plugin.software, unfit: "0.1"}
        expected = rf"and the study .*\b{unfit} 0\.1"
    with pytest.raises(WorkerUnfit, match=expected):
        plugin.setup(FakeWorker())
