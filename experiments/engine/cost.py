"""What runs cost: seconds of an epoch, of runs that differ in nothing that takes time."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from experiments.engine.complete import Executor, RunsFailed
from experiments.engine.events import Event, Failed, Finished
from experiments.engine.store import RunRecord
from experiments.run import Run

PROBE_EPOCHS = 3


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
    )


@dataclass(frozen=True)
class Costs:
    """Seconds an epoch, by ``cost_class``."""

    seconds_per_epoch: dict[Run, float]

    def seconds(self, run: Run) -> float:
        """Return about how long one process takes for a run; 0 if nothing is known."""
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
        kind = cost_class(record.run)
        seconds.setdefault(kind, []).append(record.seconds / record.run.epochs)
    return Costs({kind: statistics.median(values) for kind, values in seconds.items()})


def measure_costs(
    known: Costs,
    runs: Sequence[Run],
    executor: Executor,
    after_each: Callable[[], None] = lambda: None,
) -> Costs:
    """Return costs that cover all of the runs, by trying out some epochs; nothing is kept.

    Raises
    ------
    RunsFailed
        If none of the runs that are tried can begin: the code is broken.
    """
    probes = [replace(run, epochs=min(run.epochs, PROBE_EPOCHS)) for run in known.missing(runs)]
    ended: list[Event] = []
    try:
        for event in executor.events(probes, None):
            if isinstance(event, Finished | Failed):
                ended.append(event)
                after_each()
    except BaseException:
        for _ in executor.stop():
            pass
        raise
    failures = {event.run: event.message for event in ended if isinstance(event, Failed)}
    if failures and len(failures) == len(probes):
        raise RunsFailed(failures, probes)
    measured = recorded_costs([event.record for event in ended if isinstance(event, Finished)])
    return Costs({**known.seconds_per_epoch, **measured.seconds_per_epoch})
