"""The metrics' keys, for code that has not changed to ``experiments.run`` yet."""

from experiments.run import METRICS as _METRICS

METRICS = tuple(metric.key for metric in _METRICS)
QUESTIONS = {metric.key: metric.question for metric in _METRICS}
HIGHER_IS_BETTER = tuple(metric.key for metric in _METRICS if metric.higher_is_better)
