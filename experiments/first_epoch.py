"""Epoch 0 has known values; a difference points at the question whose code to look at.

They are those of the assignment's own options: MovieLens 100K, seed 123, the full batch. The
losses are those of the initial network; MRR and test MSE follow the first step of Adam.
"""

from collections.abc import Sequence
from dataclasses import replace

from experiments.data.movielens import DIGEST
from experiments.engine.events import AlreadyComplete, EpochFinished, Event, Resumed
from experiments.run import (
    DEFAULTS,
    FACTORIZATION_LOSS,
    JOINT_LOSS,
    METRICS,
    MRR,
    SEPARATE_50,
    SEPARATE_99,
    SHARED_50,
    SHARED_99,
    TEST_MSE,
    TRAIN_MSE,
    Metric,
    Run,
)

# In the order of METRICS; `python bench/baseline.py u.data --epochs 1` gives them.
KNOWN = {
    SHARED_99: (0.50000775, 13.332769, 0.62833536, 0.0070457783, 13.244967),
    SHARED_50: (0.50000775, 13.332769, 6.9163885, 0.0065704320, 13.243611),
    SEPARATE_50: (0.49999967, 14.151608, 7.3258038, 0.0075036146, 14.060589),
    SEPARATE_99: (0.49999967, 14.151608, 0.63651574, 0.0075344318, 14.060669),
}
# Absolute for L_F: a sign turned in 2a shows in the seventh digit (7e-7 with separate tables), and
# right code of other styles differs by 4e-7. The others are relative, more than ten times what the
# order of float sums, threads and initial weights that differ by 1e-6 make.
LF_TOLERANCE = 6e-7
TOLERANCES = {TRAIN_MSE: 1e-5, JOINT_LOSS: 1e-5, MRR: 1e-3, TEST_MSE: 1e-5}
# What changes no number of epoch 0, but in the order of float sums.
IRRELEVANT = ("epochs", "device", "threads", "gradient_interval", "data")


def known_values(run: Run) -> dict[Metric, float] | None:
    """Return the metrics after epoch 0 of a run with the assignment's options, None of another."""
    plain = replace(run, **{name: DEFAULTS[name] for name in IRRELEVANT})
    if run.data != DIGEST or plain not in KNOWN:
        return None
    return dict(zip(METRICS, KNOWN[plain]))


def differing_metrics(run: Run, metrics: dict[str, float]) -> list[Metric]:
    """Return the metrics of epoch 0 that are not the known ones, of a run that has some."""
    return [
        metric
        for metric, known in (known_values(run) or {}).items()
        if not abs(metrics[metric.key] - known)
        <= (LF_TOLERANCE if metric is FACTORIZATION_LOSS else TOLERANCES[metric] * known)
    ]


def where_to_look(run: Run, differing: list[Metric]) -> str:
    """Return the questions that a difference in these metrics points at, for a sentence."""
    forward = f"forward_{'with' if run.embedding_sharing else 'without'}_embedding_sharing"
    draws = "or the network draws its initial weights in another order, which is no mistake"
    if FACTORIZATION_LOSS in differing and TRAIN_MSE in differing:
        return f"1a (the tables) and 1c ({forward}); {draws}"
    if FACTORIZATION_LOSS in differing:
        return f"1c (the interaction in {forward}) and 2a"
    if TRAIN_MSE in differing:
        return f"1b, 1c (the rating in {forward}) and 2b; {draws}"
    if JOINT_LOSS in differing:
        return "2c"
    if TEST_MSE in differing:
        return f"the gradients: 1c ({forward}), 2a, 2b, 2c (is a part of them cut off?)"
    return "2d, 1d, and the biases a_i + b_j in 1c and 1d"


def explain_difference(run: Run, metrics: dict[str, float]) -> str:
    """Say how epoch 0 of a run differs from the known values; empty if it does not."""
    differing = differing_metrics(run, metrics)
    if not differing:
        return ""
    known = known_values(run) or {}
    numbers = ", ".join(
        "{} is {:.{digits}g} instead of {:.{digits}g}".format(
            metric.short,
            metrics[metric.key],
            known[metric],
            digits=8 if metric is FACTORIZATION_LOSS else 6,
        )
        for metric in differing
    )
    return f"Epoch 0 of {run.name}: {numbers}. Look at {where_to_look(run, differing)}."


class FirstEpochs:
    """Compares epoch 0 of runs with the known values, as events arrive.

    Parameters
    ----------
    runs : sequence of Run
        Those without known values are left alone.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.waiting = {run for run in runs if known_values(run)}
        self.number = len(self.waiting)
        self.told: set[str] = set()

    def __call__(self, event: Event) -> str:
        """Return a sentence on a difference, or once all runs have the known values; or nothing.

        What points where another run has pointed is not repeated.
        """
        match event:
            case EpochFinished(run=run, epoch=0, metrics=metrics):
                pass
            case Resumed(run=run, curves=curves):
                metrics = {key: values[0] for key, values in curves.items()}
            case AlreadyComplete(run=run, record=record):
                metrics = {key: values[0] for key, values in record.curves.items()}
            case _:
                return ""
        if run not in self.waiting:
            return ""
        self.waiting.remove(run)
        if differing := differing_metrics(run, metrics):
            place = where_to_look(run, differing)
            is_new = place not in self.told
            self.told.add(place)
            return explain_difference(run, metrics) if is_new else ""
        if self.waiting or self.told:
            return ""
        which = f"all {self.number} runs" if self.number > 1 else run.name
        return f"Epoch 0 of {which} has the known values."
