"""What does a seed change? The split, the initial weights and the negatives, one at a time."""

from typing import Any

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
# Standard deviations of final metrics, by metric, run and source.
Spreads = dict[tuple[Metric, Run, str], Estimate]


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


def spreads(measurements: Measurements) -> Spreads:
    """Return each final metric's spread over the seeds of each source that was varied."""
    protocol = of_protocol(measurements.runs)
    together = choose(measurements.runs)
    found: Spreads = {}
    for run in COURSE_RUNS:
        runs = of_course_run(protocol, run)
        groups = {name: vary_alone(runs, seed) for seed, name in SOURCES.items()}
        groups[TOGETHER] = of_course_run(together, run)
        found |= {
            (metric, run, source): deviation_interval(rows[metric.key])
            for metric in METRICS
            for source, rows in groups.items()
            if len(rows) >= MIN_SEEDS
        }
    return found if any(source != TOGETHER for _, _, source in found) else {}


def answer(measurements: Measurements) -> Section | None:
    found = spreads(measurements)
    if not found:
        return None
    headings = {}
    for source in VARIED:
        counts = sorted({s.count for (_, _, own), s in found.items() if own == source})
        headings[source] = f"{source}, N = {' or '.join(map(str, counts)) or 0}"
    rows: list[dict[str, object]] = [
        {"metric, run": f"{metric.short}, {run.label}"}
        | {heading: found.get((metric, run, s), "–") for s, heading in headings.items()}
        for metric in METRICS
        for run in dict.fromkeys(run for _, run, _ in found)
    ]
    return Section(
        QUESTION,
        "A seed fixes the split into training and test ratings, the initial weights and the "
        "negatives. Here one of them changes at a time, and then all together. What moves both "
        "runs of a pair alike, as the split does, cancels in a paired difference.",
        tuple(finding(found, metric) for metric in METRICS),
        draw(found),
        "Standard deviation of the final metrics over seeds, by what the seed changes.",
        (Table("Standard deviation of the final metrics [95 % interval, chi-squared]", rows),),
    )


def finding(found: Spreads, metric: Metric) -> str:
    """Return a sentence about what moves a metric of one run, largest first."""
    alone = [run for own, run, source in found if own == metric and source != TOGETHER]
    run = SHARED_50 if SHARED_50 in alone else alone[0]
    own = {s: found[metric, run, s] for s in SOURCES.values() if (metric, run, s) in found}
    order = sorted(own, key=lambda source: -own[source].value)
    told = [f"{source} {with_seeds(own[source])}" for source in order]
    return (
        f"{metric.short} of {run.label} moves most with the {order[0]}; standard deviations: "
        f"{'; '.join(told)}."
    )


def draw(found: Spreads) -> Figure:
    """Draw the standard deviation of final metrics by what the seed varied."""
    with styled():
        figure = Figure(figsize=(LINE_WIDTH, 2.6), layout="constrained")
        panels = figure.subplots(1, 3)
        for axes, metric in zip(panels, METRICS):
            ends = []
            for (own, run, source), spread in found.items():
                if own != metric or not spread.value > 0:
                    continue
                place = VARIED.index(source) + 0.17 * (COURSE_RUNS.index(run) - 1.5)
                look: dict[str, Any] = {
                    "ecolor": run.colour,
                    "elinewidth": 0.9,
                    "capsize": 1.5,
                } | marker_of(run)
                axes.errorbar(place, spread.value, yerr=spread.bars, **look)
                ends += [spread.low, spread.high]
            if ends:
                set_log_axis(axes, ends)
            axes.set_xticks(range(len(VARIED)), [s.replace(" ", "\n", 1) for s in VARIED])
            axes.tick_params(axis="x", labelsize=6.5)
            axes.set_title(math_symbols(metric.short))
            axes.grid(axis="x", visible=False)
        panels[0].set_ylabel("standard deviation over seeds")
        handles = [Line2D([], [], label=run.latex, **marker_of(run)) for run in COURSE_RUNS]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=6.5)
    return figure


def marker_of(run: Run) -> dict[str, Any]:
    return {
        "linestyle": "",
        "marker": MARKERS[run],
        "color": run.colour,
        "mfc": run.colour if run.embedding_sharing else "white",
        "markersize": 3.5,
    }
