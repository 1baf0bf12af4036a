"""The bench counts the processor time of all that a command starts, also of what outlives it."""

import subprocess
import sys

import pytest

from bench.processor import counted, processor_seconds
from tests.conftest import PROJECT

BUSY = "import time\nwhile time.process_time() < 0.4: pass\n"
LEAVES_A_BUSY_ONE_AND_DIES = f"""
import os, signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", {BUSY!r}])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands on processes to another one")
def test_what_a_killed_command_leaves_behind_is_counted(tmp_path):
    file = tmp_path / "seconds"
    for code, ended in ((LEAVES_A_BUSY_ONE_AND_DIES, 128 + 9), ("raise SystemExit(3)", 3)):
        command = counted(file, [sys.executable, "-c", code])
        assert subprocess.run(command, cwd=PROJECT, check=False).returncode == ended
    assert len(file.read_text().split()) == 2
    assert 0.4 <= processor_seconds(file) < 2
