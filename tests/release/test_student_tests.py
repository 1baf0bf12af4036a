"""What a student reads of ``make test`` while the work is under way."""

import re
import subprocess
from pathlib import Path

import pytest

from release.files import Files
from tests.release.installed import StudentFolder, unpack

GAP = 'raise NotImplementedError("Question {} is not written yet")'


def fill(file: Path, question: str, code: str) -> None:
    text = file.read_text()
    assert text.count(GAP.format(question)) >= 1
    file.write_text(text.replace(GAP.format(question), code))


@pytest.fixture
def unpacked(student: Files, tmp_path: Path) -> StudentFolder:
    return unpack(student, tmp_path)


def make_test(unpacked: StudentFolder) -> subprocess.CompletedProcess:
    return unpacked.run("-m", "pytest", "tests/test_questions.py")


def test_a_mistake_is_explained_without_a_traceback_and_open_questions_are_named(
    unpacked: StudentFolder,
) -> None:
    fill(unpacked.folder / "submission" / "loss.py", "2a", "loss = negative_predictions.sum()")
    fill(unpacked.folder / "submission" / "loss.py", "2b", "loss = observed_ratings @ 2")
    fill(unpacked.folder / "submission" / "loss.py", "2c", "loss = factorization_loss * 1.0")
    done = make_test(unpacked)
    said = done.stdout
    assert done.returncode == 1, said
    assert "2a-0: bpr_loss is a single number, and 0.5 where both movies" in said
    assert "expected  0.5\ngot       -1." in said
    assert re.search(r"submission/loss.py, line \d+: loss = observed_ratings @ 2\n", said)
    assert "conftest.py" not in said and "Traceback" not in said
    summary = said.split("\n\n")
    assert summary[-2].splitlines() == [
        "1a  Embedding tables and biases         open",
        "1b  Dense layers                        open",
        "1c  Forward passes                      open",
        "1d  Scores of every movie               open",
        "2a  Bayesian personalized ranking loss  not right yet",
        "2b  Regression loss                     not right yet",
        "2c  Joint loss                          passes the public tests",
        "2d  Mean reciprocal rank                open",
    ]
    assert summary[-1].startswith("Fix first: 2a, 2b.\nBegin with 2a: The loss has other numbers")
    assert "2 failed, 1 passed, 9 skipped" in said


def test_a_folder_without_the_files_is_told_once(unpacked: StudentFolder) -> None:
    for name in ("model", "loss", "mrr"):
        (unpacked.folder / "submission" / f"{name}.py").rename(
            unpacked.folder / "submission" / f"my_{name}.py"
        )
    done = make_test(unpacked)
    said = " ".join(done.stdout.split())
    assert done.returncode == 1, said
    assert said.count("holds none of model.py, loss.py, mrr.py. It holds ") == 1
    assert "submission/my_model.py" in said and "11 skipped" in said


@pytest.mark.thorough
def test_a_file_that_cannot_be_imported_is_told_once_and_names_all_its_questions(
    unpacked: StudentFolder,
) -> None:
    fill(unpacked.folder / "submission" / "loss.py", "2b", "loss = (observed_ratings")
    said = make_test(unpacked).stdout
    assert said.count("SyntaxError: '(' was never closed") == 1
    for question in ("2a", "2b", "2c"):
        assert re.search(rf"{question}  .*  cannot be imported\n", said)
    assert "Fix first: 2a, 2b, 2c.\nBegin with 2a: The file could not be imported" in said


def test_a_list_of_layers_is_told_by_what_it_is_and_should_be(unpacked: StudentFolder) -> None:
    fill(unpacked.folder / "submission" / "model.py", "1b", "mlp_layers = [nn.Linear(96, 64)]")
    said = make_test(unpacked).stdout
    assert "mlp_layers is no nn.Module.\n" in said
    assert "expected  an nn.Module\ngot       list\n" in said
