"""``pytest`` on the public tests, as students run it: in this process, on their own files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LEFT_OUT = ("hidden_tests", "misconceptions", "sandbox", "__pycache__")

Run = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student has of the grader, without a sandbox."""
    folder = tmp_path_factory.mktemp("student")
    ignored = shutil.ignore_patterns(*LEFT_OUT)
    for package in ("grader", "problem_set"):
        shutil.copytree(PROJECT / package, folder / package, ignore=ignored)
    shutil.copy(PROJECT / "assignment.toml", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Return a function that changes the reference and runs ``pytest`` on it."""

    def run(selected: str, *options: str, typed: str = "", **changes: tuple[str, str]) -> str:
        shutil.rmtree(folder / "submission", ignore_errors=True)
        shutil.copytree(PROJECT / "submission", folder / "submission")
        for name, (old, new) in changes.items():
            file = folder / "submission" / f"{name}.py"
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "grader/public_tests",
             "-k", selected, *options],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""},
            input=typed, capture_output=True, text=True, timeout=120, check=False,
        ).stdout  # fmt: skip

    return run


LOSS = "    loss = ((observed_ratings - predicted_ratings) ** 2).mean()\n"


def test_a_question_is_selected_by_its_id_also_in_a_file_of_several(run: Run) -> None:
    shown = run("2b", "-v")
    assert "squared_errors" in shown and "one_half" not in shown


def test_a_traceback_has_the_students_frames_alone(run: Run) -> None:
    rating = "        score = self._rating(u, q)\n"
    shown = run("1c and shared", model=(rating, rating + "        score = score + not_a_name\n"))
    assert "NameError: name 'not_a_name' is not defined" in shown
    assert "submission/model.py:" in shown
    assert "grader/adapter.py" not in shown and "grader/engine" not in shown


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("loss", "import torch\n", "import torhc\n"),
        ("loss", "def regression_loss", "def regresion_loss"),
    ],
)
def test_what_is_not_there_is_said_and_no_traceback_is_hidden(
    run: Run, file: str, old: str, new: str
) -> None:
    shown = run("2b", **{file: (old, new)})
    assert " failed" in shown
    assert "All traceback entries are hidden" not in shown
    assert "torhc" in shown or "has no attribute 'regression_loss'" in shown


def test_tables_of_another_shape_are_said_and_no_traceback_is_hidden(run: Run) -> None:
    wide = "U = ScaledEmbedding(num_users, embedding_dim)"
    shown = run("1a or 1c", model=(wide, wide.replace("dim)", "dim + 1)")))
    assert "U.weight" in shown and "All traceback entries are hidden" not in shown


def test_an_endless_loop_ends_with_its_line(run: Run, folder: Path) -> None:
    """After a short limit, which a test sets: students have that of the course."""
    conftest = folder / "conftest.py"
    conftest.write_text("import grader.engine.pytest_checks as checks\nchecks.CALL_SECONDS = 0.5\n")
    try:
        shown = run("2b", loss=(LOSS, "    while True:\n        pass\n"))
    finally:
        conftest.unlink()
    assert "1 failed" in shown
    assert "0.5 seconds of processor time" in shown
    assert "submission/loss.py:" in shown
