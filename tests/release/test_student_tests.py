"""What a student reads of ``make test`` while the work is under way: plain pytest."""

import re
import subprocess
from pathlib import Path

import pytest

from release.files import Files
from tests.release.installed import StudentFolder, unpack

GAP = 'raise NotImplementedError("Question {} is not written yet")'


@pytest.fixture
def unpacked(student: Files, tmp_path: Path) -> StudentFolder:
    return unpack(student, tmp_path)


def fill(unpacked: StudentFolder, file: str, question: str, code: str) -> None:
    path = unpacked.folder / "submission" / file
    text = path.read_text()
    assert text.count(GAP.format(question)) >= 1
    path.write_text(text.replace(GAP.format(question), code))


def make_test(
    unpacked: StudentFolder, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess:
    """Run the tests without the plugins that students do not have."""
    return unpacked.run("-m", "pytest", "-p", "no:xdist", *arguments, typed=typed)


def test_open_questions_are_skipped_with_the_line_to_write(unpacked: StudentFolder) -> None:
    done = make_test(unpacked)
    assert done.returncode == 0, done.stdout
    place = re.search(r"SKIPPED .*test_2_losses.py.* 2a is open \((\S+), line (\d+)\)", done.stdout)
    line = (unpacked.folder / place[1]).read_text().splitlines()[int(place[2]) - 1]
    assert line.strip() == GAP.format("2a")
    assert "failed" not in done.stdout and "passed" not in done.stdout


def test_a_mistake_shows_the_call_what_was_printed_and_the_students_own_line(
    unpacked: StudentFolder,
) -> None:
    wrong = "print('hello'); loss = negative_predictions.sum()"
    fill(unpacked, "loss.py", "2a", wrong)
    fill(unpacked, "loss.py", "2b", "loss = observed_ratings @ 2")
    done = make_test(unpacked, "-k", "2_losses")
    assert done.returncode == 1
    assert "bpr_loss is a single number, and 0.5 where both movies score the same." in done.stdout
    assert "bpr_loss(tensor([1.0, -2.0]), tensor([1.0, -2.0]))" in done.stdout
    assert "expected  0.5\n" in done.stdout and "got       -1." in done.stdout
    assert "Captured stdout call" in done.stdout and "hello\n" in done.stdout
    assert re.search(r">  +loss = observed_ratings @ 2\n.*\nE +TypeError: ", done.stdout)
    assert "pytest_checks.py" not in done.stdout and "3 failed, 1 skipped" in done.stdout


def test_the_debugger_stops_in_the_students_code(unpacked: StudentFolder) -> None:
    fill(unpacked, "loss.py", "2a", "breakpoint()")
    fill(unpacked, "loss.py", "2b", "loss = observed_ratings @ 2")
    stopped = make_test(unpacked, "-k", "one_half", typed="p negative_predictions.sum()\nc\n")
    assert "(Pdb) tensor(-1.)" in stopped.stdout
    fallen = make_test(unpacked, "-k", "squared_errors", "--pdb", typed="p observed_ratings\nq\n")
    assert "(Pdb) tensor([3., 4.])" in fallen.stdout


@pytest.mark.thorough
def test_a_file_that_cannot_be_imported_is_told_once(unpacked: StudentFolder) -> None:
    fill(unpacked, "loss.py", "2b", "loss = (observed_ratings")
    said = make_test(unpacked, "-k", "2_losses").stdout
    assert said.count("SyntaxError: '(' was never closed") == 1
    assert "submission/loss.py cannot be imported" in said and "1 failed, 3 skipped" in said


@pytest.mark.thorough
def test_a_wrong_question_does_not_fail_the_next(unpacked: StudentFolder, tracked: Files) -> None:
    model = unpacked.folder / "submission" / "model.py"
    right = tracked["submission/model.py"].content.decode()
    wrong = right.replace("ZeroEmbedding(num_users, 1)", "ZeroEmbedding(num_users, 2)")
    assert wrong != right
    model.write_text(wrong)
    done = make_test(unpacked, "-k", "have_a_row or 1c")
    assert "1 failed, 5 passed" in done.stdout, done.stdout
