"""The study's questions, answered: sentences from the numbers, a figure, tables.

A section is what the page, the notebook and the files of ``results/study/`` have in common. Its
sentences are made from the measurements; what runs were not made for is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from matplotlib.figure import Figure

from experiments.configuration import COURSE_RUNS, Configuration
from experiments.study import pictures
from experiments.study.balance import (
    METHOD_NAMES,
    Balance,
    Choice,
    balance_table,
    balances,
    beaten_by,
    best_balance,
    differences_from,
    front,
)
from experiments.study.claims import ORIGIN, SHARED_50, better, run_label
from experiments.study.conflict import conflict_table, conflicts, relative_pull
from experiments.study.latex import claims_latex
from experiments.study.measurements import FULL_BATCH, Measurements
from experiments.study.overfitting import overfit_table, overfitting
from experiments.study.quantities import SYMBOLS, Quantity
from experiments.study.sharing import (
    CONDITIONS,
    TASKS,
    SharingEffect,
    effects_table,
    sharing_effects,
)
from experiments.study.sources import SOURCES, TOGETHER, Spread, spreads, spreads_table
from experiments.study.statistics import Estimate, mean_interval
from experiments.study.verdicts import (
    DOES_NOT_HOLD,
    HOLDS,
    UNDECIDED,
    claim_values,
    claims_table,
    disagreements,
    judge_claims,
)
from experiments.study.wording import listed, small_p, with_interval, with_seeds

SPREAD_METRICS = ("training/Factorization Loss", "eval/Mean Reciprocal Rank", "eval/MSE")
VARIED = (*SOURCES.values(), TOGETHER)
METHOD_SENTENCES = {
    "uncertainty": "Uncertainty weighting learns how noisy each task is and weighs it by that "
    "(Kendall, Gal and Cipolla 2018, arXiv 1705.07115).",
    "pcgrad": "PCGrad takes out of each task's gradient what opposes the other one, and adds them "
    "(Yu et al. 2020, arXiv 2001.06782).",
    "cagrad": "CAGrad stays near the mean gradient and serves the task that is worse off "
    "(Liu et al. 2021, arXiv 2110.14048).",
    "mgda": "MGDA takes the shortest mixture of the gradients, which harms neither task "
    "(Désidéri 2012; Sener and Koltun 2018, arXiv 1810.04650).",
    "upgrad": "UPGrad projects each gradient onto what harms neither task, and takes the mean: "
    "with two tasks half of PCGrad's step, which Adam hardly tells from it (Quinton and Rey 2024, "
    "arXiv 2406.16232).",
    "imtlg": "IMTL-G takes the direction that goes equally far along both gradients "
    "(Liu et al. 2021).",
}
PREFERENCES = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """An answered question.

    Attributes
    ----------
    key : str
        Names the section's files.
    title : str
    lead : str
        What was done.
    findings : tuple of str
        What came out.
    figure : Figure or None
    caption : str
        Of the figure; for who cannot see it, with the findings and tables, all that it shows.
    tables : tuple of Table
    data : dict of str to DataFrame
        The numbers at full precision, by the name of their file.
    latex : str
        A table for the handout, where there is one.
    """

    key: str
    title: str
    lead: str
    findings: tuple[str, ...]
    figure: Figure | None = None
    caption: str = ""
    tables: tuple[Table, ...] = ()
    data: dict[str, pd.DataFrame] = field(default_factory=dict)
    latex: str = ""

    @cached_property
    def png(self) -> bytes | None:
        """The figure as a PNG, drawn once."""
        return pictures.picture_bytes(self.figure, "png") if self.figure else None


@dataclass(frozen=True)
class Unanswered:
    """A question that the study has no runs for, and the study's parts that would answer it."""

    key: str
    title: str
    parts: tuple[str, ...]

    @property
    def command(self) -> str:
        return "python -m experiments study " + " ".join(f"--part {part}" for part in self.parts)


def claims_section(measurements: Measurements) -> Section | None:
    judgements = judge_claims(measurements)
    if not judgements:
        return None
    counts = {
        verdict: sum(j.verdict == verdict for j in judgements)
        for verdict in (HOLDS, DOES_NOT_HOLD, UNDECIDED)
    }
    decided = [j for j in judgements if j.verdict != UNDECIDED]
    together = sum(j.stands_in_family for j in decided)
    findings = [
        f"Of {len(judgements)} claims, {counts[HOLDS]} hold, {counts[DOES_NOT_HOLD]} do not hold "
        f"(the other direction does), {counts[UNDECIDED]} are undecided.",
        f"Each verdict stands alone. Taken together (Holm's method, 5 % for the whole table), "
        f"{together} of the {len(decided)} decided ones stay decided.",
    ]
    points = disagreements(judgements)
    findings += [
        f"{point.question}, {SYMBOLS[point.judgements[0].claim.quantity.metric]}: the answers "
        f"disagree; right here is {point.right} (difference {with_seeds(point.estimate)})."
        for point in points
    ]
    disagreement_rows = tuple(
        (
            f"{point.question}, {SYMBOLS[point.judgements[0].claim.quantity.metric]}",
            *(
                "; ".join(j.claim.text for j in point.judgements if j.claim.said_by == answer)
                for answer in "AB"
            ),
            with_interval(point.estimate),
            str(point.estimate.count),
            point.right,
        )
        for point in points
    )
    claim_rows = tuple(
        (
            j.claim.text,
            j.claim.question,
            j.claim.said_by.replace(" and ", ", "),
            with_interval(j.estimate),
            str(j.estimate.count),
            j.verdict_at,
            f"{j.claim.opposite}: {j.other_verdict_at}",
            small_p(j.family_p_value),
        )
        for j in judgements
    )
    tables = [
        Table(
            "Every claim and its other direction. The number is the claim's quantity or, between "
            "two runs, the first one minus the second; p is Holm's, for the whole table",
            (
                "claim",
                "where",
                "said by",
                "mean [95 % interval]",
                "N",
                "verdict",
                "the other direction",
                "p, family",
            ),
            claim_rows,
        )
    ]
    if disagreement_rows:
        tables.insert(
            0,
            Table(
                "Where the two answers disagree",
                ("where", "answer A", "answer B", "difference [95 % interval]", "N", "right here"),
                disagreement_rows,
            ),
        )
    return Section(
        "claims",
        "Which claims about the four runs hold?",
        f"{ORIGIN} Here every claim is tested over seeds, "
        "runs paired by seed: the same split, initial weights and negatives, so that what a seed "
        "does to both of them cancels. A claim holds if the whole 95 % interval of its number lies "
        "where the claim puts it, and does not hold if all of it lies elsewhere.",
        tuple(findings),
        pictures.draw_claims(judgements),
        "Differences between the runs of each question, paired by seed, with 95 % intervals.",
        tuple(tables),
        {"claims": claims_table(judgements)},
        claims_latex(judgements),
    )


def sources_section(measurements: Measurements) -> Section | None:
    found = spreads(measurements)
    if not found:
        return None
    findings = [
        finding
        for metric in SPREAD_METRICS
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
        for metric in SPREAD_METRICS
        for run in dict.fromkeys(spread.run for spread in found)
    )
    return Section(
        "sources",
        "What does a seed change?",
        "A seed fixes the split into training and test ratings, the initial weights and the "
        "negatives. Here one of them changes at a time, and then all together. What moves both "
        "runs of a pair alike, as the split does, cancels in a paired difference.",
        tuple(findings),
        pictures.draw_sources(found),
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


def balance_section(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    tried = {(point.sharing, point.weight) for point in points if point.method == "fixed"}
    if len(tried) <= len(COURSE_RUNS):
        return None
    shared = [point for point in points if point.sharing]
    findings = [
        "Better in MSE or in MRR than every other balance, on average: "
        f"{listed([point.label for point in front(points)])}.",
    ]
    if shared and len(shared) < len(points):
        findings.append(
            f"Among shared tables only: {listed([point.label for point in front(shared)])}."
        )
    choices = {
        preference: (best_balance(points, preference), best_balance(shared or points, preference))
        for preference in PREFERENCES
    }
    findings += [
        f"To someone who gives {preference:g} % of MRR for 1 % of MSE, the best balance is "
        f"{describe_choice(overall)}; with shared tables, {describe_choice(of_shared)}."
        for preference, (overall, of_shared) in choices.items()
        if preference in (1.0, 10.0)
    ]
    preference_rows = tuple(
        (f"{preference:g} %", *choice_cells(overall), *choice_cells(of_shared))
        for preference, (overall, of_shared) in choices.items()
    )
    return Section(
        "balance",
        "What is the best balance?",
        "The weights go from almost all regression to almost all factorization, with "
        "lambda_R = 1 − lambda_F, all over the same seeds. Bars are for new seeds; they are wide "
        "because a split moves all balances together, so that differences between balances are "
        "surer than the bars look. "
        "Which balance is best depends on what one is worth: how many percent of MRR you would "
        "give for one percent of MSE, both measured from the best of the balances.",
        tuple(findings),
        pictures.draw_balance(points),
        "Test MSE against test MRR of every balance, means with 95 % intervals, which may reach "
        "beyond the picture; up and left is better. Circles: the course's four runs.",
        (
            Table(
                "The best balance by preference, and in how many seeds it is the best by itself",
                ("% of MRR for 1 % of MSE", "best of all", "seeds", "best of the shared", "seeds"),
                preference_rows,
            ),
            Table(
                "Every balance, at the end [95 % interval]",
                ("balance", "test MSE", "test MRR", "N", "on the front"),
                tuple(balance_row(point, front(points)) for point in points),
            ),
        ),
        {"balance": balance_table(points)},
    )


def balance_row(point: Balance, edge: Sequence[Balance]) -> tuple[str, ...]:
    on_front = "yes" if any(point is other for other in edge) else ""
    return (
        point.label,
        with_interval(point.mse),
        with_interval(point.mrr),
        str(point.mse.count),
        on_front,
    )


def choice_cells(choice: Choice) -> tuple[str, str]:
    return choice.balance.label, f"{choice.wins} of {choice.seeds}"


def describe_choice(choice: Choice) -> str:
    balance = choice.balance
    return (
        f"{balance.label} (test MSE {with_interval(balance.mse)}, MRR "
        f"{with_interval(balance.mrr)}, N = {balance.mse.count}; best in {choice.wins} of "
        f"{choice.seeds} seeds)"
    )


def methods_section(measurements: Measurements) -> Section | None:
    points = balances(measurements)
    methods = [point for point in points if point.method != "fixed"]
    if not methods:
        return None
    fixed_weights = [p for p in points if p.method == "fixed" and p.sharing]
    usual = next((p for p in fixed_weights if p.weight == SHARED_50.factorization_weight), None)
    findings, rows = [], []
    for method in methods:
        name = METHOD_NAMES.get(method.method, method.method)
        beating = [f"{point.weight:g}" for point in beaten_by(method, fixed_weights)]
        ending = f"{name} ends at test MSE {with_interval(method.mse)} and MRR "
        ending += f"{with_interval(method.mrr)}, N = {method.mse.count}: "
        ending += (
            f"fixed weights of lambda_F = {listed(beating)} are better in both."
            if beating
            else "no fixed weight of the shared sweep is better in both."
        )
        findings.append(ending)
        cells = ["–", "–"]
        if usual:
            cells = [with_seeds(estimate) for estimate in differences_from(method, usual)]
        rows.append(
            (
                name,
                with_interval(method.mse),
                with_interval(method.mrr),
                str(method.mse.count),
                *cells,
                listed(beating) or "none",
            )
        )
    return Section(
        "methods",
        "Can a method find the balance by itself?",
        "Methods that set the balance in every step, with shared tables and as many steps as the "
        "fixed weights have. "
        + " ".join(
            METHOD_SENTENCES[method.method]
            for method in methods
            if method.method in METHOD_SENTENCES
        ),
        tuple(findings),
        tables=(
            Table(
                "Methods against fixed weights, at the end [95 % interval]; differences from "
                "shared 0.5 are paired by seed",
                (
                    "method",
                    "test MSE",
                    "test MRR",
                    "N",
                    "MSE − that of shared 0.5",
                    "MRR − that of shared 0.5",
                    "better in both: lambda_F",
                ),
                tuple(rows),
            ),
        ),
    )


def conflict_section(measurements: Measurements) -> Section | None:
    found = conflicts(measurements)
    if not found:
        return None
    findings = []
    for conflict in found:
        ratio = conflict.typical_ratio
        stronger = "factorization" if ratio.value > 1 else "regression"
        times = max(ratio.value, 1 / ratio.value)
        finding = (
            f"With lambda_F = {conflict.run.factorization_weight:g}, the weighted gradient of "
            f"{stronger} is {times:.2g} times the other one's on the shared tables (geometric mean "
            f"along training; ratio {with_seeds(ratio)}). They oppose each other in "
            f"{100 * conflict.opposed.value:.0f} % of the epochs looked at (share "
            f"{with_seeds(conflict.opposed)}; mean cosine {with_seeds(conflict.mean_cosine)})."
        )
        if conflict.takes_over and conflict.takes_over.value > 0:
            finding += (
                " Regression pulls harder at first, factorization from epoch "
                f"{with_interval(conflict.takes_over)} on (N = {conflict.takes_over.count})."
            )
        findings.append(finding)
    pull = relative_pull(*found) if len(found) == 2 else None
    if pull:
        heavy, even = (conflict.run for conflict in found)
        ends = [
            f"{'lower' if difference.value < 0 else 'higher'} {SYMBOLS[metric]} "
            f"({with_seeds(difference)})"
            for metric in SPREAD_METRICS
            if (difference := final_difference(measurements, heavy, even, metric))
        ]
        findings.append(
            f"Against regression, factorization pulls {with_seeds(pull)} times as hard at "
            f"{heavy.factorization_weight:g} as at {even.factorization_weight:g}; the weights "
            f"alone would make it 99 times. {run_label(heavy).capitalize()} ends with "
            f"{listed(ends)} than {run_label(even)}, paired by seed."
        )
    rows = tuple(
        (
            run_label(c.run),
            with_interval(c.mean_cosine),
            with_interval(c.opposed),
            with_interval(c.first_ratio),
            with_interval(c.typical_ratio),
            str(c.mean_cosine.count),
        )
        for c in found
    )
    return Section(
        "conflict",
        "Why? Two tasks pull at the same tables",
        "At intervals along training, the gradients of L_F and of L_R by the shared tables U and Q "
        "are taken one by one. Their cosine tells whether the tasks pull together or apart; the "
        "ratio of their lengths, weights included, tells which of them moves the tables.",
        tuple(findings),
        pictures.draw_conflict(found),
        "Left: cosine between the two tasks' gradients. Right: how many times as long as "
        "regression's the factorization's weighted gradient is (logarithmic). Lines are means, "
        "bands go from the lowest to the highest seed.",
        (
            Table(
                "The tasks' gradients by the shared tables [95 % interval]; the ratio is of "
                "weighted norms, factorization to regression",
                (
                    "run",
                    "mean cosine",
                    "share of epochs opposed",
                    "ratio at the start",
                    "ratio, geometric mean",
                    "N",
                ),
                rows,
            ),
        ),
        {"conflict": conflict_table(found)},
    )


def final_difference(
    measurements: Measurements, run: Configuration, versus: Configuration, metric: str
) -> Estimate | None:
    """Return a final metric of one run minus another's, by seed; None without pairs."""
    claim = better("", "", run, versus, Quantity(metric))
    values = claim_values(measurements, claim)
    return mean_interval(values) if len(values) else None


def sharing_section(measurements: Measurements) -> Section | None:
    effects = sharing_effects(measurements)
    if not effects:
        return None
    findings = []
    for condition in CONDITIONS:
        for metric, name in TASKS.items():
            chosen = [e for e in effects if (e.condition, e.metric) == (condition, metric)]
            for weight in dict.fromkeys(e.weight for e in chosen):
                findings.append(
                    f"{name} by {CONDITIONS[condition]}, lambda_F = {weight:g}: "
                    + "; ".join(
                        f"{winner} at {listed(values)}"
                        for winner, values in winners([e for e in chosen if e.weight == weight])
                    )
                    + "."
                )
    rows = tuple(
        (
            f"{CONDITIONS[e.condition]}: {value_label(e)}",
            f"{e.weight:g}",
            TASKS[e.metric],
            with_interval(e.shared),
            with_interval(e.separate),
            with_interval(e.difference),
            str(e.difference.count),
            e.winner,
        )
        for e in effects
    )
    return Section(
        "sharing",
        "When does sharing help?",
        "Shared minus separate tables, paired by seed, with fewer ratings to train on, narrower "
        "and wider tables, and small batches instead of one step an epoch. Below, “better” means "
        "that the interval of the difference leaves zero out.",
        tuple(findings),
        pictures.draw_sharing(effects),
        "Shared minus separate with 95 % intervals. Above: test MSE, where less is better. Below: "
        "test MRR, where more is better.",
        (
            Table(
                "Shared against separate tables, at the end [95 % interval]",
                (
                    "condition",
                    "lambda_F",
                    "metric",
                    "shared",
                    "separate",
                    "difference",
                    "N",
                    "better",
                ),
                rows,
            ),
        ),
        {"sharing": effects_table(effects)},
    )


def value_label(effect: SharingEffect) -> str:
    if effect.condition == "batch_size" and effect.value == FULL_BATCH:
        return "the full batch"
    if effect.condition == "training_fraction":
        return f"{effect.value:.0%}".replace("%", " %")
    return f"{effect.value:g}"


def winners(effects: Sequence[SharingEffect]) -> list[tuple[str, list[str]]]:
    """Return the conditions' values by who is better there."""
    found: dict[str, list[str]] = {}
    for effect in effects:
        words = effect.winner if effect.winner == "undecided" else f"{effect.winner} is better"
        found.setdefault(words, []).append(value_label(effect))
    return list(found.items())


def overfitting_section(measurements: Measurements) -> Section | None:
    found = overfitting(measurements)
    if not found:
        return None
    size = found[0].batch_size
    findings = [
        f"{run_label(o.run)}: test MSE is lowest at epoch {with_interval(o.lowest_epoch)} and "
        f"ends {with_interval(o.rise)} above that, at {with_interval(o.last_test)}, while the "
        f"training MSE ends at {with_interval(o.last_train)}; N = {len(o.test)}."
        for o in found
    ]
    least = min(found, key=lambda o: o.rise.value)
    most = max(found, key=lambda o: o.rise.value)
    findings.append(
        f"{run_label(most.run)} overfits most, by {with_seeds(most.rise)}, and "
        f"{run_label(least.run)} least, by {with_seeds(least.rise)}."
    )
    return Section(
        "overfitting",
        f"What do minibatches of {size} do?",
        f"Steps on {size} pairs instead of all of them: hundreds of steps an epoch, enough to "
        "learn the training ratings by heart. A test MSE that rises while the training MSE falls "
        "is overfitting.",
        tuple(findings),
        pictures.draw_overfitting(found),
        "Training and test MSE along training. Lines are means, bands go from the lowest to the "
        "highest seed.",
        (
            Table(
                "Test MSE in minibatches [95 % interval]",
                (
                    "run",
                    "epoch of the lowest",
                    "rise after it",
                    "at the end",
                    "training, at the end",
                    "N",
                ),
                tuple(
                    (
                        run_label(o.run),
                        with_interval(o.lowest_epoch),
                        with_interval(o.rise),
                        with_interval(o.last_test),
                        with_interval(o.last_train),
                        str(len(o.test)),
                    )
                    for o in found
                ),
            ),
        ),
        {"overfitting": overfit_table(found)},
    )


MakeSection = Callable[[Measurements], Section | None]
# Each with its title where it is left out, and the study's parts that it needs.
SECTIONS: tuple[tuple[MakeSection, Unanswered], ...] = (
    (claims_section, Unanswered("claims", "Which claims about the four runs hold?", ("claims",))),
    (sources_section, Unanswered("sources", "What does a seed change?", ("claims", "sources"))),
    (balance_section, Unanswered("balance", "What is the best balance?", ("balance",))),
    (
        methods_section,
        Unanswered("methods", "Can a method find the balance by itself?", ("methods", "balance")),
    ),
    (
        conflict_section,
        Unanswered("conflict", "Why? Two tasks pull at the same tables", ("claims",)),
    ),
    (
        sharing_section,
        Unanswered("sharing", "When does sharing help?", ("fraction", "width", "minibatch")),
    ),
    (overfitting_section, Unanswered("overfitting", "What do minibatches do?", ("minibatch",))),
)


def answer(measurements: Measurements) -> tuple[list[Section], list[Unanswered]]:
    """Return the sections that the study's runs can fill, and the questions left."""
    sections, left = [], []
    for make, unanswered in SECTIONS:
        section = make(measurements)
        if section:
            sections.append(section)
        else:
            left.append(unanswered)
    return sections, left
