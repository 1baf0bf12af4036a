"""Does the student's code run at all? An answer in a second, before a run of minutes."""

from dataclasses import replace
from pathlib import Path

from experiments.data.ratings import split_ratings
from experiments.data.synthetic import synthetic_ratings
from experiments.run import COURSE_RUNS
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Training


def smoke_test(submission: Path) -> str:
    """Train a shared and a separate network for two epochs on a small synthetic set.

    Returns
    -------
    str
        A sentence that says that it ran, and what is worth knowing. It does not say that the
        code is right; grading does.

    Raises
    ------
    StudentError
        Naming the file and the line to mend.
    """
    split = split_ratings(synthetic_ratings(60, 90, 1500), seed=0)
    code = load_student_code(submission)
    notes: list[str] = []
    for run in COURSE_RUNS[1:3]:
        training = Training(replace(run, epochs=2), split, code)
        for _ in range(2):
            training.run_epoch()
        notes += [note for note in training.notes if note not in notes]
    return "\n".join(["Your model, losses and metric run.", *(f"Note: {note}." for note in notes)])
