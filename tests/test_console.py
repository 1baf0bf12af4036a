"""Programs print through pipes with a Windows code page, and run without what only Unix has."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT
from tests.course import FULL_MARKS, POINTS

UNIX = ("fcntl", "resource", "pwd", "grp", "termios")
# What we import ourselves: on Linux, psutil needs one of them.
WITHOUT_UNIX = f"""
import builtins, platform, runpy, sys
OURS = "experiments", "grader", "hand_in", "handout", "problem_set"
original = builtins.__import__
def without(name, globals=None, *rest, **named):
    if name in {UNIX} and (globals or {{}}).get("__name__", "").split(".")[0] in OURS:
        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
    return original(name, globals, *rest, **named)
builtins.__import__ = without
platform.system = lambda: "Windows"
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
RUN = ["experiments", "run", "--data", "synthetic", "--epochs", "2", "--out"]


def printed(program: list[str], *command: object, encoding: str = "utf-8") -> str:
    """Return what a program prints into a pipe; it has to end without an error."""
    done = subprocess.run(
        [sys.executable, *program, *map(str, command)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode(encoding)) == (0, "")
    return done.stdout.decode(encoding)


def test_characters_without_a_plain_form_become_question_marks() -> None:
    program = "from problem_set import replace_unprintable as r; r(); print('✓ ✗ – … 电影 ü')"
    assert printed(["-c"], program, encoding="cp437").strip() == "+ x - ... ?? ü"
    assert printed(["-c"], program).strip() == "✓ ✗ – … 电影 ü"


def test_programs_run_as_on_windows(tmp_path: Path) -> None:
    """Into a pipe with its code page, and without what only Unix has."""

    def say(*command: object) -> str:
        return printed(["-c", WITHOUT_UNIX], *command, encoding="cp1252")

    said = say("hand_in", "--out", tmp_path / "work.zip")
    assert said.count("+ passes the public tests") == len(POINTS)
    to_json = "--format", "json", "--out", tmp_path / "report.json"
    say("grader", "--public-only", *to_json)
    questions = json.loads((tmp_path / "report.json").read_text())["questions"]
    assert all(test["status"] == "passed" for one in questions for test in one["tests"])
    said = say(*RUN, tmp_path / "résultats")
    assert "After the last epoch" in said
    assert f"Curves: {tmp_path / 'résultats' / 'figures'}" in said
    assert "build" in say("handout", "--help")


def test_what_instructors_have_besides_prints_into_such_a_pipe() -> None:
    assert f"of {FULL_MARKS:g} points" in printed(["-m"], "grader", encoding="cp1252")
    assert "build" in printed(["-m"], "release", "--help", encoding="cp1252")
