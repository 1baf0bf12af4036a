"""The answer to: what does a seed change?"""

from collections.abc import Sequence

from experiments.study.claims import SHARED_50, run_label
from experiments.study.figures.sources import draw_sources
from experiments.study.measurements import Measurements
from experiments.study.quantities import SYMBOLS
from experiments.study.sections.section import TOLD_METRICS, Question, Section, Table
from experiments.study.sources import SOURCES, TOGETHER, Spread, spreads, spreads_table
from experiments.study.wording import with_interval, with_seeds

QUESTION = Question("sources", "What does a seed change?", ("claims", "sources"))
VARIED = (*SOURCES.values(), TOGETHER)


def answer(measurements: Measurements) -> Section | None:
    found = spreads(measurements)
    if not found:
        return None
    findings = [
        finding
        for metric in TOLD_METRICS
        if (finding := largest_source([s for s in found if s.metric == metric]))
    ]
    lookup = {(s.run, s.metric, s.source): s.deviation for s in found}
    counts = {source: {s.deviation.count for s in found if s.source == source} for source in VARIED}
    headings = (
        f"{source}, N = {' or '.join(map(str, sorted(counts[source]))) or 0}" for source in VARIED
    )
    rows = tuple(
        (
            f"{SYMBOLS[metric]}, {run_label(run)}",
            *(
                with_interval(lookup[run, metric, source])
                if (run, metric, source) in lookup
                else "–"
                for source in VARIED
            ),
        )
        for metric in TOLD_METRICS
        for run in dict.fromkeys(spread.run for spread in found)
    )
    return Section(
        QUESTION.key,
        QUESTION.title,
        "A seed fixes the split into training and test ratings, the initial weights and the "
        "negatives. Here one of them changes at a time, and then all together. What moves both "
        "runs of a pair alike, as the split does, cancels in a paired difference.",
        tuple(findings),
        draw_sources(found),
        "Standard deviation of the final metrics over seeds, by what the seed changes.",
        (
            Table(
                "Standard deviation of the final metrics [95 % interval, chi-squared]",
                ("metric, run", *headings),
                rows,
            ),
        ),
        {"sources": spreads_table(found)},
    )


def largest_source(found: Sequence[Spread]) -> str:
    """Return what moves a metric most, and by how much in one of the runs."""
    alone = [spread for spread in found if spread.source != TOGETHER]
    by_run = {
        run: [s for s in alone if s.run == run] for run in dict.fromkeys(s.run for s in alone)
    }
    largest = [max(own, key=lambda s: s.deviation.value).source for own in by_run.values()]
    if not largest:
        return ""
    first = max(dict.fromkeys(largest), key=largest.count)
    run = SHARED_50 if SHARED_50 in by_run else next(iter(by_run))
    told = [f"{spread.source} {with_seeds(spread.deviation)}" for spread in by_run[run]]
    return (
        f"{SYMBOLS[alone[0].metric]} moves most with the {first} in {largest.count(first)} of "
        f"{len(largest)} runs. Standard deviations of {run_label(run)}: {'; '.join(told)}."
    )
