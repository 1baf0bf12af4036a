"""What does a seed change? The split, the initial weights and the negatives, one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.plots import LINE_WIDTH, math_symbols, set_log_axis, styled
from experiments.run import COURSE_RUNS, FACTORIZATION_LOSS, MRR, SHARED_50, TEST_MSE, Metric, Run
from experiments.study.measurements import (
    SEEDS,
    Measurements,
    choose,
    of_course_run,
    of_protocol,
)
from experiments.study.section import Question, Section, Table, with_seeds
from experiments.study.statistics import MIN_SEEDS, Estimate, deviation_interval

QUESTION = Question(
    "seeds",
    "What does a seed change?",
    ("claims", "seeds"),
    f"the four runs with one of the three seeds varied, {MIN_SEEDS} values or more",
)
SOURCES = {"split_seed": "split", "weights_seed": "initial weights", "negatives_seed": "negatives"}
TOGETHER = "all together"
VARIED = (*SOURCES.values(), TOGETHER)
METRICS = (FACTORIZATION_LOSS, MRR, TEST_MSE)
MARKERS = dict(zip(COURSE_RUNS, "os^D"))


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a run's final metric, over seeds of one source."""

    run: Run
    metric: Metric
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


def spreads(measurements: Measurements) -> list[Spread]:
    """Return each final metric's spread over the seeds of each source that was varied."""
    protocol = of_protocol(measurements.runs)
    together = choose(measurements.runs)
    found = []
    for run in COURSE_RUNS:
        runs = of_course_run(protocol, run)
        groups = {name: vary_alone(runs, seed) for seed, name in SOURCES.items()}
        groups[TOGETHER] = of_course_run(together, run)
        found += [
            Spread(run, metric, source, deviation_interval(rows[metric.key]))
            for metric in METRICS
            for source, rows in groups.items()
            if len(rows) >= MIN_SEEDS
        ]
    return found if any(spread.source != TOGETHER for spread in found) else []


def answer(measurements: Measurements) -> Section | None:
    found = spreads(measurements)
    if not found:
        return None
    lookup = {(s.run, s.metric, s.source): s.deviation for s in found}
    counts = {source: {s.deviation.count for s in found if s.source == source} for source in VARIED}
    rows: list[dict[str, str | int | Estimate]] = [
        {
            "metric, run": f"{metric.short}, {run.label}",
            **{
                f"{source}, N = {' or '.join(map(str, sorted(counts[source]))) or 0}": lookup.get(
                    (run, metric, source), "–"
                )
                for source in VARIED
            },
        }
        for metric in METRICS
        for run in dict.fromkeys(spread.run for spread in found)
    ]
    return Section(
        QUESTION,
        "A seed fixes the split into training and test ratings, the initial weights and the "
        "negatives. Here one of them changes at a time, and then all together. What moves both "
        "runs of a pair alike, as the split does, cancels in a paired difference.",
        tuple(finding([s for s in found if s.metric == metric]) for metric in METRICS),
        draw(found),
        "Standard deviation of the final metrics over seeds, by what the seed changes.",
        (Table("Standard deviation of the final metrics [95 % interval, chi-squared]", rows),),
    )


def finding(found: Sequence[Spread]) -> str:
    """Return a sentence about what moves a metric of one run, largest first."""
    alone = [spread for spread in found if spread.source != TOGETHER]
    run = SHARED_50 if any(spread.run == SHARED_50 for spread in alone) else alone[0].run
    own = sorted((s for s in alone if s.run == run), key=lambda s: -s.deviation.value)
    told = [f"{spread.source} {with_seeds(spread.deviation)}" for spread in own]
    return (
        f"{own[0].metric.short} of {run.label} moves most with the {own[0].source}; standard "
        f"deviations: {'; '.join(told)}."
    )


def draw(found: Sequence[Spread]) -> Figure:
    """Draw the standard deviation of final metrics by what the seed varied."""
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 2.6), layout="constrained")
        panels = figure.subplots(1, 3)
        for axes, metric in zip(panels, METRICS):
            shown = [s for s in found if s.metric == metric and s.deviation.value > 0]
            for spread in shown:
                place = VARIED.index(spread.source) + 0.17 * (COURSE_RUNS.index(spread.run) - 1.5)
                axes.errorbar(
                    place,
                    spread.deviation.value,
                    yerr=spread.deviation.bars,
                    **marker_of(spread.run),
                    ecolor=spread.run.colour,
                    elinewidth=0.9,
                    capsize=1.5,
                )
            ends = [(s.deviation.low, s.deviation.high) for s in shown]
            if ends:
                set_log_axis(axes, [end for pair in ends for end in pair])
            axes.set_xticks(range(len(VARIED)), [s.replace(" ", "\n", 1) for s in VARIED])
            axes.tick_params(axis="x", labelsize=6.5)
            axes.set_title(math_symbols(metric.short))
            axes.grid(axis="x", visible=False)
        panels[0].set_ylabel("standard deviation over seeds")
        handles = [Line2D([], [], label=run.latex, **marker_of(run)) for run in COURSE_RUNS]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=6.5)
    return figure


def marker_of(run: Run) -> dict[str, object]:
    return {
        "linestyle": "",
        "marker": MARKERS[run],
        "color": run.colour,
        "mfc": run.colour if run.embedding_sharing else "white",
        "markersize": 3.5,
    }
