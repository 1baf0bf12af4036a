"""Tasks in processes of this machine, and on a cluster: those of a killed process begin again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cloudpickle
import dask
import pytest
from dask.config import collect_env, merge

from bench.cluster import cluster as tls_cluster
from problem_set.executors import Began, Ended, ExecutorError, Lost, Said, Told, dask_cluster
from problem_set.executors.dask_cluster import Preparation, join_cluster
from problem_set.executors.local import Processes

WELL, ONCE, ALWAYS, EXIT = "well", "killed once", "killed always", "exits"


def prepare(folder: Path):
    """Return work that says in which process it is done; some tasks end that process."""

    def work(task: tuple[str, int], connection) -> None:
        kind, number = task
        before = folder / f"{kind} {number}"
        if kind == ALWAYS or (kind == ONCE and not before.exists()):
            before.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == EXIT:
            os._exit(3)
        connection.send((number, os.getpid()))

    return work


def done(folder: Path, tasks, jobs: int = 2, **options) -> list:
    return list(Processes(partial(prepare, folder), jobs, [], **options).events(tasks))


def of(events: list, kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_processes_do_one_task_after_another_or_one_each(tmp_path):
    tasks = [(WELL, number) for number in range(6)]
    events = done(tmp_path, tasks)
    assert sorted(event.task for event in of(events, Ended)) == tasks
    assert sorted(event.value[0] for event in of(events, Told)) == [*range(6)]
    assert len({event.value[1] for event in of(events, Told)}) <= 2
    apart = done(tmp_path, tasks[:3], tasks_a_process=1)
    assert len({event.value[1] for event in of(apart, Told)}) == 3


def test_a_killed_process_costs_a_repeat_of_its_own_task(tmp_path):
    tasks = [(WELL, 0), (ONCE, 1), (ALWAYS, 2), (WELL, 3), (EXIT, 4), (WELL, 5)]
    events = done(tmp_path, tasks)
    begun = [event.task for event in of(events, Began)]
    assert {task: begun.count(task) for task in tasks} == {
        **dict.fromkeys(tasks, 1),
        (ONCE, 1): 2,
        (ALWAYS, 2): 2,
    }
    assert {event.task[1] for event in of(events, Ended)} == {0, 1, 3, 5}
    assert {event.task: event.exit_code for event in of(events, Lost)} == {
        (ALWAYS, 2): -9,
        (EXIT, 4): 3,
    }


def test_a_task_is_taken_when_a_process_is_free_for_it(tmp_path):
    taken = []

    def tasks():
        for number in range(5):
            taken.append(number)
            yield WELL, number

    ended = 0
    for event in Processes(partial(prepare, tmp_path), 2, []).events(tasks()):
        ended += isinstance(event, Ended)
        assert len(taken) <= ended + 2
    assert ended == 5


class Squares(Preparation):
    """Tasks that take a moment."""

    def prepare(self, worker) -> None:
        pass

    def work(self, task: int, tell) -> int:
        time.sleep(0.2)
        return task * task


@pytest.mark.thorough
def test_a_killed_worker_costs_a_repeat_of_the_task_that_it_was_doing(tmp_path):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers have no tests
    tasks, kills, events = 40, 0, []
    with (
        tls_cluster(tmp_path) as started,
        dask.config.set(merge(dask.config.config, collect_env(started.environment))),
        join_cluster(started.address, Squares(), ahead=2) as joined,
    ):
        for event in joined.events(range(tasks)):
            events.append(event)
            if isinstance(event, Ended) and len(of(events, Ended)) in (4, 12, 20):
                started.kill_a_worker()
                kills += 1
    assert sorted(event.task for event in of(events, Ended)) == list(range(tasks))
    assert {event.task: event.value for event in of(events, Told)} == {
        task: task * task for task in range(tasks)
    }
    assert len(of(events, Told)) == tasks, "each result is told once"
    begun = Counter(event.task for event in of(events, Began))
    assert set(begun) == set(range(tasks)) and kills == 3
    assert sum(begun.values()) <= tasks + kills, "a worker does one task at once"


@pytest.fixture
def scheduler(tmp_path) -> Iterator[subprocess.Popen]:
    """A scheduler without workers, whose address is in ``scheduler.json``."""
    place = tmp_path / "scheduler.json"
    where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place)]
    with subprocess.Popen(
        [sys.executable, "-m", "dask", "scheduler", *where], stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not place.exists():
                assert process.poll() is None
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def test_nobody_waits_for_ever_for_workers_or_for_a_scheduler_that_hangs(
    scheduler, tmp_path, monkeypatch
):
    short = {"ALONE_SECONDS": 0.1, "WORKERLESS_SECONDS": 1.5, "LOOK_SECONDS": 0.1}
    for name, seconds in {**short, "ANSWER_SECONDS": 1, "CONNECT_SECONDS": 1}.items():
        monkeypatch.setattr(dask_cluster, name, seconds)
    address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
    said: list = []
    with join_cluster(address, Squares(), ahead=2) as joined:
        with pytest.raises(ExecutorError, match="has had no worker for an hour"):
            said.extend(joined.events([1]))
        assert of(said, Said) == said and [event.text for event in said] == [dask_cluster.WAITING]
        scheduler.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(ExecutorError, match="has not answered"):
            list(joined.events([2]))
        list(joined.stop())
    assert time.monotonic() - began < 60, "to leave a scheduler that hangs is bounded, too"
