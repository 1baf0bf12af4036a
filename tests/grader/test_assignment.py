"""``assignment.toml`` and the tests are read, or an instructor reads what is wrong with them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.assignment import require_agreement
from problem_set.assignment import (
    Assignment,
    AssignmentError,
    Late,
    parse_assignment,
    read_assignment,
)

PROJECT = Path(__file__).parents[2]
TEXT = """\
[course]
name = "A course"
short = "AC"
term = "Fall 2026"
assignment = "ps1"
number = 1
title = "A title"
due = 2026-12-11T23:59:00-08:00

[grading]
timeout = 2

[[questions]]
id = "1a"
title = "Tables"
file = "submission/model.py"
points = 0.3
kind = "coding"
public = { shapes = 0.1 }
hidden = { 1a-1 = 0.2 }

[[questions]]
id = "1b"
title = "An essay"
file = "essay.tex"
points = 2
kind = "written"
"""


def test_a_test_is_public_or_hidden_by_the_table_that_it_stands_in() -> None:
    """In binary, 0.1 + 0.2 is not 0.3."""
    assignment = parse_assignment(TEXT)
    found = [(t.id, t.question, t.points, t.hidden) for t in assignment.tests]
    assert found == [("shapes", "1a", 0.1, False), ("1a-1", "1a", 0.2, True)]
    assert assignment.grading.timeout == 2.0
    assert [question.id for question in assignment.written] == ["1b"]
    assert assignment.upload.where == "" and assignment.gradescope.timeout == 600


def test_a_due_date_is_in_the_zone_that_the_course_names() -> None:
    """Then days are added to it as clocks show them, and its offset is that of the day."""
    due = parse_assignment(TEXT).course.due
    named = TEXT.replace("number", 'zone = "America/Los_Angeles"\nnumber')
    there = parse_assignment(named).course.due
    assert there == due and there.utcoffset() == due.utcoffset()
    assert there.replace(month=7).utcoffset() == timedelta(hours=-7)
    assert due.replace(month=7).utcoffset() == timedelta(hours=-8)


def test_where_the_machine_knows_no_zones_the_offset_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("problem_set.assignment.available_timezones", lambda: set())
    named = TEXT.replace("number", 'zone = "America/Los_Angeles"\nnumber')
    assert parse_assignment(named).course.due == parse_assignment(TEXT).course.due


def test_without_a_policy_late_work_loses_nothing() -> None:
    assert parse_assignment(TEXT).late == Late()
    some = TEXT.replace("[grading]", "[late]\npercent_per_day = 10\nzero_after = 5\n\n[grading]")
    assert parse_assignment(some).late == Late(percent_per_day=10, zero_after=5)


def test_this_assignment_is_short() -> None:
    """A test stands in one place, on at most one line."""
    text = (PROJECT / "assignment.toml").read_text()
    assert len(text.splitlines()) < 150
    assert all(len(re.findall(rf"\b{test.id} =", text)) == 1 for test in read_assignment().tests)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.2 }", "0.3 }", "line 17: question 1a has 0.3 points, and its tests add up to 0.4"),
        ("{ 1a-1", "{ shapes", "line 19: shapes is public and hidden"),
        ('"1b"', '"1a"', "line 23: the id 1a comes more than once"),
        ("hidden =", "hiden =", "line 20: [[questions]] 1a has no key 'hiden'"),
        ("[grading]", "[graiding]", "line 10: there is no section 'graiding'"),
        ("= 0.1", '= "0.1"', "line 19: shapes should have points"),
        ('title = "Tables"\n', "", "line 13: [[questions]] 1a needs title"),
        ('"written"', '"writen"', "line 27: the kind of question 1b should be coding or written"),
        ('kind = "coding"\n', 'kind = "written"\n', "question 1a is written, and has tests"),
        ("-11T23:59:00-08:00", "-11", "line 8: due under [course] should be a date and a time"),
        ("23:59:00-08:00", "23:59:00", "line 8: due under [course] should be a date and a time"),
        ("2026-12-11T", '"December"#', "line 8: due under [course] should be a date and a time"),
        ("number", 'zone = "Pacific"\nnumber', "line 6: there is no time zone 'Pacific'; write it"),
        ("number", 'zone = "../zones"\nnumber', "line 6: there is no time zone '../zones'"),
        (
            "number",
            'zone = "Europe/Berlin"\nnumber',
            "line 9: Europe/Berlin is +0100 from UTC then, and due says -0800",
        ),
        ("[grading]", "[late]\nper_day = 1\n[grading]", "line 11: [late] has no key 'per_day'"),
        (
            "[grading]",
            "[late]\n\npercent_per_day = 110\n[grading]",
            "line 12: percent_per_day under [late] should be from 0 to 100; it is 110",
        ),
        (
            "[grading]",
            "[late]\nlate_days = -1\n[grading]",
            "line 11: late_days under [late] should be from 0 to 366; it is -1",
        ),
        (
            "[grading]",
            "[late]\nzero_after = -0.5\n[grading]",
            "line 11: zero_after under [late] should be 0 or more; it is -0.5",
        ),
        (
            "timeout = 2",
            "timeout = 2\n[feedback]\nhints = 'all'",
            "line 13: hints under [feedback]",
        ),
        (
            "[grading]",
            "[feedback]\nuploads_with_hints = -1\n[grading]",
            "line 11: uploads_with_hints under [feedback] should be 0 or more; it is -1",
        ),
        (
            "[grading]",
            "[feedback]\nshow_hidden = 'later'\n[grading]",
            "line 11: show_hidden under [feedback] should be at once or after due or never",
        ),
        ("points = 2", "points 2", "is not TOML: Expected '=' after a key"),
    ],
)
def test_a_slip_is_told_with_its_line_and_its_key_or_id(old: str, new: str, said: str) -> None:
    assert TEXT.count(old) == 1 or old.startswith("kind")
    with pytest.raises(AssignmentError) as caught:
        parse_assignment(TEXT.replace(old, new, 1))
    assert str(caught.value).startswith("assignment.toml")
    assert said in str(caught.value)


def without(id_: str) -> Assignment:
    """Return this assignment, its table written with another id for a test."""
    text = (PROJECT / "assignment.toml").read_text()
    assert text.count(f" {id_} =") == 1
    return parse_assignment(text.replace(f" {id_} =", f" {id_}x ="))


@pytest.mark.parametrize("id_", ["1b-0", "2b-1"])
def test_a_test_without_points_and_points_without_a_test_are_named(id_: str) -> None:
    tests = CONTENTS.tests()
    with pytest.raises(
        AssignmentError, match=rf"_tests/test_\w+\.py, line \d+: the test {id_} has"
    ):
        require_agreement(without(id_), tests, hidden_tests=True)
    fewer = {known: test for known, test in tests.items() if known != id_}
    with pytest.raises(AssignmentError, match=f"{id_}x under question {id_[:2]} has points, and"):
        require_agreement(without(id_), fewer, hidden_tests=True)


def test_a_students_copy_lacks_hidden_tests_only() -> None:
    public = {test.id for test in read_assignment().tests if not test.hidden}
    here = {id_: test for id_, test in CONTENTS.tests().items() if id_ in public}
    require_agreement(read_assignment(), here, hidden_tests=False)
    with pytest.raises(AssignmentError, match="has points, and no function in grader/hidden_tests"):
        require_agreement(read_assignment(), here, hidden_tests=True)


@pytest.fixture
def staff_copy(tmp_path: Path) -> Path:
    """The grader, in a folder of its own whose files can be edited, and a submission."""
    for package in ("grader", "problem_set", "submission", "handout", "hand_in"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=ignored)
    shutil.copy(PROJECT / "assignment.toml", tmp_path)
    (tmp_path / "uploads" / "ada").mkdir(parents=True)
    return tmp_path


def syntax_error(folder: Path) -> None:
    with (folder / "grader" / "hidden_tests" / "test_2_losses.py").open("a") as file:
        file.write("def broken(:\n")


def unknown_name(folder: Path) -> None:
    with (folder / "grader" / "public_tests" / "test_2_losses.py").open("a") as file:
        file.write("@grated\ndef test(): ...\n")


def date_without_time(folder: Path) -> None:
    path = folder / "assignment.toml"
    path.write_text(re.sub(r"^due = .*$", "due = 2026-12-11", path.read_text(), flags=re.M))


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (syntax_error, r"grader/hidden_tests/test_2_losses\.py, line \d+: SyntaxError"),
        (unknown_name, r"grader/public_tests/test_2_losses\.py, line \d+: NameError.*grated"),
        (date_without_time, r"assignment\.toml, line \d+: due under \[course\] should be a date"),
    ],
)
def test_every_command_tells_its_instructor_and_grades_nothing(
    staff_copy: Path, slip: Callable[[Path], None], said: str
) -> None:
    slip(staff_copy)
    notebook = "from grader.notebook import check; check('2a')"
    commands = [["-m", "grader"], ["-m", "grader.cohort", "uploads"], ["-c", notebook]]
    if slip is date_without_time:
        commands += [["-m", "hand_in"], ["-m", "handout", "clean"]]
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=staff_copy,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (1 if "-c" in command else 2), done.stdout
        assert re.search(said, done.stderr), done.stderr
        assert "course staff" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr or "-c" in command
