"""What a run costs: seconds of an epoch, of runs that differ in nothing that takes time."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.engine.store import RunRecord
from experiments.run import Run


def cost_class(run: Run) -> Run:
    """Return what runs have in common whose epochs take about the same time."""
    return replace(
        run,
        factorization_weight=0.5,
        regression_weight=0.5,
        epochs=1,
        seed=0,
        split_seed=None,
        weights_seed=None,
        negatives_seed=None,
        gradient_interval=None,
        submission="",
    )


@dataclass(frozen=True)
class Costs:
    """Seconds an epoch, by ``cost_class``."""

    seconds_per_epoch: dict[Run, float]

    def seconds(self, run: Run) -> float:
        """Return about how long one worker takes for a run; 0 if nothing is known."""
        return run.epochs * self.seconds_per_epoch.get(cost_class(run), 0.0)

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return a run of each class that nothing is known about."""
        first: dict[Run, Run] = {}
        for run in runs:
            first.setdefault(cost_class(run), run)
        return [run for kind, run in first.items() if kind not in self.seconds_per_epoch]


def recorded_costs(records: Sequence[RunRecord]) -> Costs:
    """Return what complete runs took, the median of each class."""
    seconds: dict[Run, list[float]] = {}
    for record in records:
        run = record.run
        seconds.setdefault(cost_class(run), []).append(record.seconds / run.epochs)
    return Costs({kind: statistics.median(values) for kind, values in seconds.items()})
