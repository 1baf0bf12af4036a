"""A solution written for the course runs here as it is: its names, arguments and order of results.

``test_right_submissions`` grades the same files.
"""

import shutil
from pathlib import Path

import pytest

from experiments.data.ratings import Split
from experiments.run import COURSE_RUNS, METRICS, Run
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer
from tests.conftest import PROJECT

COURSE = PROJECT / "tests" / "grader" / "right_submissions" / "the_course"
EPOCHS = 5
MRR = METRICS[3].key


def train(run: Run, split: Split, folder: Path) -> list[dict[str, float]]:
    training = Trainer(run, split, load_student_code(folder))
    return [training.run_epoch() for _ in range(EPOCHS)]


@pytest.mark.parametrize("own_1d", [True, False], ids=["with 1d", "as in the course, without 1d"])
@pytest.mark.parametrize("run", COURSE_RUNS, ids=lambda run: run.name)
def test_the_courses_own_solution_gives_every_runs_numbers(
    run: Run, own_1d: bool, small_split: Split, reference: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "submission"
    shutil.copytree(reference, folder)
    shutil.copytree(COURSE, folder, dirs_exist_ok=True)
    if not own_1d:
        model = folder / "model.py"
        course, _ = model.read_text().split("    # Question 1d is not the course's")
        model.write_text(course)
    for right, got in zip(train(run, small_split, reference), train(run, small_split, folder)):
        for metric in (metric.key for metric in METRICS):
            # Rounding swaps two near-equal ranks now and then, which shows with 60 users.
            rounding = 2e-2 if metric == MRR else 1e-5
            assert got[metric] == pytest.approx(right[metric], rel=rounding), metric
