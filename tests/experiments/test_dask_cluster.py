"""Runs on a Dask cluster: complete, killed, interrupted, failed; workers that are refused."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dask
import pytest
from distributed import LocalCluster

from experiments.data.ratings import Ratings, split_ratings
from experiments.engine.complete import RunsFailed, RunsInterrupted, complete
from experiments.engine.dask_cluster import DaskCluster, Preparation, join_cluster
from experiments.engine.events import EpochFinished, Finished, Message
from experiments.engine.local import LocalProcesses
from experiments.engine.resources import Costs, measure_costs
from experiments.engine.store import Store
from experiments.errors import UserError
from experiments.run import COURSE_RUNS, METRIC_KEYS, Run
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer
from problem_set.executors import dask_cluster
from problem_set.executors.dask_cluster import WorkerUnfit
from tests.conftest import PROJECT
from tests.experiments.listeners import Watcher


def runs_of(count: int, **changes) -> list[Run]:
    seeds = range(123, 123 + -(-count // 4))
    changes = {"epochs": 4, **changes}
    return [replace(run, seed=seed, **changes) for seed in seeds for run in COURSE_RUNS][:count]


@contextmanager
def cluster_of(count: int) -> Iterator[str]:
    """Start a cluster as an institution's is, and yield its scheduler's address."""
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": {}}),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # the default is a port that others have in use
            scheduler_kwargs={"dashboard": False},
            memory_limit=None,
        ) as cluster,
    ):
        yield cluster.scheduler_address


def kill_a_worker(cluster: DaskCluster) -> None:
    """Kill a worker's process as the kernel does when memory is full."""
    os.kill(min(cluster.client.run(os.getpid).values()), signal.SIGKILL)


def contents(store: Store) -> dict:
    return {
        record.run: (record.curves, record.gradients, store.weights(record.run).read_bytes())
        for record in store.records()
    }


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with cluster_of(2) as address:
        yield address


@pytest.fixture
def cluster(address: str, small_ratings: Ratings, reference: Path) -> Iterator[DaskCluster]:
    with join_cluster(address, small_ratings, reference) as cluster:
        yield cluster


@pytest.mark.thorough
def test_a_run_has_the_bits_of_the_same_run_alone_and_serves_local_processes(
    cluster, small_ratings, reference, tmp_path
):
    runs = [
        replace(COURSE_RUNS[1], epochs=4, gradient_interval=2),
        replace(COURSE_RUNS[2], epochs=4, split_seed=5, training_fraction=0.7),
    ]
    watcher = Watcher()
    records = complete(runs, cluster, Store(tmp_path), watcher)
    assert len(watcher.of(Finished)) == 2
    code = load_student_code(reference)
    for run, record in zip(runs, records):
        split = split_ratings(small_ratings, run.seed_of("split"), run.training_fraction)
        alone = Trainer(run, split, code)
        expected = [alone.run_epoch() for _ in range(run.epochs)]
        assert record.curves == {key: [epoch[key] for epoch in expected] for key in METRIC_KEYS}
        assert record.gradients == tuple(alone.gradients)
    watcher = Watcher()
    complete(runs, LocalProcesses(small_ratings, reference, 2), Store(tmp_path), watcher)
    assert not watcher.of(EpochFinished), "a run that one executor made, the other uses"


@pytest.mark.thorough
def test_killed_workers_leave_no_trace(cluster, tmp_path):
    runs = runs_of(8)

    def kill_one(event):
        if isinstance(event, Finished) and len(watcher.of(Finished)) == 3:
            kill_a_worker(cluster)

    watcher = Watcher(kill_one)
    complete(runs, cluster, Store(tmp_path / "disturbed"), watcher)
    assert len(watcher.of(Finished)) == len(runs), "each is told once"
    complete(runs[::-1], cluster, Store(tmp_path / "undisturbed"), Watcher())
    disturbed, undisturbed = Store(tmp_path / "disturbed"), Store(tmp_path / "undisturbed")
    assert contents(disturbed) == contents(undisturbed)


@pytest.mark.thorough
def test_after_ctrl_c_the_missing_runs_are_done_and_only_those(cluster, tmp_path):
    runs = runs_of(6)

    def interrupt(event):
        if isinstance(event, Finished) and len(watcher.of(Finished)) == 3:
            raise KeyboardInterrupt

    watcher = Watcher(interrupt)
    with pytest.raises(RunsInterrupted):
        complete(runs, cluster, Store(tmp_path), watcher)
    assert watcher.of(Message) and len(Store(tmp_path).records()) == 3
    again = Watcher()
    complete(runs, cluster, Store(tmp_path), again)
    assert len(again.of(Finished)) == 3


@pytest.mark.thorough
def test_a_run_that_nobody_waits_for_ends_with_its_epoch(cluster, tmp_path):
    """Otherwise a worker of a cluster would be busy for an hour after Ctrl-C."""
    endless, other, short = runs_of(3)
    endless = [replace(run, epochs=1_000_000) for run in (endless, other)]

    def interrupt(event):
        if isinstance(event, EpochFinished):
            raise KeyboardInterrupt

    with pytest.raises(RunsInterrupted):
        complete(endless, cluster, Store(tmp_path), Watcher(interrupt))
    (record,) = complete([short], cluster, Store(tmp_path), Watcher())
    assert record.run == short


@pytest.mark.thorough
def test_a_mistake_of_the_student_is_one_sentence_and_the_other_runs_complete(
    address, small_ratings, changed_submission, tmp_path
):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        raise NotImplementedError('Question 1c: separate tables')\n"
        "        score = self._rating(self.U_reg",
    )
    runs = runs_of(4)
    with join_cluster(address, small_ratings, folder) as broken:
        costs = measure_costs(Costs({}), runs, broken)
        assert costs.seconds(runs[0]) > 0 and costs.seconds(runs[2]) == 0
        with pytest.raises(RunsFailed, match="in forward_without_embedding_sharing: Question 1c"):
            complete(runs, broken, Store(tmp_path), Watcher())
        with pytest.raises(RunsFailed, match="Question 1c"):
            measure_costs(Costs({}), runs[2:], broken)
    assert {record.run for record in Store(tmp_path).records()} == set(runs[:2])


@pytest.mark.thorough
def test_a_submission_that_ends_its_process_fails_in_the_end(
    small_ratings, changed_submission, tmp_path, monkeypatch
):
    folder = changed_submission(
        "model.py",
        "        score = self._rating(self.U_reg",
        "        import os\n        os._exit(3)\n        score = self._rating(self.U_reg",
    )
    runs = runs_of(3)
    monkeypatch.setattr(dask_cluster, "LIVES", 2)  # each worker that starts imports torch
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),  # a worker a life
        cluster_of(1) as address,
        join_cluster(address, small_ratings, folder) as cluster,
        pytest.raises(RunsFailed, match="failed on a dozen workers") as caught,
    ):
        complete(runs, cluster, Store(tmp_path), Watcher())
    assert set(caught.value.messages) == {runs[2]}


def test_a_scheduler_that_does_not_answer_is_one_sentence(small_ratings, reference, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.2)
    with (
        pytest.raises(UserError, match=r"--scheduler tcp://127.0.0.1:1: no Dask scheduler"),
        join_cluster("tcp://127.0.0.1:1", small_ratings, reference),
    ):
        pass


@pytest.mark.thorough
def test_an_unfit_worker_that_joins_later_leaves_and_takes_no_run(
    small_ratings, reference, tmp_path
):
    runs = runs_of(6, epochs=30)
    watcher = Watcher()
    with cluster_of(1) as address, join_cluster(address, small_ratings, reference) as cluster:
        command = [sys.executable, "-m", "dask", "worker", address, "--nthreads", "2"]
        command += ["--no-nanny", "--local-directory", str(tmp_path / "late")]
        with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL) as late:
            while len(cluster) < 2:
                assert late.poll() is None
                time.sleep(0.1)
            complete(runs, cluster, Store(tmp_path), watcher)
            late.wait(60)
    assert len(watcher.of(Finished)) == len(runs)
    refused = watcher.of(Message)
    assert "start it with --nthreads 1" in refused[0].text


@pytest.mark.parametrize("unfit", ["several tasks at once", "torch", "torchjd", "experiments"])
def test_a_worker_that_would_give_other_numbers_is_refused(
    small_ratings, reference, tmp_path, unfit
):
    worker = SimpleNamespace(
        address="tcp://10.0.0.5:4321",
        local_directory=str(tmp_path),
        state=SimpleNamespace(nthreads=4 if unfit == "several tasks at once" else 1),
    )
    plugin = Preparation(small_ratings, reference)
    expected = "--nthreads 1"
    if unfit == "experiments":
        plugin.made_by = replace(plugin.made_by, experiments="0.1")
        expected = "has another version of the tools"
    elif unfit in plugin.made_by.packages:
        packages = {**plugin.made_by.packages, unfit: "0.1"}
        plugin.made_by = replace(plugin.made_by, packages=packages)
        expected = rf"has {unfit} .* \(now 0\.1\)"
    with pytest.raises(WorkerUnfit, match=expected):
        plugin.setup(worker)


def test_the_students_files_go_to_the_worker(small_ratings, reference, tmp_path):
    worker = SimpleNamespace(
        address="tcp://10.0.0.5:4321",
        local_directory=str(tmp_path),
        state=SimpleNamespace(nthreads=1),
    )
    plugin = Preparation(small_ratings, reference)
    plugin.setup(worker)
    assert load_student_code(plugin.folder).model.MultiTaskNet
    plugin.teardown(worker)
    assert list(tmp_path.iterdir()) == []
