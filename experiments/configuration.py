"""The metrics' keys in old tables, and the machine's cores."""

import os

from experiments.run import COURSE_RUNS
from experiments.run import METRICS as _METRICS

METRICS = tuple(metric.key for metric in _METRICS)
QUESTIONS = {metric.key: metric.question for metric in _METRICS}
HIGHER_IS_BETTER = tuple(metric.key for metric in _METRICS if metric.higher_is_better)


def processor_cores() -> int:
    """Return the physical cores that this process may use."""
    import psutil  # the command line's --help does without

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, usable or 1))


def default_threads() -> int:
    """Return the threads of a run: a fourth of the cores, for four runs at once.

    It depends on the machine alone and not on how many runs are under way, so that a run gives
    the same bits alone and among others.
    """
    return max(1, processor_cores() // len(COURSE_RUNS))
