"""What each learning platform calls the files of a download of submissions.

Canvas ("Download Submissions")
    ``lovelaceada_12000_678000_model.py`` for each file: the name, last name first, in small
    letters and without anything but letters and digits; ``LATE`` if it is late; the id of the
    user; the id of the file, which grows; the file's name, to which ``-1`` is added if the student
    had already uploaded one of that name. Anonymous: ``anon_x8AbQ_678000_model.py``. Text written
    in the browser and links: ``lovelaceada_12000_text.html``, ``..._link.html``. A group's
    submission comes once, with the group's name and the id of one of its members.
    Source: ``lib/content_zipper.rb`` and ``Attachment.make_unique_filename`` of Canvas.
Moodle ("Download all submissions")
    A folder ``Ada Lovelace_12345_assignsubmission_file_`` for each student, or, without
    "Download submissions in folders", the files with that before their names; text written in the
    browser is in ``..._assignsubmission_onlinetext_``. The number is the participant's in this
    assignment. A group's name and ``-`` may stand before the student's.
    Source: ``assign::download_submissions`` in ``mod/assign/locallib.php`` of Moodle.
Gradescope ("Export Submissions")
    A folder ``submission_123456`` for each submission, which may be a group's, and
    ``submission_metadata.yml``, which lists ``:submitters:`` (``:name:``, ``:sid:``,
    ``:email:``) and ``:created_at:`` of each.
    Source: the export itself; https://guides.gradescope.com, "Exporting submissions".
Blackboard ("Assignment File Download")
    ``PS1_alovelace_attempt_2026-12-11-23-40-12_model.py``: the assignment, the user, when it was
    submitted, in the server's zone, and the file's name; for each attempt a
    ``PS1_alovelace_attempt_2026-12-11-23-40-12.txt``, with the name, and what the files were
    called (``Original filename``, ``Filename``).
    Source: https://help.blackboard.com, "Download assignments".
Google Classroom (the assignment's folder in Drive)
    ``Ada Lovelace - PS1.zip``: the student's name, and the title, as Classroom names the copies
    that it makes. Files of students keep their own names there, so ask for this one. Drive adds
    `` (1)`` to a name that comes again.
    Source: https://support.google.com/edu/classroom, "Where Classroom files are in Drive".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from grader.cohort.roster import BLACKBOARD, CANVAS, CLASSROOM, MOODLE, Person, parse_time
from grader.engine.cleaning import clean_line
from grader.engine.intake import is_code
from grader.engine.plain_files import NotPlainError, read_plain_file

METADATA = "submission_metadata.yml"
MAX_METADATA = 256 << 20
MAX_NOTE = 1 << 20  # bytes of a note of Blackboard's

_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?P<late>LATE_)?(?P<user>\d+|anon_[0-9A-Za-z]+)_"
    r"(?:(?P<file_id>\d+)_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
_BLACKBOARD = re.compile(
    r"(?P<attempt>.+_(?P<user>[^_]+)_attempt_(?P<day>\d{4}-\d\d-\d\d)-(?P<time>\d\d-\d\d-\d\d))"
    r"(?:_(?P<file>.+)|\.txt)",
    re.DOTALL,
)
_CLASSROOM = re.compile(r"(?P<name>.+?) - (?P<title>[^/]+)", re.DOTALL)
_VERSION = re.compile(r"-\d+(?=(\.[A-Za-z][A-Za-z0-9]*)*$)")
_AGAIN = re.compile(r" ?\(\d+\)(?=(\.[A-Za-z][A-Za-z0-9]*)*$)")


class ExportError(ValueError):
    """A download cannot be used as it is; the message says what to do."""


@dataclass(frozen=True)
class Entry:
    """What the name of a file or folder says in a download of submissions.

    Attributes
    ----------
    platform : str
    person : Person
    file : str or None
        The name that the student gave it, empty for a folder that the platform has made. None if
        it is no file of the student's: text written in the browser, a note of the platform's.
    order : int
        Of a person's files, the newer one has the larger number; 0 where that is not known.
    attempt : str
        Of a person's attempts, the newer one has the larger text; empty where there is only one.
    submitted_at : datetime, optional
        Without a zone.
    late : bool, optional
        None where the platform does not say.
    """

    platform: str
    person: Person
    file: str | None
    order: int = 0
    attempt: str = ""
    submitted_at: datetime | None = None
    late: bool | None = None


@dataclass(frozen=True)
class Submitted:
    """A submission as Gradescope lists it: whose it is, and when it came."""

    people: tuple[Person, ...]
    submitted_at: datetime | None


def read_names(folder: Path, names: Iterable[str]) -> dict[str, Entry]:
    """Return what the names in a folder say, those left out that no platform has written."""
    names = list(names)
    notes = _notes_of_blackboard(folder, names)
    titled = {name for name in names if not is_code(name)}
    titles = {_title(found) for name in titled if (found := _CLASSROOM.fullmatch(name))}
    entries: dict[str, Entry] = {}
    for name in names:
        entry = _canvas(name) or _moodle(name) or _blackboard(name, notes)
        if entry is None and len(titles) == 1 and name in titled:
            entry = _classroom(name)
        if entry is not None:
            entries[name] = entry
    return entries


def without_version(file: str) -> str:
    """Return a file's name without what Canvas adds to one that comes again: ``model-1.py``."""
    return _VERSION.sub("", file)


def read_metadata(path: Path) -> dict[str, Submitted]:
    """Return the submissions that Gradescope lists in ``submission_metadata.yml``, by folder.

    Raises
    ------
    ExportError
        If it cannot be read, or is not such a list.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all values are text: ids keep zeros
    try:
        text = read_plain_file(path, MAX_METADATA).decode("utf-8-sig")
        try:
            listed = yaml.load(_without_results(text), Loader=loader)
        except yaml.YAMLError:  # what is left refers to what is left out
            listed = yaml.load(text, Loader=loader)
    except (NotPlainError, yaml.YAMLError, UnicodeError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise ExportError(f"{METADATA} cannot be read: {reason}. Export it again.") from error
    if not isinstance(listed, Mapping):
        raise ExportError(f"{METADATA} does not list submissions. Export it again.")
    return {str(folder): _submitted(entry) for folder, entry in listed.items()}


def _without_results(text: str) -> str:
    """Return Gradescope's list without the results and the history, which are nearly all of it.

    A submission's folder begins its line, and what is known of it is indented by two; texts of
    students are indented by more.
    """
    kept, wanted = [], True
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("   "):
            wanted = (
                line[:1] != " "
                or line.startswith(("  :submitters:", "  :created_at:"))
                or (wanted and line.startswith("  -"))
            )
        if wanted:
            kept.append(line)
    return "".join(kept)


def _submitted(entry: Any) -> Submitted:
    entry = entry if isinstance(entry, Mapping) else {}
    people = entry.get(":submitters")
    return Submitted(
        tuple(
            _submitter(person)
            for person in (people if isinstance(people, list) else [])
            if isinstance(person, Mapping)
        ),
        parse_time(str(entry.get(":created_at") or "")),
    )


def _submitter(listed: Mapping[str, Any]) -> Person:
    id_, name, email = (_line(str(listed.get(key) or "")) for key in (":sid", ":name", ":email"))
    return Person(id_, name, email)


def _line(text: str) -> str:
    """Return text of a student's that can be shown, and written to a file."""
    return clean_line(text, 300)


def _canvas(name: str) -> Entry | None:
    found = _CANVAS.fullmatch(name)
    if found is None:
        return None
    person = Person(found["user"], _line(found["name"] or ""))
    order = int(found["file_id"] or 0)
    return Entry(CANVAS, person, found["file"], order, late=bool(found["late"]))


def _moodle(name: str) -> Entry | None:
    found = _MOODLE.fullmatch(name)
    if found is None:
        return None
    file = found["file"] or "" if found["kind"] == "file" else None
    return Entry(MOODLE, Person(found["user"], _line(found["name"])), file)


def _blackboard(name: str, notes: Mapping[str, "_Note"]) -> Entry | None:
    found = _BLACKBOARD.fullmatch(name)
    if found is None:
        return None
    note = notes.get(found["attempt"], _Note(Person(_line(found["user"]))))
    time = f"{found['day']} {found['time'].replace('-', ':')}"
    file = note.files.get(name, found["file"])
    return Entry(BLACKBOARD, note.person, file, 0, time, parse_time(time))


def _classroom(name: str) -> Entry | None:
    found = _CLASSROOM.fullmatch(name)
    return Entry(CLASSROOM, Person("", _line(found["name"])), found["title"]) if found else None


def _title(found: "re.Match[str]") -> str:
    """Return the assignment's title in a name of Classroom's, without ``.zip`` and `` (1)``."""
    return PurePosixPath(_AGAIN.sub("", found["title"])).stem


@dataclass(frozen=True)
class _Note:
    """Blackboard's text file about an attempt: whose it is, and what the files were called."""

    person: Person
    files: Mapping[str, str] = field(default_factory=dict)


def _notes_of_blackboard(folder: Path, names: Iterable[str]) -> dict[str, _Note]:
    """Return the notes by the names that their attempts' files begin with."""
    notes = {}
    for name in names:
        found = _BLACKBOARD.fullmatch(name)
        if found is None or found["file"] is not None:
            continue
        try:
            text = read_plain_file(folder / name, MAX_NOTE).decode("utf-8-sig", errors="replace")
        except NotPlainError:
            continue
        lines = [line.strip() for line in text.splitlines()]
        who = re.fullmatch(r"Name: (.+) \(([^()]+)\)", lines[0] if lines else "")
        name, user = who.groups() if who else ("", found["user"])
        person = Person(_line(user), _line(name))
        # The last such heading is Blackboard's own: a comment may hold one, too, and stands before.
        last = max((n for n, line in enumerate(lines) if line == "Files:"), default=len(lines))
        values = [line.partition(": ")[2] for line in lines[last:] if "ilename: " in line]
        notes[found["attempt"]] = _Note(person, dict(zip(values[1::2], values[::2])))
    return notes
