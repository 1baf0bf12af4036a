"""The answer to: why? What the two tasks' gradients do."""

from experiments.run import Run
from experiments.study.claims import better, run_label
from experiments.study.conflict import conflict_table, conflicts, relative_pull
from experiments.study.figures.conflict import draw_conflict
from experiments.study.measurements import Measurements
from experiments.study.quantities import SYMBOLS, Quantity
from experiments.study.sections.section import TOLD_METRICS, Question, Section, Table
from experiments.study.statistics import Estimate, mean_interval
from experiments.study.verdicts import claim_values
from experiments.study.wording import listed, with_interval, with_seeds

QUESTION = Question("conflict", "Why? Two tasks pull at the same tables", ("claims",))


def answer(measurements: Measurements) -> Section | None:
    found = conflicts(measurements)
    if not found:
        return None
    findings = []
    for conflict in found:
        ratio = conflict.typical_ratio
        stronger = "factorization" if ratio.value > 1 else "regression"
        times = max(ratio.value, 1 / ratio.value)
        told = f"{times:.2g}" if times < 99.5 else f"{times:.0f}"
        finding = (
            f"With lambda_F = {conflict.run.factorization_weight:g}, the weighted gradient of "
            f"{stronger} is {told} times the other one's on the shared tables (geometric mean "
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
        by_weights = weight_ratio(heavy) / weight_ratio(even)
        ends = [
            f"{'lower' if difference.value < 0 else 'higher'} {SYMBOLS[metric]} "
            f"({with_seeds(difference)})"
            for metric in TOLD_METRICS
            if (difference := final_difference(measurements, heavy, even, metric))
        ]
        findings.append(
            f"Against regression, factorization pulls {with_seeds(pull)} times as hard at "
            f"{heavy.factorization_weight:g} as at {even.factorization_weight:g}; the weights "
            f"alone would make it {by_weights:.3g} times. {run_label(heavy).capitalize()} ends "
            f"with {listed(ends)} than {run_label(even)}, paired by seed."
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
        QUESTION.key,
        QUESTION.title,
        "At intervals along training, the gradients of L_F and of L_R by the shared tables U and Q "
        "are taken one by one. Their cosine tells whether the tasks pull together or apart; the "
        "ratio of their lengths, weights included, tells which of them moves the tables.",
        tuple(findings),
        draw_conflict(found),
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


def weight_ratio(run: Run) -> float:
    return run.factorization_weight / run.regression_weight


def final_difference(
    measurements: Measurements, run: Run, versus: Run, metric: str
) -> Estimate | None:
    """Return a final metric of one run minus another's, by seed; None without pairs."""
    claim = better("", "", run, versus, Quantity(metric))
    values = claim_values(measurements, claim)
    return mean_interval(values) if len(values) else None
