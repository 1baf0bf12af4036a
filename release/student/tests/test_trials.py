"""The experiments and handing in, tried out in the small once your code passes."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine.intake import read_submission
from grader.engine.progress import RIGHT, Standing

PROJECT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def written(stand: dict[str, Standing]) -> None:
    """Wait until there is something to try."""
    if any(standing.state != RIGHT for standing in stand.values()):
        pytest.skip(f"runs once {min(stand)} to {max(stand)} pass the public tests")


def run(*arguments: object) -> None:
    """Run a command of the problem set in its folder."""
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"{done.stdout}{done.stderr}".strip(), pytrace=False)


def test_the_experiments_run_on_made_up_ratings(tmp_path: Path) -> None:
    runs = ("shared=True_LF=0.5_LR=0.5", "shared=False_LF=0.5_LR=0.5")
    chosen = [word for run in runs for word in ("--run", run)]
    run("experiments", "run", "--data", "synthetic", "--epochs", 3, "--out", tmp_path, *chosen)
    assert (tmp_path / "figures" / "curves.png").exists()


def test_handing_in_packs_your_code(tmp_path: Path) -> None:
    run("hand_in", "--out", tmp_path / "handed-in.zip")
    packed = read_submission(tmp_path / "handed-in.zip")
    assert packed.files == read_submission(PROJECT / "submission").files
