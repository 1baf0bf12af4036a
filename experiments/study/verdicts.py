"""Claims judged by a study's runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.study.claims import CLAIMS, Claim, run_label
from experiments.study.measurements import (
    Measurements,
    choose,
    of_course_run,
    pair_by_seed,
    varied_together,
)
from experiments.study.quantities import paired_differences, values_of
from experiments.study.statistics import LEVEL, Estimate, holm, mean_interval, p_value

HOLDS = "holds"
DOES_NOT_HOLD = "does not hold"
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Judgement:
    """What the runs say about a claim.

    Attributes
    ----------
    claim : Claim
    values : float array
        The quantity or the difference, one a seed.
    estimate : Estimate
        Its mean and interval.
    verdict : str
        ``HOLDS`` if the whole interval lies in the claim's band, ``DOES_NOT_HOLD`` if it lies
        outside, so that the other direction holds, else ``UNDECIDED``.
    p_value : float
        Of "the mean is at the band's edge", which is what a decided verdict rules out.
    family_p_value : float
        The same for all of the study's claims at once, by Holm's method.
    """

    claim: Claim
    values: np.ndarray
    estimate: Estimate
    verdict: str
    p_value: float
    family_p_value: float

    @property
    def verdict_at(self) -> str:
        """The verdict in words: ``undecided at 3 seeds``."""
        return in_words(self.verdict, self.estimate.count)

    @property
    def other_verdict_at(self) -> str:
        """The verdict on the claim's other direction."""
        opposite = {HOLDS: DOES_NOT_HOLD, DOES_NOT_HOLD: HOLDS}
        return in_words(opposite.get(self.verdict, self.verdict), self.estimate.count)

    @property
    def stands_in_family(self) -> bool:
        """Whether the verdict is decided with all claims taken together."""
        return self.verdict != UNDECIDED and self.family_p_value <= round(1 - LEVEL, 10)


def in_words(verdict: str, seeds: int) -> str:
    if verdict != UNDECIDED:
        return verdict
    return f"undecided at {seeds} seed{'s' if seeds != 1 else ''}"


def verdict_of(estimate: Estimate, low: float, high: float) -> str:
    """Return the verdict on "the mean lies between ``low`` and ``high``"."""
    if math.isnan(estimate.low):
        return UNDECIDED
    if low < estimate.low and estimate.high < high:
        return HOLDS
    if estimate.high < low or high < estimate.low:
        return DOES_NOT_HOLD
    return UNDECIDED


def claim_values(measurements: Measurements, claim: Claim) -> np.ndarray:
    """Return the claim's quantity, or its paired difference, one value a seed."""
    runs = varied_together(choose(measurements.runs))
    ours = of_course_run(runs, claim.run).sort_values("split_seed")
    if claim.versus is None:
        return values_of(measurements, ours, claim.quantity)
    pairs = pair_by_seed(ours, of_course_run(runs, claim.versus))
    return paired_differences(measurements, pairs, claim.quantity)


def edge_p_value(values: np.ndarray, low: float, high: float) -> float:
    """Return the p-value of the band's edge that is hardest to rule out: the nearest one."""
    return max(p_value(values, edge) for edge in (low, high) if math.isfinite(edge))


def judge_claims(
    measurements: Measurements, claims: Sequence[Claim] = CLAIMS
) -> tuple[Judgement, ...]:
    """Judge the claims that the study has runs for, each by the seeds that its runs have.

    Each verdict stands alone: of true differences of exactly zero, one in twenty would be taken
    for a difference. ``family_p_value`` is for those who read all of the table at once.
    """
    found = []
    for claim in claims:
        values = claim_values(measurements, claim)
        if len(values):
            estimate = mean_interval(values)
            verdict = verdict_of(estimate, claim.low, claim.high)
            found.append((claim, values, estimate, verdict))
    p_values = [edge_p_value(values, claim.low, claim.high) for claim, values, *_ in found]
    return tuple(
        Judgement(*judged, own, family)
        for judged, own, family in zip(found, p_values, holm(p_values))
    )


@dataclass(frozen=True)
class Disagreement:
    """A point on which the two answers differ, and who is right about it here."""

    question: str
    judgements: tuple[Judgement, ...]
    right: str

    @property
    def estimate(self) -> Estimate:
        """Of ``difference``."""
        return self.judgements[0].estimate

    @property
    def difference(self) -> str:
        """What is subtracted from what."""
        claim = self.judgements[0].claim
        return f"{run_label(claim.run)} − {run_label(claim.versus)}" if claim.versus else "value"


def disagreements(judgements: Sequence[Judgement]) -> tuple[Disagreement, ...]:
    """Return the points on which the answers say different things."""
    by_subject: dict[object, list[Judgement]] = {}
    for judgement in judgements:
        by_subject.setdefault(judgement.claim.subject, []).append(judgement)
    return tuple(
        Disagreement(group[0].claim.question, tuple(group), who_is_right(group))
        for group in by_subject.values()
        if len({judgement.claim.said_by for judgement in group}) > 1
    )


def who_is_right(judgements: Sequence[Judgement]) -> str:
    """Return which answer the runs bear out."""
    holding = [j.claim.said_by for j in judgements if j.verdict == HOLDS]
    if len(holding) == len(judgements):
        return "both: there is a difference, and it is smaller than the margin"
    if holding:
        open_still = [j.claim.said_by for j in judgements if j.verdict == UNDECIDED]
        rest = (
            f"; answer {open_still[0]} {in_words(UNDECIDED, judgements[0].estimate.count)}"
            if open_still
            else ""
        )
        return f"answer {holding[0]}{rest}"
    if all(j.verdict == DOES_NOT_HOLD for j in judgements):
        return "neither"
    return in_words(UNDECIDED, judgements[0].estimate.count)


def claims_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """Return two rows a claim, for it and its other direction, at full precision."""
    rows = []
    for judgement in judgements:
        claim, estimate = judgement.claim, judgement.estimate
        for direction, text, verdict in (
            ("claimed", claim.text, judgement.verdict_at),
            ("other", claim.other, judgement.other_verdict_at),
        ):
            rows.append(
                {
                    "question": claim.question,
                    "said_by": claim.said_by,
                    "direction": direction,
                    "claim": text,
                    "quantity": str(claim.quantity),
                    "run": claim.run.name,
                    "minus": claim.versus.name if claim.versus else "",
                    "band_low": claim.low,
                    "band_high": claim.high,
                    "mean": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "seeds": estimate.count,
                    "interval": estimate.method,
                    "verdict": verdict,
                    "p_value": judgement.p_value,
                    "family_p_value": judgement.family_p_value,
                }
            )
    return pd.DataFrame(rows)
