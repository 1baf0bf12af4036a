"""What the records of a course say of its questions, its tests and its mistakes.

Difficulty is the mean share of an item's points. Discrimination is the corrected item-total
correlation: Pearson's, of an item's points with the points of all others (Crocker and Algina,
Introduction to Classical and Modern Test Theory, 1986, chapter 14), with the interval of Fisher's
transformation. Shares have Wilson's interval. All intervals are of 95 %.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import binomtest, pearsonr, t

from grader.cohort.table import GRADED, NOTHING, cell
from grader.engine.results import FAILED, NOT_IMPORTED, NOT_RUN, NOT_WRITTEN

FIFTHS = 5
FEWEST = 5  # of people who have an item right, and of those who have not, to judge the item
LEAST_DISCRIMINATION = 0.1
EXAMPLES = 3
FEWEST_TOGETHER = 3
FEWEST_FOR_A_LECTURE = 2
IN_A_LECTURE = 10
LINE = re.compile(r", line \d+")

Interval = tuple[float, float]


@dataclass(frozen=True)
class Item:
    """A question or a test.

    Attributes
    ----------
    people : int
        Who was graded in it.
    difficulty : float
        The mean share of its points, from 0 to 1: the higher, the easier.
    discrimination : float or None
        From -1 to 1; None where everybody has the same points, in the item or in all others.
    fifths : tuple of float
        The mean share of its points by fifth of the people, those with the fewest points first.
    problem : str
        Why it looks broken, as a sentence; empty if it does not.
    """

    id: str
    title: str
    points: float
    hidden: bool
    people: int
    difficulty: float
    difficulty_interval: Interval
    discrimination: float | None
    discrimination_interval: Interval | None
    fifths: tuple[float, ...]
    problem: str = ""


@dataclass(frozen=True)
class Share:
    """A named mistake, and how many have made it.

    ``names`` are the rows of some who have, three at most: those whose report names the fewest
    mistakes beside it.
    """

    id: str
    question: str
    diagnosis: str
    asks: str
    people: int
    share: float
    interval: Interval
    names: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """Two mistakes that go together: how often, and how often they would by chance."""

    first: str
    second: str
    people: int
    expected: float


@dataclass(frozen=True)
class Unexplained:
    """Failures of a question that no report explains, alike in what was said and returned.

    Attributes
    ----------
    question : str
        Empty where a file could not be imported, whatever it was to answer.
    tests : tuple of str
    said : str
        Of the first test, without the line of the code.
    given, expected, got : str
        The call of a public test, what it should return and what it returned; empty if all failed
        tests are hidden, which ask everybody for something else, or if an exception was raised.
    people : int
    names : tuple of str
        The rows of some, three at most.
    """

    question: str
    tests: tuple[str, ...]
    said: str
    given: str
    expected: str
    got: str
    people: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Silent:
    """A failed test without a named mistake: what those who make the same mistake have in common.

    A hidden test's inputs are not the same for everybody, and so not what is returned.
    """

    test: str
    said: str
    given: str = ""
    expected: str = ""
    got: str = ""


@dataclass(frozen=True)
class Cohort:
    """What the records say together.

    Attributes
    ----------
    people, came, graded, late : int
    points : tuple of float
        Everybody's who was graded; ``final`` are those after the late policy.
    seconds, memory : tuple of float, tuple of int
        What each grading took by the clock, and bytes that the largest process of its submission
        held; no memory of those where nothing measured it.
    missing : tuple of str
        Rows of those who have handed in nothing.
    """

    title: str
    max_points: float
    people: int
    came: int
    graded: int
    late: int
    points: tuple[float, ...]
    final: tuple[float, ...]
    seconds: tuple[float, ...]
    memory: tuple[int, ...]
    missing: tuple[str, ...]
    questions: tuple[Item, ...] = ()
    tests: tuple[Item, ...] = ()
    mistakes: tuple[Share, ...] = ()
    together: tuple[Together, ...] = ()
    unexplained: tuple[Unexplained, ...] = ()
    not_imported: tuple[Unexplained, ...] = ()

    @property
    def frequent(self) -> tuple[Share, ...]:
        """The mistakes that several people have made, the most frequent first: for a lecture."""
        several = [mistake for mistake in self.mistakes if mistake.people >= FEWEST_FOR_A_LECTURE]
        return tuple(sorted(several, key=lambda m: -m.people)[:IN_A_LECTURE])


@dataclass
class _Seen:
    """What has been read of the records so far."""

    counts: Counter = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    final: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    items: dict[str, tuple[str, float, bool, str]] = field(default_factory=dict)
    shares: list[dict[str, float]] = field(default_factory=list)
    hints: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    made: list[frozenset[str]] = field(default_factory=list)
    alike: dict[tuple[str, tuple[_Silent, ...]], list[str]] = field(default_factory=dict)
    not_imported: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    title: str = ""


def statistics_of(records: Iterable[Mapping[str, Any]]) -> Cohort:
    """Return the statistics of records, each read once: see :mod:`grader.cohort.records`."""
    seen = _Seen()
    for record in records:
        _read(record, seen)
    points = {id_: item[1] for id_, item in seen.items.items()}
    questions = [id_ for id_, item in seen.items.items() if not item[3]]
    tests = [id_ for id_, item in seen.items.items() if item[3]]
    scores = {
        id_: np.array([shares.get(id_, math.nan) for shares in seen.shares]) for id_ in seen.items
    }
    total = np.zeros(len(seen.shares))
    for id_ in questions:
        total += np.nan_to_num(scores[id_]) * points[id_]
    return Cohort(
        seen.title,
        sum(points[id_] for id_ in questions),
        seen.counts["people"],
        seen.counts["people"] - len(seen.missing),
        len(seen.names),
        seen.counts["late"],
        tuple(total.round(4).tolist()),
        tuple(seen.final),
        tuple(seen.seconds),
        tuple(seen.memory),
        tuple(seen.missing),
        tuple(_item(id_, seen, scores[id_], total, is_test=False) for id_ in questions),
        tuple(_item(id_, seen, scores[id_], total, is_test=True) for id_ in tests),
        _shares(seen),
        _together(seen.made),
        _unexplained(seen.alike),
        _not_imported(seen.not_imported),
    )


def _read(record: Mapping[str, Any], seen: _Seen) -> None:
    name = record["submission"]
    seen.counts["people"] += 1
    if record["status"] == NOTHING:
        seen.missing.append(name)
    days = (record["final"] or {}).get("days_late")
    seen.counts["late"] += bool(record["late"] or days)
    if record["status"] != GRADED:
        return
    seen.title = seen.title or record["title"]
    seen.names.append(name)
    seen.final.append(record["final_points"])
    seen.seconds.append(record["seconds"])
    if record.get("memory"):
        seen.memory.append(record["memory"])
    shares: dict[str, float] = {}
    made: set[str] = set()
    for question in record["questions"]:
        worth = sum(test["max_points"] for test in question["tests"])
        seen.items.setdefault(question["id"], (question["title"], worth, False, ""))
        if worth:
            shares[question["id"]] = sum(test["points"] for test in question["tests"]) / worth
        silent = []
        for test in question["tests"]:
            item = (test["sentence"], test["max_points"], test["hidden"], question["id"])
            seen.items.setdefault(test["id"], item)
            if test["status"] != NOT_RUN:
                shares[test["id"]] = float(test["status"] == "passed")
            for hint in test["hints"]:
                seen.hints[hint["id"]] = (question["id"], hint["diagnosis"], hint["question"])
                made.add(hint["id"])
            if test["status"] != FAILED or test["hints"] or test["cause"] == NOT_WRITTEN:
                continue
            if test["cause"] == NOT_IMPORTED:
                said = LINE.sub("", test["message"])
                seen.not_imported.setdefault(said, {}).setdefault(name, []).append(test["id"])
            else:
                silent.append(_silent(test))
        if silent:
            seen.alike.setdefault((question["id"], tuple(silent)), []).append(name)
    seen.shares.append(shares)
    seen.made.append(frozenset(made))


def _silent(test: Mapping[str, Any]) -> _Silent:
    said, detail = LINE.sub("", test["message"]), test["detail"]
    if test["hidden"] or detail is None:
        return _Silent(test["id"], said)
    return _Silent(test["id"], said, detail["given"], detail["expected"], detail["got"])


def _item(id_: str, seen: _Seen, share: np.ndarray, total: np.ndarray, is_test: bool) -> Item:
    title, points, hidden, _ = seen.items[id_]
    known = ~np.isnan(share)
    share, total = share[known], total[known]
    # A test is worth part of its question's points, which are what it adds to the total.
    rest = total - share * points
    value, interval = _correlation(share, rest)
    order = np.argsort(total, kind="stable")
    fifths = tuple(float(part.mean()) for part in np.array_split(share[order], FIFTHS) if part.size)
    difficulty = float(share.mean()) if share.size else 0.0
    bounds = wilson(int(share.sum()), share.size) if is_test else _mean_interval(share)
    problem = _problem(share, value, fifths) if points else ""
    return Item(
        *(id_, title, points, hidden, int(share.size), difficulty, bounds),
        *(value, interval, fifths, problem),
    )


def _problem(share: np.ndarray, discrimination: float | None, fifths: Sequence[float]) -> str:
    """Say why an item looks broken; it may be right all the same, so a person has to look."""
    if min((share > 0.999).sum(), (share <= 0.999).sum()) < FEWEST:
        return "Nobody has it right." if share.size >= FEWEST and not share.any() else ""
    if fifths[-1] < 0.5:
        return "Most of the best students fail it."
    if discrimination is not None and discrimination < LEAST_DISCRIMINATION:
        return "Who passes it does not do better in the rest."
    return ""


def _correlation(first: np.ndarray, second: np.ndarray) -> tuple[float | None, Interval | None]:
    if first.size < 2 or np.ptp(first) < 1e-9 or np.ptp(second) < 1e-9:
        return None, None
    found = pearsonr(first, second)
    if first.size < 4:
        return float(found.statistic), None
    low, high = found.confidence_interval(0.95)
    return float(found.statistic), (float(low), float(high))


def wilson(count: int, total: int) -> Interval:
    """Return Wilson's interval of a share; 0 to 1 if there is nobody."""
    if total == 0:
        return 0.0, 1.0
    found = binomtest(count, total).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def _mean_interval(share: np.ndarray) -> Interval:
    if share.size < 2:
        return 0.0, 1.0
    half = float(t.ppf(0.975, share.size - 1) * share.std(ddof=1) / math.sqrt(share.size))
    return max(0.0, float(share.mean()) - half), min(1.0, float(share.mean()) + half)


def _shares(seen: _Seen) -> tuple[Share, ...]:
    """Return the mistakes by question, the most frequent of each first."""
    order = [id_ for id_, item in seen.items.items() if not item[3]]
    found = []
    for id_, (question, diagnosis, asks) in seen.hints.items():
        who = [n for n, made in enumerate(seen.made) if id_ in made]
        clearest = sorted(who, key=lambda n: len(seen.made[n]))[:EXAMPLES]
        names = tuple(seen.names[n] for n in clearest)
        share, interval = len(who) / len(seen.made), wilson(len(who), len(seen.made))
        found.append(Share(id_, question, diagnosis, asks, len(who), share, interval, names))
    return tuple(sorted(found, key=lambda s: (order.index(s.question), -s.people, s.id)))


def _together(made: Sequence[frozenset[str]]) -> tuple[Together, ...]:
    """Return pairs that are made together at least twice as often as by chance, most first."""
    alone = Counter(id_ for ids in made for id_ in ids)
    pairs = Counter(pair for ids in made for pair in combinations(sorted(ids), 2))
    found = [
        Together(*pair, count, alone[pair[0]] * alone[pair[1]] / len(made))
        for pair, count in pairs.items()
        if count >= FEWEST_TOGETHER
    ]
    found = [pair for pair in found if pair.people >= 2 * pair.expected]
    return tuple(sorted(found, key=lambda pair: (-pair.people, pair.first, pair.second)))


def _unexplained(
    alike: Mapping[tuple[str, tuple[_Silent, ...]], list[str]],
) -> tuple[Unexplained, ...]:
    found = []
    for (question, silent), names in alike.items():
        shown = next((each for each in silent if each.got), silent[0])
        tests = tuple(each.test for each in silent)
        returned = shown.given, shown.expected, shown.got
        found.append(
            Unexplained(question, tests, shown.said, *returned, len(names), tuple(names[:EXAMPLES]))
        )
    return tuple(sorted(found, key=lambda group: (-group.people, group.question, group.tests)))


def _not_imported(of_reason: Mapping[str, Mapping[str, list[str]]]) -> tuple[Unexplained, ...]:
    found = []
    for said, of_name in of_reason.items():
        tests = dict.fromkeys(id_ for ids in of_name.values() for id_ in ids)
        names = tuple(of_name)[:EXAMPLES]
        found.append(Unexplained("", tuple(tests), said, "", "", "", len(of_name), names))
    return tuple(sorted(found, key=lambda group: (-group.people, group.said)))


def items_table(cohort: Cohort) -> str:
    """Return questions and tests as CSV."""
    fifths = [f"fifth {number}" for number in range(1, FIFTHS + 1)]
    header = [
        *("id", "kind", "title", "points", "hidden", "people"),
        *("difficulty", "difficulty low", "difficulty high"),
        *("discrimination", "discrimination low", "discrimination high", *fifths, "problem"),
    ]
    lines = []
    for kind, items in (("question", cohort.questions), ("test", cohort.tests)):
        for item in items:
            numbers = [
                *(item.difficulty, *item.difficulty_interval),
                *(item.discrimination, *(item.discrimination_interval or (None, None))),
                *item.fifths,
                *[None] * (FIFTHS - len(item.fifths)),
            ]
            words = [item.id, kind, cell(item.title), f"{item.points:g}", item.hidden, item.people]
            lines.append([*words, *map(_decimal, numbers), item.problem])
    return _csv(header, lines)


def mistakes_table(cohort: Cohort) -> str:
    """Return the named mistakes as CSV."""
    header = ["id", "question", "people", "share", "share low", "share high", "diagnosis"]
    lines = [
        [m.id, m.question, m.people, *map(_decimal, (m.share, *m.interval)), cell(m.diagnosis)]
        for m in cohort.mistakes
    ]
    return _csv(header, lines)


def unexplained_table(cohort: Cohort) -> str:
    """Return the failures that no mistake explains as CSV."""
    header = ["question", "people", "tests", "said", "given", "expected", "got", "examples"]
    lines = [
        [
            *(u.question, u.people, " ".join(u.tests)),
            *map(cell, (u.said, u.given, u.expected, u.got, ", ".join(u.names))),
        ]
        for u in (*cohort.unexplained, *cohort.not_imported)
    ]
    return _csv(header, lines)


def _decimal(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}"


def _csv(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(header)
    table.writerows(lines)
    return text.getvalue()
