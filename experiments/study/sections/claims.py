"""The answer to: which claims about the four runs hold?"""

from experiments.study.claims import ORIGIN
from experiments.study.figures.claims import draw_claims
from experiments.study.latex import claims_latex
from experiments.study.measurements import Measurements
from experiments.study.quantities import SYMBOLS
from experiments.study.sections.section import Question, Section, Table
from experiments.study.verdicts import (
    DOES_NOT_HOLD,
    HOLDS,
    UNDECIDED,
    claims_table,
    disagreements,
    judge_claims,
)
from experiments.study.wording import small_p, with_interval, with_seeds

QUESTION = Question("claims", "Which claims about the four runs hold?", ("claims",))


def answer(measurements: Measurements) -> Section | None:
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
        f"Verdicts on {len(judgements)} claims: holds {counts[HOLDS]}, does not hold "
        f"{counts[DOES_NOT_HOLD]} (the other direction does), undecided {counts[UNDECIDED]}.",
        f"Each verdict stands alone. Taken together (Holm's method, 5 % for the whole table), "
        f"{together} of the {len(decided)} decided ones stay decided.",
    ]
    points = disagreements(judgements)
    findings += [
        f"{point.question}, {SYMBOLS[point.judgements[0].claim.quantity.metric]}: the answers "
        f"disagree; right here is {point.right} ({point.difference}: {with_seeds(point.estimate)})."
        for point in points
    ]
    disagreement_rows = tuple(
        (
            f"{point.question}, {SYMBOLS[point.judgements[0].claim.quantity.metric]}",
            *(
                "; ".join(j.claim.text for j in point.judgements if j.claim.said_by == said_by)
                for said_by in "AB"
            ),
            f"{point.difference}: {with_interval(point.estimate)}",
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
        QUESTION.key,
        QUESTION.title,
        f"{ORIGIN} Here every claim is tested over seeds, "
        "runs paired by seed: the same split, initial weights and negatives, so that what a seed "
        "does to both of them cancels. A claim holds if the whole 95 % interval of its number lies "
        "where the claim puts it, and does not hold if all of it lies elsewhere.",
        tuple(findings),
        draw_claims(judgements),
        "Differences between the runs of each question, paired by seed, with 95 % intervals.",
        tuple(tables),
        {"claims": claims_table(judgements)},
        claims_latex(judgements),
    )
