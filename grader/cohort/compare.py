"""Whose points a regrade changes, by which test, up or down: known before anything is published."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader.cohort.table import GRADED, cell
from grader.engine.reports.changes import SAME, is_same, points_moved
from grader.engine.results import Report


@dataclass(frozen=True)
class Standing:
    """What a person had, or has: points in all, None where there are none, and what they are of."""

    points: float | None
    final: float | None
    questions: Mapping[str, float]
    tests: Mapping[str, float]


@dataclass(frozen=True)
class Change:
    """What a regrade does to one person's points.

    Attributes
    ----------
    name, id : str
        The row's, and the person's.
    tests : mapping
        By test id the points before and now, where they differ, in questions whose points do; None
        for a test that is not there.
    """

    name: str
    id: str
    before: Standing
    now: Standing
    tests: Mapping[str, tuple[float | None, float | None]]

    @property
    def gain(self) -> float:
        """Final points now, minus those before; of somebody without points, they count as 0."""
        return (self.now.final or 0.0) - (self.before.final or 0.0)


def standing_of(record: Mapping[str, Any]) -> Standing:
    """Return what a record says of a person's points."""
    questions = record["questions"] if record["status"] == GRADED else []
    tests = [test for question in questions for test in question["tests"]]
    return Standing(
        record["points"],
        record["final_points"],
        {question["id"]: question["points"] for question in questions},
        {test["id"]: test["points"] for test in tests},
    )


def key_of(record: Mapping[str, Any]) -> str:
    """Return what stays a person's from one grading to the next: the id, or the row's name."""
    return str(record["person"]["id"] or record["submission"])


def change_of(before: Standing, record: Mapping[str, Any]) -> Change | None:
    """Return how a person's points changed, in all or of a question; None if they did not.

    Points that moved from one test to another of a question, both passed or both failed, are no
    change.
    """
    now = standing_of(record)
    questions = {
        id_
        for id_ in before.questions.keys() | now.questions.keys()
        if not is_same(before.questions.get(id_), now.questions.get(id_))
    }
    if not (
        questions or not is_same(before.final, now.final) or not is_same(before.points, now.points)
    ):
        return None
    question_of = {
        test["id"]: question["id"] for question in record["questions"] for test in question["tests"]
    }
    tests = {
        id_: (before.tests.get(id_), now.tests.get(id_))
        for id_ in dict.fromkeys((*before.tests, *now.tests))
        if not is_same(before.tests.get(id_), now.tests.get(id_))
        and question_of.get(id_) in {None, *questions}
    }
    return Change(record["submission"], record["person"]["id"], before, now, tests)


def only_up(old: Report, new: Report) -> Report:
    """Return the new report with the old one's questions where these have more points."""
    before = {question.id: question for question in old.questions}
    questions = tuple(
        before[question.id]
        if question.id in before and before[question.id].points > question.points + SAME
        else question
        for question in new.questions
    )
    return replace(new, questions=questions)


def sentence(change: Change, reason: str) -> str:
    """Return what the student reads."""
    moved = points_moved(change.before.final, change.now.final) or (
        f"Your points are the same, {_points(change.now.final)}; single questions changed."
    )
    return f"This was graded again. {moved} {reason}".strip()


def summary(changes: Iterable[Change], people: int) -> list[str]:
    """Return the lines that say what a regrade changes."""
    changes = list(changes)
    if not changes:
        return [f"Compared: nobody's points change, of {people} rows."]
    up = [change.gain for change in changes if change.gain > SAME]
    down = [-change.gain for change in changes if change.gain < -SAME]
    same = len(changes) - len(up) - len(down)
    rest = f", {same} in single questions alone" if same else ""
    lines = [
        f"Compared: the points of {len(changes)} of {people} rows change: "
        f"{_group(up, 'up')}, {_group(down, 'down')}{rest}."
    ]
    raised: Counter[str] = Counter()
    lowered: Counter[str] = Counter()
    for change in changes:
        for id_, (before, now) in change.tests.items():
            (raised if (now or 0.0) > (before or 0.0) else lowered)[id_] += 1
    for id_ in dict.fromkeys((*raised, *lowered)):
        lines.append(f"  {id_}: {raised[id_]} up, {lowered[id_]} down")
    return lines


def changes_table(changes: Iterable[Change], sentences: Mapping[str, str]) -> str:
    """Return ``changes.csv``: a row for each person whose points change."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    changes = sorted(changes, key=lambda change: change.name)
    header = ["submission", "id", "points before", "points", "final points before", "final points"]
    table.writerow([*header, "tests", "sentence"])
    for change in changes:
        tests = ", ".join(
            f"{id_} {_points(before)} to {_points(now)}"
            for id_, (before, now) in change.tests.items()
        )
        table.writerow(
            [
                cell(change.name),
                cell(change.id),
                *map(_number, (change.before.points, change.now.points)),
                *map(_number, (change.before.final, change.now.final)),
                cell(tests),
                cell(sentences[change.name]),
            ]
        )
    return text.getvalue()


def _group(gains: list[float], which: str) -> str:
    if not gains:
        return f"0 {which}"
    low, high = min(gains), max(gains)
    return f"{len(gains)} {which} (by {low:g}{f' to {high:g}' if high > low + SAME else ''})"


def _points(value: float | None) -> str:
    return "none" if value is None else f"{round(value, 2):g}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 2):g}"
