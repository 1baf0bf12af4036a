"""Which of the differences that questions 3a to 3c ask about are more than chance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.latex import tabular
from experiments.plots import GREY, LINE_WIDTH, math_symbols, styled
from experiments.run import (
    COMPARISONS,
    COURSE_RUNS,
    FACTORIZATION_LOSS,
    JOINT_LOSS,
    METRICS,
    MRR,
    TEST_MSE,
    TRAIN_MSE,
    Metric,
    Run,
)
from experiments.study.measurements import (
    Measurements,
    choose,
    of_course_run,
    pair_by_seed,
)
from experiments.study.section import Question, Section, Table, with_seeds
from experiments.study.statistics import MIN_SEEDS, Estimate, mean_interval

QUESTION = Question(
    "claims",
    "Which differences between the four runs are more than chance?",
    ("claims",),
    f"the four runs at {MIN_SEEDS} seeds or more",
)
SHARE_OF_WAY = 0.95
# What two lines differ by when they still look alike on axes that start at 12, and more than a
# test MSE moves from split to split.
MARGIN = 0.05
INK = "0.25"  # colours belong to weights


class Moment(Enum):
    """What is taken of two runs' curves of a metric."""

    END = "at the end"
    OWN_WAY = "epochs for 95 % of its way"
    COMMON_LEVEL = "epochs to the level that both reach"


@dataclass(frozen=True)
class Comparison:
    """One quantity of a run minus that of another run, paired by seed.

    Attributes
    ----------
    question : str
        ``"3a"``, ``"3b"`` or ``"3c"``.
    run, versus : Run
    metric : Metric
    moment : Moment
    of_run, of_versus : float arrays
        The quantity of each run, one value a seed.
    """

    question: str
    run: Run
    versus: Run
    metric: Metric
    moment: Moment
    of_run: np.ndarray
    of_versus: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """The differences, one a seed."""
        return self.of_run - self.of_versus

    @cached_property
    def difference(self) -> Estimate:
        return mean_interval(self.values)

    @property
    def quantity(self) -> str:
        """``test MSE``, or ``test MRR, epochs for 95 % of its way``."""
        short = self.metric.short
        return short if self.moment is Moment.END else f"{short}, {self.moment.value}"

    @property
    def subtracted(self) -> str:
        return f"{self.run.label} − {self.versus.label}"

    @property
    def better(self) -> Run | None:
        """The better run, where the interval leaves zero out."""
        higher_is_better = self.metric.higher_is_better and self.moment is Moment.END
        better = self.run if (self.difference.sign > 0) == higher_is_better else self.versus
        return better if self.difference.sign else None

    @property
    def verdict(self) -> str:
        """Which run is better, or that so many seeds cannot tell."""
        small = (
            self.moment is Moment.END
            and self.metric.log_axis
            and max(abs(self.difference.low), abs(self.difference.high)) < MARGIN
        )
        if not self.better:
            undecided = f"undecided at {self.difference.count} seeds"
            return f"about equal (within {MARGIN:g})" if small else undecided
        word = "better" if self.moment is Moment.END else "faster"
        return f"{self.better.label} is {word}" + (f", by less than {MARGIN:g}" if small else "")


def epochs_to_level(curve: np.ndarray, level: float, *, upwards: bool) -> float:
    """Return when a curve first reaches a level, interpolated between epochs; or infinity."""
    reached = np.flatnonzero(curve >= level if upwards else curve <= level)
    if not len(reached):
        return np.inf
    epoch = int(reached[0])
    if epoch == 0:
        return 0.0
    before, after = curve[epoch - 1], curve[epoch]
    return epoch - 1 + float((level - before) / (after - before))


def epochs_to_own_way(curve: np.ndarray) -> float:
    """Return when a curve has covered 95 % of the way from its first value to its last one."""
    level = curve[0] + SHARE_OF_WAY * (curve[-1] - curve[0])
    return epochs_to_level(curve, level, upwards=bool(curve[-1] > curve[0]))


def values_of(
    one: np.ndarray, other: np.ndarray, metric: Metric, moment: Moment
) -> tuple[float, float]:
    """Return what is compared of two curves of a metric.

    The common level is the worse one of the two ends, which both curves reach.
    """
    if moment is Moment.END:
        return float(one[-1]), float(other[-1])
    if moment is Moment.OWN_WAY:
        return epochs_to_own_way(one), epochs_to_own_way(other)
    upwards = metric.higher_is_better
    level = (min if upwards else max)(one[-1], other[-1])
    first, second = (epochs_to_level(curve, level, upwards=upwards) for curve in (one, other))
    return first, second


def compare(
    measurements: Measurements,
    run: Run,
    versus: Run,
    metric: Metric,
    moment: Moment = Moment.END,
    question: str = "",
    runs: pd.DataFrame | None = None,
) -> Comparison | None:
    """Return how two of the course's runs differ over seeds; None with fewer than two seeds.

    Parameters
    ----------
    runs : DataFrame, optional
        Rows to find the two in; default those of the assignment's protocol.
    """
    if runs is None:
        runs = choose(measurements.runs)
    pairs = pair_by_seed(of_course_run(runs, run), of_course_run(runs, versus))
    if len(pairs) < MIN_SEEDS:
        return None
    curves = measurements.curves
    values = [
        values_of(curves[one, metric.key], curves[other, metric.key], metric, moment)
        for one, other in zip(pairs["run_one"], pairs["run_other"])
    ]
    return Comparison(question, run, versus, metric, moment, *np.transpose(values))


def comparisons(measurements: Measurements) -> list[Comparison]:
    """Return the comparisons that questions 3a to 3c ask for."""
    quantities = [
        *((metric, Moment.END) for metric in METRICS),
        *((metric, Moment.OWN_WAY) for metric in (FACTORIZATION_LOSS, JOINT_LOSS, MRR)),
        *((metric, Moment.COMMON_LEVEL) for metric in (FACTORIZATION_LOSS, MRR)),
    ]
    found = [
        compare(measurements, run, versus, metric, moment, question)
        for question, (run, versus) in COMPARISONS.items()
        for metric, moment in quantities
        # Joint losses of different weights end as different sums.
        if (metric, moment) != (JOINT_LOSS, Moment.END)
        or run.factorization_weight == versus.factorization_weight
    ]
    return [comparison for comparison in found if comparison]


def answer(measurements: Measurements) -> Section | None:
    found = comparisons(measurements)
    if not found:
        return None
    rows = [
        {
            "quantity": f"{c.question}, {c.quantity}",
            "difference": c.subtracted,
            "mean": c.difference,
            "N": c.difference.count,
            "verdict": c.verdict,
        }
        for c in found
    ]
    table = Table(
        "Differences between the runs [95 % interval]; losses and epochs: less is better", rows
    )
    return Section(
        QUESTION,
        "Questions 3a to 3c ask which of two runs does better. Here they are compared over seeds, "
        "paired by seed: the same split, initial weights and negatives, so that what a seed does "
        "to both runs cancels. A run is better if the whole 95 % interval of the difference lies "
        "on one side of zero; otherwise so many seeds cannot tell. Each row stands alone: where "
        "nothing is different, one row in twenty would still find a difference.",
        tuple(finding(question, found) for question in dict.fromkeys(c.question for c in found)),
        draw(found),
        "Differences between the two runs of each question, paired by seed, with 95 % intervals.",
        (table, starts_and_ends(measurements)),
        tabular(
            r"@{}l>{\raggedright\arraybackslash}p{0.24\textwidth}lr@{\hspace{3pt}}r"
            r">{\raggedright\arraybackslash}p{0.15\textwidth}@{}",
            ("", "Quantity", "Difference", "Mean [95 % interval]", "N", "Verdict"),
            [
                (c.question, c.quantity, *cells[1:])
                for c, cells in zip(found, table.cells)
                if c.moment is Moment.END
            ],
        ),
    )


def finding(question: str, found: Sequence[Comparison]) -> str:
    """Return a sentence about the final test metrics of a question's two runs."""
    told = [
        f"{c.metric.short} {with_seeds(c.difference)}: {c.verdict}"
        for c in found
        if c.question == question and c.metric in (MRR, TEST_MSE) and c.moment is Moment.END
    ]
    subtracted = next(c.subtracted for c in found if c.question == question)
    return f"{question}, {subtracted}: {'; '.join(told)}."


def starts_and_ends(measurements: Measurements) -> Table:
    """Return where each of the four runs starts and ends."""
    runs = choose(measurements.runs)
    moments = [("start", 0, metric) for metric in (FACTORIZATION_LOSS, TRAIN_MSE)]
    moments += [("end", -1, metric) for metric in METRICS]
    rows = []
    for run in COURSE_RUNS:
        own = of_course_run(runs, run)
        row: dict[str, str | int | Estimate] = {"run": run.label}
        for when, epoch, metric in moments:
            values = [curve[epoch] for curve in measurements.curves_of(own, metric)]
            row[f"{when}: {metric.short}"] = mean_interval(values) if values else "–"
        rows.append(row | {"N": len(own)})
    return Table("Where the four runs start and end [95 % interval]", rows)


def draw(found: Sequence[Comparison]) -> Figure:
    """Draw the final differences: a dot a seed, mean and interval above; one panel a metric."""
    final = [comparison for comparison in found if comparison.moment is Moment.END]
    places = {question: -k for k, question in enumerate(COMPARISONS)}
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 3.4), layout="constrained")
        panels = figure.subplots(2, 3, sharey=True).flat
        for axes, metric in zip(panels, METRICS):
            axes.axvline(0, color=GREY, linewidth=0.8)
            if metric.log_axis:
                axes.axvspan(-MARGIN, MARGIN, color="0.85", linewidth=0)
            for c in (c for c in final if c.metric == metric):
                y, mean = places[c.question], c.difference
                dots = {"color": INK, "alpha": 0.45, "markersize": 2.5, "markeredgewidth": 0}
                axes.plot(c.values, np.full(len(c.values), y - 0.22), "o", **dots)
                bars = {"color": INK, "elinewidth": 1.1, "capsize": 2.5, "markersize": 4.5}
                axes.errorbar(mean.value, y, xerr=mean.bars, fmt="o", **bars)
            axes.set_title(math_symbols(metric.short))
            axes.set_yticks(list(places.values()), places)
            axes.set_ylim(-2.6, 0.5)
            axes.xaxis.set_major_locator(MaxNLocator(4))
        told = dict.fromkeys(f"{c.question}  {c.subtracted}" for c in final)
        legend = figure.axes[-1]
        legend.axis("off")
        legend.text(
            *(0.0, 0.98),
            "Mean difference and 95 % interval;\nsmall dots: one a seed\n\n"
            + "\n".join(told)
            + f"\n\ngrey: within {MARGIN:g}, “about equal”",
            va="top",
            fontsize=7.5,
            linespacing=1.35,
            transform=legend.transAxes,
        )
    return figure
