"""``assignment.toml`` is read, or said to be wrong before anything is graded."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine.assignment import read_assignment

PROJECT = Path(__file__).parents[2]
TEXT = """
[course]
name = "A course"
title = "A title"

[[questions]]
id = "1a"
title = "Tables"
file = "submission/model.py"
points = 0.3
kind = "coding"

[[questions.tests]]
id = "1a-0-basic"
points = 0.1
visibility = "public"
timeout = 5

[[questions.tests]]
id = "1a-1-hidden"
points = 0.2
visibility = "hidden"
timeout = 0.5
"""


def written(folder: Path, old: str = "", new: str = "") -> Path:
    """Return a small assignment, changed in one place."""
    assert old in TEXT
    path = folder / "assignment.toml"
    path.write_text(TEXT.replace(old, new, 1))
    return path


def test_points_add_up_as_people_count(tmp_path: Path) -> None:
    """In binary, 0.1 + 0.2 is not 0.3."""
    (question,) = read_assignment(written(tmp_path)).questions
    assert [test.points for test in question.tests] == [0.1, 0.2]
    assert [test.hidden for test in question.tests] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points = 0.2", "points = 0.3", "question 1a has 0.3 points, its tests add up to 0.4"),
        ("1a-1-hidden", "1a-0-basic", "come more than once: 1a-0-basic"),
        ('"hidden"', '"secret"', "1a-1-hidden: visibility should be public or hidden"),
        ("points = 0.3", "points 0.3", r"assignment\.toml cannot be read: .*line 10"),
    ],
)
def test_what_contradicts_itself_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_assignment(written(tmp_path, old, new))


def test_the_commands_say_so_and_grade_nothing(tmp_path: Path) -> None:
    for package in ("grader", "problem_set"):
        shutil.copytree(PROJECT / package, tmp_path / package)
    (tmp_path / "uploads" / "ada").mkdir(parents=True)
    written(tmp_path, "points = 0.2", "points = 0.3")
    for command in (["grader"], ["grader.batch", "uploads"]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "error: question 1a has 0.3 points, its tests add up to 0.4\n"
