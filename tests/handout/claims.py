r"""Read the claims of an answer, ``\claim{what the data must show}{words}``, and check them.

separate-0.99 LF < shared-0.99 LF          after the last epoch
20 * shared-0.5 start LF < ...             at epoch 0, times a number
reach separate-0.99 shared-0.99 mrr < 100  the epoch at which one run does as well as the other
                                           one ends
shared-0.5 test-mse ~ separate-0.5 test-mse    within two percent
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RUNS = {
    "shared-0.99": "shared=True_LF=0.99_LR=0.01",
    "shared-0.5": "shared=True_LF=0.5_LR=0.5",
    "separate-0.5": "shared=False_LF=0.5_LR=0.5",
    "separate-0.99": "shared=False_LF=0.99_LR=0.01",
}
METRICS = {
    "LF": "training/Factorization Loss",
    "train-mse": "training/MSE",
    "joint": "training/Joint Loss",
    "mrr": "eval/Mean Reciprocal Rank",
    "test-mse": "eval/MSE",
}
COMPARE = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "~": lambda left, right: abs(left - right) <= 0.02 * abs(right),
}


@dataclass(frozen=True)
class Results:
    """What ``summary.json`` and ``curves.csv`` say, by the handout's names of runs and metrics."""

    final: dict[tuple[str, str], float]
    curves: dict[tuple[str, str], list[tuple[int, float]]]

    @classmethod
    def read(cls, folder: Path) -> "Results":
        runs = json.loads((folder / "summary.json").read_text())["runs"]
        with (folder / "curves.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        final, curves = {}, {}
        for key, name in RUNS.items():
            for metric_key, metric in METRICS.items():
                final[key, metric_key] = runs[name]["final"][metric]
                curves[key, metric_key] = [
                    (int(row["epoch"]), float(row["value"]))
                    for row in rows
                    if row["run"] == name and row["metric"] == metric
                ]
        return cls(final, curves)

    def reach(self, run: str, other: str, metric: str) -> float:
        target, sign = self.curves[other, metric][-1][1], 1 if metric == "mrr" else -1
        epochs = [e for e, value in self.curves[run, metric] if sign * value >= sign * target]
        return epochs[0] if epochs else float("inf")

    def value(self, side: str) -> float:
        *factors, term = (part.strip() for part in side.split("*"))
        match term.split():
            case ["reach", run, other, metric]:
                value = self.reach(run, other, metric)
            case [run, "start", metric]:
                value = self.curves[run, metric][0][1]
            case [run, metric]:
                value = self.final[run, metric]
            case [constant]:
                value = float(constant)
        for factor in factors:
            value *= float(factor)
        return value


def holds(claim: str, results: Results) -> bool:
    """Return whether the results show what a claim says."""
    left, sign, right = re.split(r"\s([<>~])\s", " ".join(claim.split()))
    return COMPARE[sign](results.value(left), results.value(right))


def claims(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield the two arguments of each ``\claim`` in an answer."""
    for match in re.finditer(
        r"\\claim\{([^{}]*)\}\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}", text
    ):
        yield match.group(1), match.group(2)
