"""Runs that do not fit into memory are refused before they start."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.data.ratings import Ratings
from experiments.engine.resources import (
    choose_jobs,
    jobs_that_fit,
)
from experiments.run import COURSE_RUNS
from problem_set import container
from problem_set.container import free_memory, processor_cores

SHARED = COURSE_RUNS[1]


def sized(num_ratings: int, num_users: int = 138_494, num_items: int = 26_745) -> Ratings:
    """Return ratings of some size that take no memory."""
    users = np.broadcast_to(np.array([num_users - 1]), num_ratings)
    items = np.broadcast_to(np.array([num_items - 1]), num_ratings)
    return Ratings(users, items, np.broadcast_to(np.float32(3), num_ratings), "sized")


def test_what_does_not_fit_into_memory_is_refused_with_what_would():
    large = sized(20_000_000)
    with pytest.raises(ValueError, match=r"19,000,000 training pairs with the full batch") as full:
        jobs_that_fit([SHARED], large, free=20e9)
    assert "With --batch-size 65536 it needs about 2." in str(full.value)
    assert "290 steps instead of one" in str(full.value)
    with pytest.raises(ValueError, match=r"batches of 9,000,000 needs.*290 steps instead of 3"):
        jobs_that_fit([replace(SHARED, batch_size=9_000_000)], large, free=20e9)
    with pytest.raises(ValueError, match="a machine with more memory"):
        jobs_that_fit([replace(SHARED, batch_size=65_536)], large, free=2.5e9)
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    assert jobs_that_fit(minibatches, large, free=20e9) == 4
    assert jobs_that_fit(minibatches, large, free=7e9) == 2


def test_the_courses_runs_start_however_little_memory_is_free():
    assert jobs_that_fit(COURSE_RUNS, sized(100_000, 944, 1683), free=1e6) >= 1


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/\n", {"cpu.max": "200000 100000", "memory.max": "4000000000"}),
        (
            # A job of Slurm: the limits are those of groups around its own.
            "0::/job/step\n",
            {
                "job/cpu.max": "150000 100000",
                "job/step/cpu.max": "max 100000",
                "job/memory.max": "4000000000",
                "job/step/memory.max": "max",
            },
        ),
        (
            "3:memory:/pod\n2:cpu,cpuacct:/pod\n",
            {
                "cpu,cpuacct/pod/cpu.cfs_quota_us": "200000",
                "cpu,cpuacct/pod/cpu.cfs_period_us": "100000",
                "memory/pod/memory.limit_in_bytes": "4000000000",
                "memory/memory.limit_in_bytes": "9223372036854771712",
            },
        ),
    ],
    ids=["version 2", "nested", "version 1"],
)
def test_a_containers_limits_count(monkeypatch, tmp_path, groups, files):
    """A container with two processors and 4 GB on a machine of 64 and 256 GB."""
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 64)
    monkeypatch.setattr("psutil.Process.cpu_affinity", lambda process: list(range(64)))
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=256e9))
    monkeypatch.setattr(container, "CGROUPS", tmp_path)
    monkeypatch.setattr(container, "OWN_GROUPS", tmp_path / "own")
    assert (processor_cores(), free_memory()) == (64, 256e9), "not Linux: no groups"
    (tmp_path / "own").write_text(groups)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert (processor_cores(), free_memory()) == (2, 4e9)
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    assert jobs_that_fit(minibatches, sized(20_000_000)) == 1


def test_cores_without_a_limit_are_those_that_this_process_may_use(monkeypatch, tmp_path):
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 64)
    monkeypatch.setattr("psutil.Process.cpu_affinity", lambda process: [3, 5, 7])
    monkeypatch.setattr(container, "CGROUPS", tmp_path)
    for name, text in (("cpu.cfs_quota_us", "-1"), ("cpu.cfs_period_us", "100000")):
        (tmp_path / "cpu").mkdir(exist_ok=True)
        (tmp_path / "cpu" / name).write_text(text)
    monkeypatch.setattr(container, "OWN_GROUPS", tmp_path / "own")
    (tmp_path / "own").write_text("1:cpu:/\n0::/\n")
    assert processor_cores() == 3


def test_free_memory_limits_the_runs_at_once_and_is_named(monkeypatch):
    monkeypatch.setattr("experiments.engine.resources.processor_cores", lambda: 8)
    monkeypatch.setattr("experiments.engine.resources.free_memory", lambda: 7e9)
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    said = []
    assert choose_jobs(minibatches, sized(20_000_000), None, said.append) == 2
    assert said == ["Running 2 at a time (limited by free memory)."]
    assert choose_jobs(minibatches, sized(20_000_000), 3, said.append) == 3, "as the user asks"
    assert len(said) == 1
