"""Who is in the course: a platform's own export of its gradebook, or a plain table.

A roster is read by the names of its columns, in any order and with any others between them:

========== =============================================================================
Canvas     ``Student`` (last name first), or ``LastName`` and ``FirstName``; ``ID``, which a
           download of submissions repeats; ``SIS User ID``, ``SIS Login ID``, ``Integration
           ID``, where the course shows them; ``Section``; then a column for each assignment,
           named ``TITLE (ID)``. A row ``Points Possible`` stands above the students, perhaps
           a row that says which assignments are hidden above it, and Canvas's own test
           student below.
           Source: ``lib/gradebook_exporter.rb`` of Canvas.
Moodle     The worksheet of an assignment ("Download grading worksheet"): ``Identifier``, which
           is ``Participant`` and the number that a download of submissions repeats; ``Full
           name``, ``Email address``, ``Status``, ``Grade``, ``Maximum grade``, ``Last modified
           (submission)``, ``Last modified (grade)``, ``Feedback comments``.
           Source: ``mod/assign/gradingtable.php`` and ``mod/assign/feedback/offline`` of Moodle.
           Or the gradebook ("Grades", "Export", "Plain text file"): ``First name``, ``Last
           name`` (``Surname`` before Moodle 4), ``ID number``, ``Email address``.
           Source: https://docs.moodle.org/en/Grade_export
Gradescope "Download grades" of an assignment: ``First Name`` and ``Last Name``, or ``Name``;
           ``SID``, ``Email``, ``Sections``, ``Total Score``, ``Max Points``, ``Status``,
           ``Submission ID``, ``Submission Time``, ``Lateness (H:M:S)``; or the course's roster,
           with ``Role``.
           Source: https://guides.gradescope.com, "Exporting grades".
plain      Any table with one of ``id``, ``name`` or ``email``, or what else schools call them. So
           are Blackboard's ("Work offline", "Download": ``Last Name``, ``First Name``,
           ``Username``, ``Student ID``; in UTF-16, with tabs) and Google Classroom's
           ("Download all grades as CSV": ``Last Name``, ``First Name``, ``Email Address``).
========== =============================================================================
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from grader.engine.tree import shown

CANVAS, MOODLE, GRADESCOPE, PLAIN = "canvas", "moodle", "gradescope", "plain"
BLACKBOARD, CLASSROOM = "blackboard", "classroom"

MAX_BYTES = 64 << 20
SHORTEST_ID = 4  # characters of an id that is looked for within a file's name
_TEST_STUDENT = "Student, Test"

# What schools call a column, without spaces and punctuation.
_ID = (
    "id", "studentid", "sid", "studentnumber", "idnumber", "userid", "identifier", "username",
    "user", "login", "loginid", "netid", "uid", "sisuserid", "sisloginid", "integrationid",
    "matriculationnumber", "matrikelnummer",
)  # fmt: skip
_NAME = ("name", "student", "fullname", "studentname", "names")
_FIRST = ("firstname", "givenname", "forename", "vorname", "first")
_LAST = ("lastname", "surname", "familyname", "nachname", "last")
_EMAIL = ("email", "emailaddress", "mail", "studentemail")

# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)


class RosterError(ValueError):
    """A roster cannot be used; the message says why, and what to give instead."""


@dataclass(frozen=True)
class Person:
    """Somebody who may hand in.

    Attributes
    ----------
    id : str
        The platform's own, which its other files repeat. On a roster that has none it is the
        e-mail address or the name, so that everybody has one.
    name : str
        As the platform writes it: ``"Lovelace, Ada"``, ``"Ada Lovelace"`` or ``"lovelaceada"``.
    email : str
    columns : mapping
        The cells of the person's row in the roster, by column.
    aliases : tuple of str
        Other ids of the same person: a login, a number of the school's.
    """

    id: str = ""
    name: str = ""
    email: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    aliases: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the person is called in a list, told from others of the same name by the id."""
        if self.name and self.id not in ("", self.name, self.email):
            return f"{self.name} ({self.id})"
        return self.name or self.id or self.email

    def identified(self) -> "Person":
        """Return the same person with an id."""
        return self if self.id else replace(self, id=self.email or self.name)


@dataclass(frozen=True)
class Roster:
    """The people of a course, in the order of the file that lists them.

    Attributes
    ----------
    platform : str
        ``"canvas"``, ``"moodle"``, ``"gradescope"`` or ``"plain"``.
    people : tuple of Person
    header : tuple of str
        The names of the file's columns, in its order.
    """

    platform: str
    people: tuple[Person, ...]
    header: tuple[str, ...] = ()


def read_roster(path: Path) -> Roster:
    """Read a roster: see the module's docstring for what is read.

    Raises
    ------
    RosterError
        If it is no such table, lists nobody, or lists an id twice.
    """
    header, rows = _table(path)
    platform = _platform(header)
    columns = {_plain(name): name for name in reversed(header)}
    ids = [columns[name] for name in _ids(platform) if name in columns]
    if not ids and not any(name in columns for name in (*_NAME, *_LAST, *_EMAIL)):
        listed = ", ".join(shown(name, 40) for name in header[:8])
        raise RosterError(
            f"{shown(path.name)} has no column that says who somebody is. Its columns are "
            f"{listed}. Give the gradebook as Canvas, Moodle or Gradescope exports it, or a CSV "
            "with the columns id, name and email."
        )
    people: dict[Person, None] = {}
    for cells in rows:
        row = dict(zip(reversed(header), reversed(cells)))
        person = _person(row, ids, columns)
        if _is_somebody(person, row, platform):
            people.setdefault(person)
    _require_one_row_each(people, path)
    return Roster(platform, tuple(people), header)


def submission_time(person: Person) -> datetime | None:
    """Return when a roster says that somebody submitted; without a zone where it says none.

    Moodle's worksheet and Gradescope's grades have that column, the former in the language of
    the person who exported it: only English is read.
    """
    for column in ("Submission Time", "Last modified (submission)"):
        if found := parse_time(person.columns.get(column, "")):
            return found
    return None


_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_OF_MOODLE = ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %I:%M %p")


def parse_time(text: str) -> datetime | None:
    """Return the date and time that an export writes, or None if it is none.

    It has a zone if the text has: ``2026-12-11 23:59:00.5 -0800``, ``2026-12-12T07:59:00Z``,
    ``Friday, 11 December 2026, 11:59 PM``.
    """
    text = " ".join(text.split())
    try:
        if found := _ISO.match(text):
            day, time, zone = found.groups()
            zone = (zone or "").upper().replace("UTC", "Z").replace("Z", "+00:00")
            if zone and ":" not in zone:
                zone = f"{zone[:3]}:{zone[3:]}"
            return datetime.fromisoformat(f"{day}T{time}{zone}")
    except ValueError:  # the 31st of February
        return None
    for pattern in _OF_MOODLE:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    return None


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name without accents and case, in an order that is always the same."""
    return tuple(sorted(_words(name)))


def squashed(name: str) -> frozenset[str]:
    """Return a name's words run together, as Canvas writes them, from whichever word on."""
    words = _words(name)
    return frozenset("".join(words[n:] + words[:n]) for n in range(len(words)))


def _words(name: str) -> list[str]:
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN_LETTERS))
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", letters.replace("'", "").replace("\u2019", ""))


def _plain(column: str) -> str:
    return re.sub(r"[\W_]+", "", column.casefold())


def _platform(header: Iterable[str]) -> str:
    """Return whose export has these columns."""
    found = {_plain(name) for name in header}
    named = "student" in found or {"lastname", "firstname"} <= found
    if "id" in found and named and found & {"section", "sisuserid", "sisloginid"}:
        return CANVAS
    if "sid" in found and "email" in found:
        return GRADESCOPE
    of_moodle = "emailaddress" in found and found & {"idnumber", "institution", "department"}
    if {"identifier", "grade"} <= found or of_moodle:
        return MOODLE
    return PLAIN


def _ids(platform: str) -> tuple[str, ...]:
    """Return the columns of ids, the one first that the platform's other files repeat."""
    first = {CANVAS: "id", MOODLE: "identifier", GRADESCOPE: "sid"}.get(platform, "id")
    return (first, *(name for name in _ID if name != first))


def _person(row: Mapping[str, str], ids: list[str], columns: Mapping[str, str]) -> Person:
    def cell(names: Iterable[str]) -> str:
        return next((row[columns[n]] for n in names if n in columns and row[columns[n]]), "")

    first, last = cell(_FIRST), cell(_LAST)
    name = cell(_NAME) or " ".join(part for part in (first, last) if part)
    found = [_id(row[column], column) for column in ids]
    email = cell(_EMAIL) or next((id_ for id_ in found if "@" in id_), "")
    known = list(dict.fromkeys(id_ for id_ in found if id_))
    return Person(known[0] if known else "", name, email, row, tuple(known[1:])).identified()


def _id(cell: str, column: str) -> str:
    """Return an id; Moodle's is the number in ``Participant 12345``, in any language."""
    if _plain(column) == "identifier" and (number := re.search(r"\d+$", cell)):
        return number.group()
    return cell


def _is_somebody(person: Person, row: Mapping[str, str], platform: str) -> bool:
    """Return whether a row is a student's: not empty, not Canvas's own, not a teacher's."""
    if platform == CANVAS:
        return bool(row.get("ID")) and person.name != _TEST_STUDENT
    role = row.get("Role", "").casefold() if platform == GRADESCOPE else ""
    return bool(person.label) and role in ("", "student")


def _require_one_row_each(people: Iterable[Person], path: Path) -> None:
    seen: dict[str, Person] = {}
    for person in people:
        other = seen.setdefault(person.id.casefold(), person)
        if other is not person:
            raise RosterError(
                f"{shown(path.name)} has two rows of {shown(person.id, 40)}: "
                f"{shown(other.label, 60)} and {shown(person.label, 60)}. Keep one."
            )


def _table(path: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return a CSV's header and its rows, each as long as the header, without blank ones."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    try:
        cells = [
            tuple(" ".join(cell.split()) for cell in row)
            for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise RosterError(f"{shown(path.name)} is not a CSV: {error}.") from error
    rows = [row for row in cells if any(row)]
    if len(rows) < 2:
        raise RosterError(f"{shown(path.name)} lists nobody.")
    header = rows[0]
    width = len(header)
    return header, [(*row, *[""] * width)[:width] for row in rows[1:]]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RosterError(f"{shown(str(path), 200)} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise RosterError(f"{shown(path.name)} is larger than {MAX_BYTES >> 20} MiB.")
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise RosterError(f"{shown(path.name)} is a spreadsheet's file. Export it as CSV.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what Excel on Windows saves as CSV
