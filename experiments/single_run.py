"""One run from its first epoch to its record: the one way in which every run is done."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from experiments.configuration import METRICS
from experiments.engine.store import RunRecord
from experiments.run import Run

if TYPE_CHECKING:
    from experiments.training.trainer import Training

AfterEpoch = Callable[[int, dict[str, float]], bool]


def settle_torch(configuration: Run) -> None:
    """Set what torch needs, in the thread that runs, to give a configuration's numbers again."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    torch.set_num_threads(configuration.threads)
    if configuration.device != "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)


def run_epochs(
    training: "Training", curves: dict[str, list[float]], after_epoch: AfterEpoch
) -> RunRecord | None:
    """Run the epochs that are left.

    Parameters
    ----------
    training : Training
    curves : dict of str to list of float
        Values of the epochs that are finished; those of the others are appended.
    after_epoch : callable
        Takes an epoch's number, from 0, and its metrics; returns whether to go on.

    Returns
    -------
    RunRecord or None
        None if ``after_epoch`` ended the run.

    Raises
    ------
    StudentError
        If the student's code cannot go on.
    """
    while training.epoch < training.run.epochs:
        metrics = training.run_epoch()
        for name, value in metrics.items():
            curves[name].append(value)
        if not after_epoch(training.epoch - 1, metrics):
            return None
    seconds = sum(training.seconds.values())
    return RunRecord(
        training.run,
        curves,
        seconds,
        tuple(training.notes),
        tuple(training.gradients),
    )


def no_curves() -> dict[str, list[float]]:
    """Return the curves of a run that has not begun."""
    return {metric: [] for metric in METRICS}
