"""Runs in minibatches: a test error that falls, turns, and ends above where it was."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.run import COURSE_RUNS, Run
from experiments.study.measurements import (
    FULL_BATCH,
    Measurements,
    choose,
    of_course_run,
    varied_together,
)
from experiments.study.statistics import Estimate, bounded, mean_interval


@dataclass(frozen=True)
class Overfit:
    """A minibatch run's test MSE along training, and how far it ends above its lowest value.

    Attributes
    ----------
    run : Run
    batch_size : int
    test, train : float arrays, shape (num_seeds, num_epochs)
    """

    run: Run
    batch_size: int
    test: np.ndarray
    train: np.ndarray

    @property
    def lowest_epoch(self) -> Estimate:
        """How many epochs come before the lowest test MSE."""
        return bounded(mean_interval(self.test.argmin(axis=1)), 0, self.test.shape[1] - 1)

    @property
    def rise(self) -> Estimate:
        """The last test MSE minus the lowest one."""
        return bounded(mean_interval(self.test[:, -1] - self.test.min(axis=1)), 0, np.inf)

    @property
    def last_test(self) -> Estimate:
        return bounded(mean_interval(self.test[:, -1]), 0, np.inf)

    @property
    def last_train(self) -> Estimate:
        return bounded(mean_interval(self.train[:, -1]), 0, np.inf)


def overfitting(measurements: Measurements) -> tuple[Overfit, ...]:
    """Return the course's runs in minibatches, of the size that the study ran most."""
    runs = varied_together(choose(measurements.runs, batch_size=None, epochs=None))
    runs = runs[runs["batch_size"] != FULL_BATCH]
    if not len(runs):
        return ()
    size = runs["batch_size"].mode().max()
    runs = runs[runs["batch_size"] == size]
    runs = runs[runs["epochs"] == runs["epochs"].mode().max()].sort_values("split_seed")
    found = []
    for run in COURSE_RUNS:
        curves = {
            metric: [
                curve
                for name in of_course_run(runs, run)["run"]
                if (curve := measurements.curve(name, metric)) is not None
            ]
            for metric in ("eval/MSE", "training/MSE")
        }
        if curves["eval/MSE"]:
            found.append(Overfit(run, int(size), *map(np.array, curves.values())))
    return tuple(found)


def overfit_table(found: tuple[Overfit, ...]) -> pd.DataFrame:
    """Return one row a run and epoch: means over seeds, and the seeds' lowest and highest."""
    return pd.DataFrame(
        {
            "run": overfit.run.name,
            "batch_size": overfit.batch_size,
            "epoch": epoch,
            "test_mse": overfit.test[:, epoch].mean(),
            "test_mse_lowest": overfit.test[:, epoch].min(),
            "test_mse_highest": overfit.test[:, epoch].max(),
            "train_mse": overfit.train[:, epoch].mean(),
            "seeds": len(overfit.test),
        }
        for overfit in found
        for epoch in range(overfit.test.shape[1])
    )
