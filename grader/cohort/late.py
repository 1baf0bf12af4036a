"""Lateness in a course: extensions from a CSV, and points after the late policy in each record."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from grader.cohort.roster import Person, words_of
from grader.cohort.table import GRADED
from problem_set.assignment import Late
from problem_set.late import Extension, final_points

#: The names that a column may have, in lower case, by what it says.
COLUMNS = {
    "id": ("id", "student id", "sid", "sis user id", "id number", "identifier"),
    "email": ("email", "e-mail", "email address", "e-mail address"),
    "name": ("name", "student", "full name", "student name"),
    "due": ("due", "due date", "until"),
    "days": ("days", "extension", "extension days"),
    "late_days": ("late days", "late_days", "late days left"),
    "submitted": ("submitted", "submitted at", "submission time"),
}
WHO = ("id", "email", "name")


class ExtensionsError(ValueError):
    """A slip in the file of extensions; the message names the file, the line and the column."""


def with_final_points(
    record: Mapping[str, Any],
    submitted_at: datetime | None,
    marked_late: bool,
    due: datetime,
    extension: Extension | None,
    policy: Late,
) -> dict[str, Any]:
    """Return a record with what the late policy leaves of its points, under ``final``.

    That is a :class:`~problem_set.late.Final` as JSON, or None for what was not graded. Nothing is
    graded anew: whatever the record had under ``final`` is replaced.
    """
    if record["status"] != GRADED:
        return {**record, "final": None}
    final = final_points(record["score"], submitted_at, due, extension, policy, marked_late)
    return {**record, "final": asdict(final)}


def read_extensions(
    path: Path, people: Iterable[Person], due: datetime, strangers: bool = False
) -> dict[Person, Extension]:
    """Return the extensions of those who have one.

    A row names its student by ``id``, ``email`` or ``name`` (or several of them, which must
    agree), and grants ``days`` or an own ``due`` date. It may say how many ``late days`` the
    student has left, and when the work was ``submitted``, where the platform's export does not. A
    date without a time is at the hour of the course's due date, a time without an offset from UTC
    in the time zone of it.

    Parameters
    ----------
    people : iterable of Person
        The roster.
    due : datetime
        The course's due date, in its time zone.
    strangers : bool
        Whether rows that name nobody of these people are left out, and no slip.

    Raises
    ------
    ExtensionsError
        If a row names nobody, two people, or somebody whom a row before has named, or if a value
        is not what its column asks for.
    OSError
        If the file cannot be read.
    """
    people = tuple(people)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExtensionsError(f"{path.name}: this is not UTF-8. Save it as CSV UTF-8.") from error
    rows = csv.reader(text.splitlines(), delimiter=_separator(text))
    header = [_column(path, cell) for cell in next(rows, [])]
    if not set(WHO) & set(header):
        raise ExtensionsError(f"{path.name}, line 1: a column id, email or name is needed.")
    found: dict[Person, Extension] = {}
    lines: dict[Person, int] = {}
    for cells in rows:
        row = {column: cell.strip() for column, cell in zip(header, cells)}
        place = f"{path.name}, line {rows.line_num}"
        if not any(row.values()):
            continue
        person = _person(place, {key: row[key] for key in WHO if row.get(key)}, people, strangers)
        if person is None:
            continue
        if person in found:
            raise ExtensionsError(f"{place}: {person.label} is on line {lines[person]}, too.")
        found[person] = _extension(place, row, due)
        lines[person] = rows.line_num
    return found


def _separator(text: str) -> str:
    """Return what separates cells; where numbers have a decimal comma, Excel writes semicolons."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _column(path: Path, cell: str) -> str:
    wanted = cell.strip().casefold()
    for column, names in COLUMNS.items():
        if wanted in names:
            return column
    raise ExtensionsError(
        f"{path.name}, line 1: there is no column {cell!r}; there may be "
        f"{', '.join(names[0] for names in COLUMNS.values())}."
    )


def _person(
    place: str, said: Mapping[str, str], people: tuple[Person, ...], strangers: bool
) -> Person | None:
    matching = [
        person
        for person in people
        if all(_is_meant(key, value, person) for key, value in said.items())
    ]
    who = " ".join(said.values())
    if not said:
        raise ExtensionsError(f"{place}: nobody is named; give an id, an email or a name.")
    if not matching and strangers:
        return None
    if not matching:
        raise ExtensionsError(f"{place}: {who} is not on the roster.")
    if len(matching) > 1:
        several = " or ".join(person.label for person in matching)
        raise ExtensionsError(f"{place}: {who} may be {several}. Give the id.")
    return matching[0]


def _is_meant(key: str, said: str, person: Person) -> bool:
    if key == "id":
        return said in (person.id, *person.aliases)
    if key == "email":
        return said.casefold() == person.email.casefold()
    return words_of(said) == words_of(person.name)


def _extension(place: str, row: Mapping[str, str], due: datetime) -> Extension:
    if row.get("due") and row.get("days"):
        raise ExtensionsError(f"{place}: give days or due, not both.")
    days = _number(place, "days", row.get("days") or "0")
    late_days = row.get("late_days", "")
    left = _number(place, "late days", late_days) if late_days else None
    if left is not None and left != int(left):
        raise ExtensionsError(f"{place}: late days should be a whole number, not {late_days}.")
    return Extension(
        due=_moment(place, "due", row.get("due", ""), due),
        days=days,
        late_days=None if left is None else int(left),
        submitted_at=_moment(place, "submitted", row.get("submitted", ""), due),
    )


def _number(place: str, column: str, cell: str) -> float:
    try:
        number = float(cell.replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 366:
        raise ExtensionsError(f"{place}: {column} should be a number from 0 to 366, not {cell!r}.")
    return number


def _moment(place: str, column: str, cell: str, due: datetime) -> datetime | None:
    if not cell:
        return None
    try:
        if "T" not in cell and " " not in cell:
            moment = datetime.combine(date.fromisoformat(cell), time(due.hour, due.minute))
        else:
            moment = datetime.fromisoformat(cell.replace("Z", "+00:00"))
    except ValueError as error:
        raise ExtensionsError(
            f"{place}: {column} should be as 2026-12-13, or 2026-12-13 23:59; it is {cell!r}."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=due.tzinfo)
