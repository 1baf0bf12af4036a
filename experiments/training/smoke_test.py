"""Does the student's code run at all? An answer in a second, before a run of minutes."""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from experiments.data.ratings import split_ratings
from experiments.data.synthetic import synthetic_ratings
from experiments.run import COURSE_RUNS
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer


def smoke_test(submission: Path) -> str:
    """Train a shared and a separate network for two epochs on a small synthetic set.

    The caller's random streams are left as they are.

    Returns
    -------
    str
        A sentence that says that it ran, and what is worth knowing. It does not say that the
        code is right; grading does.

    Raises
    ------
    StudentError
        Naming the file and the line to fix.
    """
    split = split_ratings(synthetic_ratings(60, 90, 1500), seed=0)
    notes: list[str] = []
    with _random_streams_kept():
        code = load_student_code(submission)
        for run in COURSE_RUNS[1:3]:
            trainer = Trainer(replace(run, epochs=2), split, code)
            for _ in range(2):
                trainer.run_epoch()
            notes += [note for note in trainer.notes if note not in notes]
    return "\n".join(["Your model, losses and metric run.", *(f"Note: {note}." for note in notes)])


@contextlib.contextmanager
def _random_streams_kept() -> Iterator[None]:
    python, legacy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
