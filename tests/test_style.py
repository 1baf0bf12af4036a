"""Linters have nothing to say, and no import is of a file that is gone."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "command",
    [
        # Half a minute where mypy has no cache: to be begun early.
        pytest.param(("mypy",), marks=pytest.mark.timeout(600)),
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("lint-imports",),
    ],
)
def test_linters_find_nothing(command):
    program, *arguments = command
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", ["bench", "experiments", "grader", "hand_in", "release"])
def test_every_module_of_this_project_that_is_imported_is_there(folder):
    """Also those that a function imports, or a program that no test runs."""
    ours = {path.parent.name for path in PROJECT.glob("*/__init__.py")}
    imported = {
        node.module
        for file in (PROJECT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    names = sorted(name for name in imported if name.split(".")[0] in ours)
    assert names
    assert [name for name in names if not importlib.util.find_spec(name)] == []
