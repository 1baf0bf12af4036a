"""The course's points as a learning platform imports them.

========== =============================================================================
Canvas     Grades, Import: the columns of its own export up to ``Section``, and one of points.
           People are found by ``ID``, then by the SIS columns. In the row ``Points Possible``, an
           empty cell keeps what Canvas has. A column of another name becomes a new assignment,
           after a question. Comments cannot be imported, so no reason is there, nor the points
           before a late penalty: students read both on their pages.
           Source: https://community.instructure.com, "How do I import grades in the Gradebook?",
           and ``lib/gradebook_importer.rb`` of Canvas.
Moodle     The worksheet of an assignment goes back as it came ("Upload grading worksheet"), with
           ``Grade``, and what the student has to know of it in ``Feedback comments``, as HTML,
           after what a teacher wrote there. Moodle reads ``Identifier``, ``Grade``, ``Last modified
           (grade)`` and the feedback by their names; of a row without a grade, the feedback alone.
           With the gradebook's export as roster: a table for "Grades", "Import", "CSV file".
           Source: https://docs.moodle.org/en/Using_Assignment, https://docs.moodle.org/en/Grade_import
           and ``mod/assign/feedback/offline/importgradeslib.php`` of Moodle.
Gradescope Imports no points of an assignment that it did not grade: a table with the columns of its
           own "Download grades", for the next program.
           Source: https://guides.gradescope.com, "Exporting grades".
plain      A table with all that is known.
========== =============================================================================

The reason is all that the student's page says beside the points: why nothing could be graded, or
not all, how late it was, what a regrade changed, what was taken for what.

Each value but an empty one is quoted, and no cell is one that a spreadsheet would run: see
:func:`grader.cohort.table.cell`. An empty cell is left unquoted, since Canvas takes a quoted one
for a value.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.cohort.roster import CANVAS, GRADESCOPE, MOODLE, Person, Roster
from grader.cohort.table import GRADED, NOT_REACHED, NOTHING_CAME, cell, notes_of
from grader.engine.reports.wording import points

# What is no formula, though it begins like one: a number, and Moodle's sign for no date.
_HARMLESS = re.compile(r"-?\d+(?:[.,]\d+)?|-")
_NUMBER_BEHIND = re.compile(r" \(\d+\)$")
_WHO_IN_MOODLE = ("First name", "Surname", "Last name", "ID number", "Username", "Email address")
_WHO_IN_GRADESCOPE = ("First Name", "Last Name", "Name", "SID", "Email", "Sections")
_BEFORE, _REASON = "Points before lateness", "Reason"
_OURS = "Autograder: "  # begins our part of a comment in Moodle, which the next import replaces
LONGEST_COMMENT = 100_000  # characters: a teacher's goes back whole


class GradebookError(ValueError):
    """No import file can be made; the message says what to give instead."""


def gradebook(
    roster: Roster,
    records: Mapping[Person, Mapping[str, Any]],
    names: Sequence[str],
    max_points: float,
    missing: float | None = None,
) -> str:
    """Return the import file of the roster's platform: a row for everybody on it.

    Parameters
    ----------
    records : mapping
        What was graded of whom, with ``final`` where a late policy was applied: see
        :func:`grader.cohort.late.with_final_points`.
    names : sequence of str
        What the platform may call the assignment; the first one that it does, with or without
        Canvas's number behind it. If none, a column of the first name is made.
    max_points : float
        Of a new column.
    missing : float, optional
        The points of those who have handed in nothing; by default their cells stay empty, and the
        platform keeps what it has. What could not be read or graded is always left empty.

    Raises
    ------
    GradebookError
        If two columns have such a name, or Canvas's export lacks the column ``Section``.
    """
    rows = [_Row(person, records.get(person), missing) for person in roster.people]
    header = roster.header
    if roster.platform == CANVAS:
        return _table(*_canvas(header, rows, _column(header, names), max_points))
    if roster.platform == MOODLE and {"Identifier", "Grade"} <= set(header):
        return _table(header, [_in_worksheet(header, row) for row in rows])
    if roster.platform == MOODLE:
        who = [name for name in _WHO_IN_MOODLE if name in header]
        own = [_column(header, names), _BEFORE, "Feedback"]
        return _table([*who, *own], [[*row.cells(who), *row.of_points()[:3]] for row in rows])
    if roster.platform == GRADESCOPE:
        who = [name for name in _WHO_IN_GRADESCOPE if name in header]
        own = ["Total Score", _BEFORE, _REASON, "Days late", "Max Points", "Status"]
        known = [[*row.cells(who), *row.of_points(), *row.of(max_points)] for row in rows]
        return _table([*who, *own], known)
    own = ["id", "name", "email", names[0], _BEFORE, _REASON, "days late", "of", "status"]
    return _table(
        own, [[*row.person_cells(), *row.of_points(), *row.of(max_points)] for row in rows]
    )


class _Row:
    """A person's cells."""

    def __init__(
        self, person: Person, record: Mapping[str, Any] | None, missing: float | None
    ) -> None:
        self.person = person
        self.record = record
        self.missing = missing

    @property
    def grade(self) -> str:
        """The points that count, or what stands for none."""
        if self.record is None:
            return "" if self.missing is None else points(self.missing)
        if self.record["status"] != GRADED:
            return ""
        return points(self.final["points"] if self.final else self.record["score"])

    @property
    def final(self) -> Mapping[str, Any]:
        return (self.record or {}).get("final") or {}

    @property
    def reason(self) -> str:
        """What the student has to know beside the points, as sentences."""
        if self.record is None:
            return "" if self.missing is None else NOTHING_CAME
        problem = self.record["problem"]
        said = [problem if problem != NOT_REACHED else "", *notes_of(self.record)]
        return " ".join(filter(None, said))

    def cells(self, columns: Iterable[str]) -> list[str]:
        """Return what the roster says in these columns."""
        return [self.person.columns.get(column, "") for column in columns]

    def person_cells(self) -> list[str]:
        return [self.person.id, self.person.name, self.person.email]

    def of_points(self) -> list[str]:
        """Return final and original points, the reason, and the days late."""
        is_graded = self.record is not None and self.record["status"] == GRADED
        before = points(self.record["score"]) if self.record and is_graded else ""
        late = self.final.get("days_late")
        return [self.grade, before, self.reason, "" if late is None else str(late)]

    def of(self, max_points: float) -> list[str]:
        return [points(max_points), self.record["status"] if self.record else "missing"]


def _column(header: Sequence[str], names: Sequence[str]) -> str:
    """Return the column of the assignment as the platform names it, or the name of a new one."""
    for name in names:
        alike = [column for column in header if name in (column, _NUMBER_BEHIND.sub("", column))]
        if len(alike) > 1:
            listed = " and ".join(alike)
            raise GradebookError(f"The roster has {listed}. Say which one it is.")
        if alike:
            return alike[0]
    return names[0]


def _canvas(
    header: Sequence[str], rows: Iterable[_Row], column: str, max_points: float
) -> tuple[list[str], list[list[str]]]:
    if "Section" not in header:
        raise GradebookError(
            "The roster has no column Section, without which Canvas imports nothing. Export the "
            "whole gradebook: Grades, Export, Export Entire Gradebook."
        )
    who = list(header[: header.index("Section") + 1])
    possible = "" if column in header else points(max_points)
    first = ["    Points Possible", *[""] * (len(who) - 1), possible]
    return [*who, column], [first, *([*row.cells(who), row.grade] for row in rows)]


def _in_worksheet(header: Sequence[str], row: _Row) -> list[str]:
    """Return a row of Moodle's worksheet with the points, and a reason where there is one."""
    old = dict(zip(header, row.cells(header)))
    comment = old.get("Feedback comments", "").partition(_OURS)[0].strip()
    if row.reason:
        comment = f"{comment} {_OURS}{html.escape(row.reason, quote=False)}".strip()
    new = {**old, "Grade": row.grade or old["Grade"], "Feedback comments": comment}
    return [new[name] for name in header]


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [",".join(map(_quoted, line)) for line in (header, *rows)]
    return "\r\n".join(lines) + "\r\n"


def _quoted(text: str) -> str:
    if not text:
        return ""
    indent = text[: len(text) - len(text.lstrip(" "))]  # of Canvas's "    Points Possible"
    safe = text if _HARMLESS.fullmatch(text) else indent + cell(text, LONGEST_COMMENT)
    return '"' + safe.replace('"', '""') + '"'
