"""Loose files in a plain folder: whose each is, by the name in front of the file's or behind it.

Only what is surely one student's is put together. A word that says which version of a file it is
(``model_final.py``, ``model_2026-12-11.py``) is nobody's name, and files that such a word alone
tells apart (``ada_model.py``, ``ada_new_loss.py``) are refused: it may be part of a name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.cohort.names import folded, listed
from grader.cohort.roster import SHORTEST_ID, Roster, words_of
from grader.engine.intake import is_code, is_like
from grader.engine.tree import shown

# What people, computers and tools add to a file's name, also with a number behind it.
_OF_VERSIONS = {
    "actual", "answer", "answers", "assignment", "attempt", "backup", "bak", "best", "better",
    "bugfix", "changed", "clean", "cleaned", "code", "complete", "completed", "copied",
    "copy", "correct", "corrected", "correction", "debug", "definitive", "done", "download",
    "draft", "duplicate", "edit", "edited", "export", "final", "finally", "finish",
    "finished", "first", "fix", "fixed", "fixes", "good", "handin", "homework", "hotfix",
    "hw", "improved", "lab", "last", "late", "latest", "mine", "mod", "modified", "my", "new",
    "newer", "newest", "ok", "old", "older", "oldest", "orig", "original", "part", "problem",
    "project", "ps", "pset", "python", "ready", "real", "really", "resubmission", "resubmit",
    "resubmitted", "rev", "revised", "revision", "right", "sample", "second", "set",
    "solution", "solutions", "solved", "student", "students", "submission", "submit",
    "submitted", "task", "temp", "template", "test", "tested", "testing", "tests", "third",
    "this", "tmp", "trial", "try", "turnin", "unzipped", "upd", "update", "updated", "upload",
    "uploaded", "v", "ver", "version", "wip", "work", "working", "works",
    "kopie", "neu", "neue", "neueste", "alt", "letzte", "endgueltig", "fertig", "abgabe",
    "loesung", "copie", "nouveau", "nouvelle", "ancien", "dernier", "derniere", "finale",
    "copia", "nuevo", "nueva", "viejo", "ultimo", "ultima", "definitivo", "definitiva",
    "nuovo", "nuova", "vecchio", "kopia", "kopi", "kopija", "nowy", "nieuw", "definitief",
    "oud",
}  # fmt: skip
_JOINING = {"of", "for", "the", "by", "von", "de", "du", "di"}
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATED = re.compile(rf"\d+(st|nd|rd|th)|\d{{1,2}}({_MONTHS})[a-z]*\d*|\d{{1,2}}(h\d*|am|pm)")

#: Words of what somebody is called, sorted.
Names = Collection[tuple[str, ...]]
_YEARS = range(2020, 2050)
_DATES = {  # by how many digits there are: where the year is, and the month and the day
    8: ((slice(4), slice(4, 6), slice(6, 8)), (slice(4, 8), slice(2), slice(2, 4))),
    6: ((slice(2), slice(2, 4), slice(4, 6)), (slice(4, 6), slice(2), slice(2, 4))),
}
_WORD = re.compile(r"[^\s_.()-]+")
_SUFFIX = re.compile(r"(\.py)+(\.txt)?$", re.IGNORECASE)
_COPY_OF_BROWSER = re.compile(r"[\s_.-]*\(\d+\)$")
_AROUND = " _.-"


@dataclass
class LooseFiles:
    """A student's loose files.

    Attributes
    ----------
    student : str
        As the files' names have it.
    files : list of pairs
        What each is called without the student's name, and where it is.
    refusal : str
        Why they are not graded, as a sentence; empty if they are.
    """

    student: str
    bare: str
    files: list[tuple[str, Path]] = field(default_factory=list)
    refusal: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Named:
    """What a file's name says: whose it is, the same without words of versions, what it is."""

    student: str
    bare: str
    file: str
    note: str = ""


def names_on(roster: Roster | None) -> frozenset[tuple[str, ...]]:
    """Return the words of each id, address and name on a roster: these are somebody's."""
    people = roster.people if roster else ()
    return frozenset(
        words
        for one in people
        for text in (one.id, *one.aliases, one.name, one.email, one.email.partition("@")[0])
        if (words := words_of(text))
    )


def is_nobodys(name: str, wanted: Collection[str], known: Names = ()) -> bool:
    """Return whether a name is that of a wanted file, of whatever version, and of no student."""
    named = _named(name, wanted, known)
    return named is not None and not named.student


def is_somebodys(name: str, wanted: Collection[str], known: Names = ()) -> bool:
    """Return whether a name is that of a wanted file with a student's in front or behind."""
    named = _named(name, wanted, known)
    return named is not None and bool(named.student)


def why_nobodys(name: str, wanted: Collection[str]) -> str:
    """Return why a file is refused whose name is no student's, as a sentence."""
    file = next(file for file in wanted if _places(_words(name), [file]))
    version = (
        f" (what is beside {file} may say which version it is, or of what day; if it is an id, "
        "give a roster that has it)"
    )
    return (
        f"{shown(name)} has no student's name{'' if is_like(name, file) else version}. Put each "
        "student's files into a folder named after the student, or write the name in front: "
        f"ada_{file}."
    )


def by_student(
    paths: Iterable[Path],
    wanted: Collection[str],
    others: Collection[str] = (),
    known: Names = (),
) -> list[LooseFiles]:
    """Return each student's loose files.

    A file that the assignment does not ask for belongs to the student whose name it begins with.

    Parameters
    ----------
    others : collection of str
        Names of students of whom there is something else: what begins with one is not taken for
        a student's with a shorter name.
    known : collection of tuples
        See ``names_on``: such a name is somebody's, whatever words it has.
    """
    paths = list(paths)
    named = {path: said for path in paths if (said := _named(path.name, wanted, known))}
    found: dict[str, LooseFiles] = {}
    for path, said in named.items():
        if said.student:
            one = found.setdefault(folded(said.student), LooseFiles(said.student, said.bare))
            one.files.append((said.file, path))
            one.notes += [said.note] if said.note else []
    owners = {*found, *map(folded, others)}
    for path in paths:
        if path in named or not is_code(path.name):
            continue
        begins = [path.name[: word.end()] for word in _WORD.finditer(path.name)][::-1]
        owner = next((b for b in begins if folded(b) in owners), None)
        if owner is not None and folded(owner) in found:
            found[folded(owner)].files.append((path.name[len(owner) :].lstrip(_AROUND), path))
    _refuse_what_is_unclear([*found.values()])
    return [*found.values()]


def _refuse_what_is_unclear(found: Sequence[LooseFiles]) -> None:
    of_bare: dict[str, list[LooseFiles]] = {}
    for one in found:
        of_bare.setdefault(folded(" ".join(_WORD.findall(one.bare))), []).append(one)
        if len(dict(one.files)) < len(one.files):
            files = listed(path.name for _, path in one.files)
            one.refusal = f"{files} hold one file of {shown(one.student)} twice. Keep one of them."
    for same in of_bare.values():
        if len(same) > 1:
            names = " and ".join(shown(one.student, 60) for one in same)
            files = listed(path.name for one in same for _, path in one.files)
            for one in same:
                one.refusal = (
                    f"{files} may be of one student or of several ({names}). Write a student's "
                    "name the same way in all their files, or give a roster that has it as an id."
                )


def _named(name: str, wanted: Collection[str], known: Names) -> _Named | None:
    """Return whose a wanted file is; None if it is none, or if it is not clear which one."""
    if not is_code(name):
        return None
    words = _words(name)
    places = _places(words, wanted)
    if not places or (len(places) > 1 and not all(_is_of_version(w, wanted) for w in words)):
        return None
    file, first, last = places[0]
    spans = [word.span() for word in _WORD.finditer(_SUFFIX.sub("", name))]
    start, end = spans[first][0], spans[last - 1][1]
    in_front = name[:start].strip(_AROUND)
    behind = _COPY_OF_BROWSER.sub("", _SUFFIX.sub("", name)[end:]).strip(_AROUND)
    names = [
        (student, bare)
        for text in (in_front, behind)
        if (bare := _bare(text, wanted, known))
        for student in [bare if words_of(bare) in known else text]
    ]
    if len(names) > 1:
        return None
    if not names:
        return _Named("", "", file)
    student, bare = names[0]
    own = name[start:] if student == in_front and is_like(name[start:], file) else file
    dropped = (in_front and behind and own == file) or student not in (in_front, behind)
    note = f"{shown(name)} was taken for {file}." if dropped else ""
    return _Named(student, bare, own, note)


def _bare(text: str, wanted: Collection[str], known: Names) -> str:
    """Return a name without the words of versions around it; empty if it is no name."""
    if not text or words_of(text) in known:
        return text
    words = [*_WORD.finditer(text)]
    if len(words) > 1 and all(word.group().isdecimal() for word in words):
        return ""  # a date
    count = len(words)
    while words and _is_of_version(words[0].group(), wanted, joined=len(words) < count):
        del words[0]
    while words and _is_of_version(words[-1].group(), wanted):
        del words[-1]
    return text[words[0].start() : words[-1].end()] if words else ""


def _words(name: str) -> list[str]:
    return _WORD.findall(_SUFFIX.sub("", name))


def _places(words: Sequence[str], wanted: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return where wanted files' names stand among words."""
    plain = [folded(word) for word in words]
    found = []
    for file in wanted:
        stem = [folded(word) for word in _WORD.findall(PurePosixPath(file).stem)]
        count = len(stem)
        found += [
            (file, n, n + count) for n in range(len(plain) + 1) if plain[n : n + count] == stem
        ]
    return found


def _is_of_version(word: str, wanted: Iterable[str], joined: bool = False) -> bool:
    """Return whether a word is no name: of a version, a date, a small number, a wanted file.

    If another such word is before it (``joined``), it may be one as in "Copy of".
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded(word)) if c.isalnum())
    if plain.isdecimal():
        return len(plain) < SHORTEST_ID or _is_date(plain)
    if joined and plain in _JOINING:
        return True
    is_file = any(plain == folded(PurePosixPath(file).stem) for file in wanted)
    return is_file or plain.rstrip("0123456789") in _OF_VERSIONS or bool(_DATED.fullmatch(plain))


def _is_date(digits: str) -> bool:
    """Return whether digits are a year, or a day as people write it."""
    if len(digits) == 4:
        return int(digits) in _YEARS
    for order in _DATES.get(len(digits), ()):
        year, *day = (int(digits[part]) for part in order)
        of_day = 1 <= min(day) <= 12 and max(day) <= 31
        if of_day and (year if year > 99 else 2000 + year) in _YEARS:
            return True
    return False
