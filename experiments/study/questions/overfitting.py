"""What do minibatches do? A test error that falls, turns, and ends above where it was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from experiments.plots import LINE_WIDTH, draw_band, legend_below, styled
from experiments.run import COURSE_RUNS, TEST_MSE, TRAIN_MSE, Run
from experiments.study.measurements import (
    FULL_BATCH,
    Measurements,
    choose,
    of_course_run,
)
from experiments.study.section import Question, Section, Table, with_interval
from experiments.study.statistics import MIN_SEEDS, Estimate, bounded, mean_interval

QUESTION = Question(
    "overfitting",
    "What do minibatches do?",
    ("minibatch",),
    f"one of the four runs in minibatches, at {MIN_SEEDS} seeds or more",
)
STEEP_EPOCHS = 3  # in which the MSE falls from 13


@dataclass(frozen=True)
class Overfit:
    """A minibatch run's MSE along training, and how far the test's ends above its lowest value.

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


def overfits(measurements: Measurements) -> list[Overfit]:
    """Return the course's runs in minibatches, of the size that the study ran most."""
    runs = choose(measurements.runs, batch_size=None)
    runs = runs[runs["batch_size"] != FULL_BATCH]
    size = runs["batch_size"].mode().max()
    runs = runs[runs["batch_size"] == size].sort_values("split_seed")
    found = []
    for run in COURSE_RUNS:
        own = of_course_run(runs, run)
        if len(own) >= MIN_SEEDS:
            test, train = (measurements.curves_of(own, metric) for metric in (TEST_MSE, TRAIN_MSE))
            found.append(Overfit(run, int(size), test, train))
    return found


def answer(measurements: Measurements) -> Section | None:
    found = overfits(measurements)
    if not found:
        return None
    return Section(
        QUESTION,
        f"Steps on {found[0].batch_size} pairs instead of all of them: hundreds of steps an epoch, "
        "enough to learn the training ratings by heart. A test MSE that rises while the training "
        "MSE falls is overfitting.",
        tuple(
            f"{o.run.label}: test MSE is lowest at epoch {with_interval(o.lowest_epoch)} and ends "
            f"{with_interval(o.rise)} above that, at {with_interval(o.last_test)}, while the "
            f"training MSE ends at {with_interval(o.last_train)}; N = {len(o.test)}."
            for o in found
        ),
        draw(found),
        "Training and test MSE along training. Lines are means, bands go from the lowest to the "
        "highest seed.",
        (
            Table(
                "Test MSE in minibatches [95 % interval]",
                [
                    {
                        "run": o.run.label,
                        "epoch of the lowest": o.lowest_epoch,
                        "rise after it": o.rise,
                        "at the end": o.last_test,
                        "training, at the end": o.last_train,
                        "N": len(o.test),
                    }
                    for o in found
                ],
            ),
        ),
    )


def draw(found: Sequence[Overfit]) -> Figure:
    """Draw the minibatch runs' training and test MSE, with the seeds' lowest and highest."""
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 2.7), layout="constrained")
        panels = figure.subplots(1, 2, sharex=True)
        for axes, which in zip(panels, ("train", "test")):
            for overfit in found:
                curves = getattr(overfit, which)
                draw_band(axes, np.arange(curves.shape[1]), curves, overfit.run)
            axes.set_title(f"{which} MSE, {found[0].batch_size} pairs a step")
            values = np.concatenate([line.get_ydata() for line in axes.lines])
            later = np.concatenate([line.get_ydata()[STEEP_EPOCHS:] for line in axes.lines])
            if len(later) and values.max() > 2 * later.max():
                axes.set_ylim(0.95 * values.min(), 1.05 * later.max())
        legend_below(figure, panels[0], columns=4, size=6.5)
    return figure
