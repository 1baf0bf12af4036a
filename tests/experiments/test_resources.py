"""Runs that do not fit into memory are refused before they start."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.data.ratings import Ratings
from experiments.engine.resources import (
    choose_jobs,
    free_memory,
    jobs_that_fit,
    processor_cores,
)
from experiments.run import COURSE_RUNS

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


def test_a_containers_limits_count(monkeypatch):
    """A pod with two processors and 4 GB on a machine of 64 and 256 GB."""
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 64)
    monkeypatch.setattr("dask.system.CPU_COUNT", 2)
    monkeypatch.setattr("distributed.system.MEMORY_LIMIT", 4e9)
    assert processor_cores() == 2
    assert free_memory() <= 4e9
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    assert jobs_that_fit(minibatches, sized(20_000_000)) == 1


def test_free_memory_limits_the_runs_at_once_and_is_named(monkeypatch):
    monkeypatch.setattr("experiments.engine.resources.processor_cores", lambda: 8)
    monkeypatch.setattr("experiments.engine.resources.free_memory", lambda: 7e9)
    minibatches = [replace(run, batch_size=65_536) for run in COURSE_RUNS]
    said = []
    assert choose_jobs(minibatches, sized(20_000_000), None, said.append) == 2
    assert said == ["Running 2 at a time (limited by free memory)."]
    assert choose_jobs(minibatches, sized(20_000_000), 3, said.append) == 3, "as the user asks"
    assert len(said) == 1
