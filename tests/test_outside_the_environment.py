"""Commands given with a Python that lacks the project's packages end in a sentence."""

import subprocess
import sys

import pytest

from tests.conftest import PROJECT

# Any import of a package that a plain Python lacks fails, as it does there.
PLAIN = """
import importlib.abc, runpy, sys
class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "torch", "numpy", "rich", "hypothesis"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
sys.argv = [sys.argv[1], *sys.argv[2:]]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "command",
    [["experiments", "run"], ["grader", "."], ["grader.cohort", "."], ["grader.batch", "."]],
)
def test_a_command_without_the_environment_says_what_sets_it_up(command):
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, *command],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    name = command[0].replace("grader.batch", "grader.cohort")  # which is its old name
    assert "`make environment`" in done.stderr and f"-m {name} ..." in done.stderr


def test_so_does_pytest():
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, "pytest", "-p", "no:cacheprovider", "-n", "0"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "Traceback" not in done.stderr + done.stdout
    assert "`make environment`" in done.stderr + done.stdout
