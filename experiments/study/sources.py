"""What a seed does: how much results move when split, initial weights or negatives change alone."""

from dataclasses import dataclass

import pandas as pd

from experiments.configuration import METRICS
from experiments.run import COURSE_RUNS, Run
from experiments.study.measurements import (
    SEEDS,
    Measurements,
    choose,
    of_course_run,
    varied_together,
)
from experiments.study.statistics import Estimate, deviation_interval

SOURCES = {"split_seed": "split", "weights_seed": "initial weights", "negatives_seed": "negatives"}
TOGETHER = "all together"


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a run's final metric, over seeds of one source."""

    run: Run
    metric: str
    source: str
    deviation: Estimate


def vary_alone(runs: pd.DataFrame, seed: str) -> pd.DataFrame:
    """Return the runs that differ in one of the three seeds and share the other two.

    The others are fixed where the study has most runs to compare.
    """
    fixed = [column for column in SEEDS if column != seed]
    if not len(runs):
        return runs
    size = runs.groupby(fixed)[seed].transform("nunique")
    chosen = runs[size == size.max()]
    first = chosen.sort_values(fixed)[fixed].iloc[0]
    return chosen[(chosen[fixed] == first).all(axis=1)]


def spreads(measurements: Measurements) -> tuple[Spread, ...]:
    """Return every final metric's spread over the seeds of each source that was varied."""
    protocol = choose(measurements.runs)
    found = []
    for run in COURSE_RUNS:
        runs = of_course_run(protocol, run)
        groups = {name: vary_alone(runs, seed) for seed, name in SOURCES.items()}
        groups[TOGETHER] = varied_together(runs)
        found += [
            Spread(run, metric, source, deviation_interval(rows[metric]))
            for metric in METRICS
            for source, rows in groups.items()
            if len(rows) > 1
        ]
    alone = any(spread.source != TOGETHER for spread in found)
    return tuple(found) if alone else ()


def spreads_table(found: tuple[Spread, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run": spread.run.name,
            "metric": spread.metric,
            "varied": spread.source,
            "deviation": spread.deviation.value,
            "low": spread.deviation.low,
            "high": spread.deviation.high,
            "seeds": spread.deviation.count,
        }
        for spread in found
    )
