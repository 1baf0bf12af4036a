"""A student's project in the small: their code, the notebook, and answers that are not typed."""

import shutil
from pathlib import Path

import pytest

from problem_set.assignment import Assignment, read_assignment

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def assignment() -> Assignment:
    return read_assignment(PROJECT / "assignment.toml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference solution, and nothing written."""
    folder = tmp_path / "ps1"
    shutil.copytree(
        PROJECT / "submission", folder / "submission", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / "01_experiments.ipynb", folder / "notebooks")
    (folder / "handout" / "answers").mkdir(parents=True)
    for name in ("3a", "3b", "3c", "name"):
        (folder / "handout" / "answers" / f"{name}.tex").write_text("% Type your answer below.\n")
    return folder
