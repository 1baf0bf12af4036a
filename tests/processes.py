"""Commands started in processes of their own, as from a terminal, and what becomes of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import PROJECT

SECONDS_TO_END = 30


def finished(*arguments: str | Path) -> subprocess.CompletedProcess:
    """Run ``python -m experiments`` to its end, in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "experiments", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def started(*arguments: str | Path) -> subprocess.Popen:
    """Start ``python -m experiments`` in a process group of its own, which Ctrl-C can reach."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments", *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A job in the background is started with the signal ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def press_ctrl_c(process: subprocess.Popen) -> None:
    """Interrupt as a terminal does: the whole group."""
    os.killpg(process.pid, signal.SIGINT)


def given_again(said: str) -> subprocess.CompletedProcess:
    """Paste the command that an interrupted one told to give again into a shell."""
    (command,) = (
        line
        for before, line in zip(said.splitlines(), said.splitlines()[1:])
        if before.endswith("give the command again:")
    )
    return subprocess.run(
        command, shell=True, cwd=PROJECT, capture_output=True, text=True, check=False
    )


def group_members(group: int) -> list[int]:
    """Return the processes of a process group that are not zombies."""
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            pass
    return members


def wait_until_gone(group: int) -> None:
    """Fail the test if a process of the group is still there after a while."""
    until = time.monotonic() + SECONDS_TO_END
    while group_members(group):
        if time.monotonic() > until:
            pytest.fail(f"processes {group_members(group)} are still there")
        time.sleep(0.1)
