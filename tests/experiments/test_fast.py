"""Tricks for speed do what they are for; that they change no number is in test_training."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import PROJECT

PROGRAM = """
import resource, sys, torch
from experiments.training.fast import keep_freed_memory
torch.set_num_threads(1)
if sys.argv[1] == "keep":
    keep_freed_memory()
def step():
    kept = [torch.ones(2_000_000) for _ in range(10)]  # as activations until the backward pass
step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs Linux with glibc")
def test_freed_memory_is_used_again_without_a_page_fault():
    # A system that is short of memory takes pages back by itself.
    assert min(page_faults("keep") for _ in range(3)) < 100 < 1000 < page_faults("give back")
