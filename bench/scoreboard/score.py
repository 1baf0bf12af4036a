"""Count what the gradings show: detection, right question, coverage, precision, false alarms."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scipy.stats import binomtest

from bench.scoreboard.bank import Behaviour, Mistake
from bench.scoreboard.grading import Graded
from bench.scoreboard.mutants import Mutant
from bench.scoreboard.truth import (
    RIGHT,
    UNJUDGED,
    WRONG,
    Verdict,
    fits_truth,
    is_named,
    is_told_by_line,
    verdict_of,
)

Accepted = Mapping[str, tuple[str, ...]]
Verdicts = Mapping[tuple[str, str, str, str], Verdict]


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    total: int

    @property
    def rate(self) -> float:
        return self.count / self.total if self.total else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.total:
            return 0.0, 1.0
        found = binomtest(self.count, self.total).proportion_ci(0.95, method="wilson")
        return float(found.low), float(found.high)


@dataclass(frozen=True)
class Score:
    """All that is counted, by what the page calls it. A lower share is a step back."""

    shares: Mapping[str, Share]
    facts: Mapping[str, str]
    false_alarms: tuple[str, ...]
    missed_mutants: tuple[str, ...]


def points_lost(graded: Graded) -> float:
    return graded.max_points - graded.points


def covered(behaviour: Behaviour, graded: Graded, accepted: Accepted) -> list[Mistake]:
    """Return the mistakes that the student is told, by name or by the line that raised."""
    return [
        mistake
        for mistake in behaviour.mistakes
        if is_named(mistake, graded, accepted) or is_told_by_line(mistake, graded)
    ]


def is_false_alarm(graded: Graded) -> bool:
    """Whether a right submission lost a point, or was told anything."""
    return bool(graded.lost or graded.failed or graded.problem)


def score_of(
    behaviours: Iterable[Behaviour],
    mutants: Iterable[Mutant],
    equivalent: Mapping[str, str],
    styles: Iterable[str],
    graded: Mapping[str, Graded],
    accepted: Accepted,
    verdicts: Verdicts,
) -> Score:
    """Count over gradings by name; names that were not graded are left out."""
    bank = [b for b in behaviours if b.name in graded]
    changed = [m for m in mutants if m.name in graded and m.name not in equivalent]
    same = [m for m in mutants if m.name in graded and m.name in equivalent]
    right = [graded[name] for name in styles if name in graded]
    mistakes = [(b, m, graded[b.name]) for b in bank for m in b.mistakes]
    told = {(b.name, m.key) for b in bank for m in covered(b, graded[b.name], accepted)}
    given = [(b, hint) for b in bank for hint in graded[b.name].hints]
    judged = [verdict_of(hint, b, verdicts) for b, hint in given]
    ever = [verdict.verdict for verdict in verdicts.values()]
    lost = [(b, question) for b in bank for question in graded[b.name].lost]
    missed = [m.name for m in changed if not graded[m.name].lost]
    shares = {
        "behaviours found": Share(sum(bool(graded[b.name].lost) for b in bank), len(bank)),
        "mistakes whose question loses points": Share(
            sum(m.question in got.lost for _, m, got in mistakes), len(mistakes)
        ),
        "questions that lose points and hold a mistake": Share(
            sum(question in {m.question for m in b.mistakes} for b, question in lost), len(lost)
        ),
        "mistakes named or told by line": _share(told, mistakes, lambda b: True),
        "of them, single": _share(told, mistakes, lambda b: not b.compound),
        "of them, compound": _share(told, mistakes, lambda b: b.compound),
        "hints that are right, of those judged": Share(
            judged.count(RIGHT), judged.count(RIGHT) + judged.count(WRONG)
        ),
        "hints judged": Share(len(judged) - judged.count(UNJUDGED), len(judged)),
        "verdicts that were right, with those on older sentences": Share(
            ever.count(RIGHT), ever.count(RIGHT) + ever.count(WRONG)
        ),
        "hints with an id that names a mistake": Share(
            sum(fits_truth(hint, b, accepted) for b, hint in given), len(given)
        ),
        "failed tests with a hint or a line": Share(
            sum(len(graded[b.name].failed) - len(graded[b.name].unexplained) for b in bank),
            sum(len(graded[b.name].failed) for b in bank),
        ),
        "mutants found": Share(len(changed) - len(missed), len(changed)),
        "mutants that lose points in their question alone": Share(
            sum(graded[m.name].lost == (m.asked_in,) for m in changed), len(changed)
        ),
        "right submissions without a false alarm": Share(
            sum(not is_false_alarm(got) for got in right), len(right)
        ),
        "equivalent mutants without a false alarm": Share(
            sum(not is_false_alarm(graded[m.name]) for m in same), len(same)
        ),
    }
    alarms = [*right, *(graded[m.name] for m in same)]
    single = [points_lost(graded[b.name]) for b in bank if not b.compound]
    everything = [points_lost(graded[b.name]) / len(b.mistakes) for b in bank if b.compound]
    seconds = [graded[b.name].seconds for b in bank]
    facts = {
        "points that one mistake costs": _spread(single),
        "points that a mistake costs beside others": _spread(everything),
        "seconds of processor time for a wrong submission": _spread(seconds),
        "seconds of processor time for a right one": _spread([got.seconds for got in right]),
    }
    return Score(shares, facts, tuple(g.name for g in alarms if is_false_alarm(g)), tuple(missed))


def _share(
    told: set[tuple[str, str]],
    mistakes: list[tuple[Behaviour, Mistake, Graded]],
    chosen: Callable[[Behaviour], bool],
) -> Share:
    picked = [(b, m) for b, m, _ in mistakes if chosen(b)]
    return Share(sum((b.name, m.key) in told for b, m in picked), len(picked))


def _spread(values: list[float]) -> str:
    if not values:
        return "none"
    low, high = min(values), max(values)
    return f"median {statistics.median(values):.2g}, {low:.2g} to {high:.2g}"
