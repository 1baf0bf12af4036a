"""A folder of uploads, as a learning platform exports it or as a plain folder."""

import hashlib
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.cohort.exports import (
    METADATA,
    Entry,
    ExportError,
    read_metadata,
    read_names,
    without_version,
)
from grader.cohort.roster import CANVAS, GRADESCOPE, PLAIN, Person
from grader.engine.cleaning import clean_line
from grader.engine.intake import HandedIn, is_code, is_like, without_suffix
from grader.engine.members import BoundedReads
from grader.engine.plain_files import is_link
from grader.engine.tree import shown

# What computers and tools put into any folder; a student's upload is never called so.
_NOT_UPLOADED = {
    "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".gitignore", ".gitkeep",
    ".ipynb_checkpoints",
}  # fmt: skip
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])([. ]|$)", re.IGNORECASE)  # on Windows
MAX_LIST = 64 << 20  # bytes of the list of names in a download
LONGEST_NAME = 120  # bytes; a file's name may have 255, with what is put before and behind it
SEND_A_ZIP = "Send a zip of the folder submission."


@dataclass(frozen=True)
class Upload:
    """What one student, or one group, has handed in.

    Attributes
    ----------
    name : str
        The student's, or made from what the upload is called. It can be shown and be a file's name
        everywhere, and no other upload has it.
    path : Path
        The folder or the file; of several files, the first.
    refusal : str
        Why it is not even looked into, as a sentence; empty if it is graded.
    files : tuple of pairs
        Where several files were handed in loose: the names that the student gave them, and where
        they are. Empty if ``path`` is all.
    people : tuple of Person
        Whose it is, as the export says; several people of a group.
    submitted_at : datetime, optional
        Where the export says it: with its zone if the export gives one (Gradescope), without if
        it is the platform's own (Blackboard).
    late : bool, optional
        Whether the platform has marked it; None where the export does not say (all but Canvas).
    attempt : int
        How many attempts of the student the folder shows, of which this is the newest.
    platform : str
        ``"canvas"``, ``"moodle"``, ``"gradescope"``, ``"blackboard"``, ``"classroom"`` or
        ``"plain"``.
    notes : tuple of str
        What was left out of account, as sentences.
    """

    name: str
    path: Path
    refusal: str = ""
    files: tuple[tuple[str, Path], ...] = ()
    people: tuple[Person, ...] = ()
    submitted_at: datetime | None = None
    late: bool | None = None
    attempt: int = 1
    platform: str = PLAIN
    notes: tuple[str, ...] = ()

    @property
    def handed_in(self) -> HandedIn:
        """What the grader is given."""
        return dict(self.files) or self.path


def find_uploads(folder: Path, wanted: Collection[str] = ()) -> tuple[Upload, ...]:
    """Return the uploads in a folder; none of them is looked into.

    The folder is a download of Canvas, Moodle, Gradescope, Blackboard or Google Classroom,
    unpacked (see :mod:`grader.cohort.exports`), or a plain one, with an entry for each student,
    named after them, or with their files loose, each with the student's name in front or behind.
    Of several attempts, the newest counts. Two entries of one name, links and what is no file are
    refused each for itself.

    Parameters
    ----------
    wanted : collection of str
        The names of the files that the assignment asks for, which loose files are told by.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    ExportError
        If Gradescope's list of submissions cannot be read, if the download is still packed, or if
        the folder is a single submission.
    """
    folder, names = _export(folder)
    if METADATA in names:
        return _named(_of_gradescope(folder, names, wanted))
    entries = read_names(folder, names)
    of_person: dict[tuple[str, str], dict[str, Entry]] = {}
    for name, entry in entries.items():
        key = (entry.platform, entry.person.id or folded(entry.person.name))
        of_person.setdefault(key, {})[name] = entry
    found = [_of_person(folder, files) for files in of_person.values()]
    others = [folder / name for name in names if name not in entries]
    if not found:
        _refuse_a_single_submission(folder, others, wanted)
    return _named([*found, *_plain(others, wanted)])


def _export(folder: Path) -> tuple[Path, list[str]]:
    """Return the folder that holds the uploads, and the names in it, sorted.

    Gradescope's zip, and some computers on unpacking any, put a folder around them.
    """
    names = _names(folder)
    if len(names) == 1 and _is_packed_export(folder / names[0]):
        raise ExportError(
            f"{shown(names[0])} is a download of many submissions. Unpack it into a folder of its "
            "own, and give that."
        )
    if len(names) == 1 and stat.S_ISDIR((folder / names[0]).lstat().st_mode):
        inner = _names(folder / names[0])
        if METADATA in inner or read_names(folder / names[0], inner):
            return folder / names[0], inner
    return folder, names


def _is_packed_export(path: Path) -> bool:
    """Return whether a file is what a platform packs all submissions into."""
    if path.suffix.lower() != ".zip" or _refusal(path) or path.is_dir():
        return False
    try:
        with path.open("rb") as file:
            names = zipfile.ZipFile(BoundedReads(file, MAX_LIST)).namelist()
    except Exception:  # whatever is wrong with it is told when it is read
        return False
    parts = [name.replace("\\", "/").split("/") for name in names]
    tops = {part for name in parts for part in name[:2] if part}
    return METADATA in tops or bool(read_names(path, tops))


def _names(folder: Path) -> list[str]:
    present = set(os.listdir(folder))  # noqa: PTH208 (names that are no text are kept as they are)
    return sorted(name for name in present if not _is_left_behind(name, present))


def _of_gradescope(folder: Path, names: Sequence[str], wanted: Collection[str]) -> list[Upload]:
    submitted = read_metadata(folder / METADATA)
    uploads = []
    for name, submission in submitted.items():
        path = folder / name
        uploads.append(
            Upload(
                ", ".join(person.label for person in submission.people) or name,
                path,
                _refusal(path) if name in names else f"The folder {shown(name)} is missing.",
                people=submission.people,
                submitted_at=submission.submitted_at,
                platform=GRADESCOPE,
            )
        )
    others = [folder / name for name in names if name != METADATA and name not in submitted]
    return [*uploads, *_plain(others, wanted)]


def _of_person(folder: Path, entries: Mapping[str, Entry]) -> Upload:
    """Return the upload of all that a download has of one person."""
    files = {name: entry for name, entry in entries.items() if entry.file is not None}
    attempts = sorted({entry.attempt for entry in files.values()})
    kept = {name: entry for name, entry in files.items() if entry.attempt == attempts[-1]}
    attempt = len(attempts)
    if any(entry.platform == CANVAS for entry in kept.values()):
        attempt, kept = _newest_of_canvas(kept)
    paths = [(entry.file or name, folder / name) for name, entry in kept.items()]
    refusal = " ".join(reason for _, path in paths if (reason := _refusal(path)))
    if not files:
        paths = [(name, folder / name) for name in sorted(entries)]
        refusal = f"No file was handed in, only text in the browser. {SEND_A_ZIP}"
    folders = [path for _, path in paths if path.is_dir() and not refusal]
    newest = max((kept or entries).values(), key=lambda entry: entry.order)
    older = sorted(set(files) - set(kept))
    return Upload(
        newest.person.label,
        folders[0] if folders else paths[0][1],
        refusal,
        files=() if folders or refusal else tuple(paths),
        people=(newest.person,),
        submitted_at=newest.submitted_at,
        late=newest.late,
        attempt=max(attempt, 1),
        platform=newest.platform,
        notes=(f"Older, and not read: {_listed(older)}.",) if older else (),
    )


def _newest_of_canvas(files: Mapping[str, Entry]) -> tuple[int, dict[str, Entry]]:
    """Return how many attempts there are, and the newest of each file's versions.

    Where both a zip and loose code are left, they are of two attempts.
    """
    of_file: dict[str, list[str]] = {}
    for name in sorted(files, key=lambda name: files[name].order):
        of_file.setdefault(folded(without_version(files[name].file or "")), []).append(name)
    newest = [names[-1] for names in of_file.values()]
    code = [name for name in newest if is_code(files[name].file or "")]
    archives = [name for name in newest if without_suffix(name) != name]
    attempts = max(len(names) for names in of_file.values())
    if code and archives:
        last = max([*code, *archives], key=lambda name: files[name].order)
        older = archives if last in code else code
        newest = [name for name in newest if name not in older]
        attempts += 1
    kept = {name: files[name] for name in newest}
    renamed = {
        name: replace(entry, file=without_version(entry.file or "")) for name, entry in kept.items()
    }
    return attempts, renamed


def _refuse_a_single_submission(
    folder: Path, paths: Iterable[Path], wanted: Collection[str]
) -> None:
    """Raise an error if a folder holds nothing but one student's work."""
    nobodys = [path for path in paths if _is_wanted(path.name, wanted)]
    if nobodys and not any(_is_upload(path, wanted) for path in paths if path not in nobodys):
        listed = _listed(path.name for path in nobodys)
        raise ExportError(
            f"{folder} is one submission ({listed}), not a folder of them: python -m grader "
            f"{folder} grades it. For a course, put each student's files into a folder that is "
            "named after the student, and give the folder around these."
        )


def _is_upload(path: Path, wanted: Collection[str]) -> bool:
    """Return whether an entry may be a student's: a folder, an archive, a file with their name."""
    is_archive = without_suffix(path.name) != path.name
    return path.is_dir() or is_archive or _split(path.name, wanted) is not None


def _plain(paths: Iterable[Path], wanted: Collection[str]) -> list[Upload]:
    """Return an upload for each entry, and one for all loose files of a student.

    Two of one name are refused, and nobody else is.
    """
    refusals = {path: _refusal(path) for path in paths}
    loose = _loose_files([path for path, reason in refusals.items() if not reason], wanted)
    together = {path for files in loose.values() for _, path in files}
    found = [_of_files(student, files) for student, files in loose.items()]
    for path, reason in refusals.items():
        if path not in together:
            student = _student(path, reason)
            owner = Person(name=clean_line(student, 300))
            reason = reason or _nobodys(path, wanted)
            found.append(Upload(student, path, reason, people=(owner,)))
    of_name: dict[str, list[Upload]] = {}
    for upload in found:
        of_name.setdefault(folded(upload.name), []).append(upload)
    return [upload for same in of_name.values() for upload in _told_apart(same)]


def _of_files(student: str, files: Sequence[tuple[str, Path]]) -> Upload:
    """Return the upload of a student's loose files."""
    listed = _listed(path.name for _, path in files)
    owner = Person(name=clean_line(student, 300))
    if len(dict(files)) < len(files):
        refusal = f"{listed} hold one file of {shown(student)} twice. Keep one of the two."
        return Upload(student, files[0][1], refusal, people=(owner,))
    notes = (f"Taken together: {listed}.",) if files[1:] else ()
    return Upload(student, files[0][1], files=tuple(files), people=(owner,), notes=notes)


def _nobodys(path: Path, wanted: Collection[str]) -> str:
    """Return why a file is not taken for a student's who is called like it, or nothing."""
    if path.is_dir() or not _is_wanted(path.name, wanted):
        return ""
    return (
        f"{shown(path.name)} has no student's name. Put each student's files into a folder named "
        f"after the student, or write the name in front: ada_{shown(path.name)}."
    )


def _told_apart(same: Sequence[Upload]) -> list[Upload]:
    """Return uploads of one name, refused if there are several."""
    if len(same) == 1:
        return list(same)
    refusal = f"{_listed(upload.path.name for upload in same)} have one name. Keep one of them."
    return [
        replace(upload, name=upload.path.name, refusal=upload.refusal or refusal, files=())
        for upload in same
    ]


def _loose_files(
    paths: Iterable[Path], wanted: Collection[str]
) -> dict[str, list[tuple[str, Path]]]:
    """Return loose files by whose they are, each as what it is called without the name.

    A file that the assignment does not ask for belongs to a student whose name it begins with.
    """
    files = [path for path in paths if not path.is_dir()]
    split = {path: parts for path in files if (parts := _split(path.name, wanted))}
    first: dict[str, str] = {}  # how a name is first written
    found: dict[str, list[tuple[str, Path]]] = {}
    for path, (student, name) in split.items():
        student = first.setdefault(folded(student), student)
        found.setdefault(student, []).append((name, path))
    for path in files:
        if path in split or not is_code(path.name):
            continue
        for begin in _begins(path.name):
            if (owner := first.get(folded(begin))) is not None:
                found[owner].append((path.name[len(begin) + 1 :].lstrip(" _.-"), path))
                break
    return found


_BETWEEN = re.compile(r"[\s_.-]+")


def _split(name: str, wanted: Collection[str]) -> tuple[str, str] | None:
    """Return whose a loose file is and what they call it, or None if it does not say.

    ``ada_code.py``, ``Ada Lovelace - code (1).py`` and ``code-ada.py`` for the wanted ``code.py``.
    """
    if not is_code(name) or _is_wanted(name, wanted):
        return None
    for between in _BETWEEN.finditer(name):
        student, file = name[: between.start()], name[between.end() :]
        if student and _is_wanted(file, wanted):
            return student, file
    for file in wanted:
        stem, _, suffix = file.rpartition(".")
        begin = re.match(rf"{re.escape(stem)}{_BETWEEN.pattern}(?=\w)", name, re.IGNORECASE)
        if begin and (end := re.search(rf"\.{re.escape(suffix)}(\.txt)?$", name, re.IGNORECASE)):
            return name[begin.end() : end.start()], file
    return None


def _begins(name: str) -> list[str]:
    """Return what may be a student's name at the beginning of a file's, the longest first."""
    return [name[: between.start()] for between in _BETWEEN.finditer(name)][::-1]


def _is_wanted(name: str, wanted: Collection[str]) -> bool:
    return any(is_like(name, other) for other in wanted)


def _named(uploads: Iterable[Upload]) -> tuple[Upload, ...]:
    """Give each upload a name of its own that can be a file's, and sort them by it."""
    taken: set[str] = set()
    named = []
    for upload in sorted(uploads, key=lambda upload: upload.path.name):
        name = own_name(upload.name, upload.path.name, taken)
        named.append(replace(upload, name=name))
    return tuple(sorted(named, key=lambda upload: upload.name))


def own_name(text: str, other: str, taken: set[str]) -> str:
    """Return a file's name like ``text`` that is not taken, told apart by ``other``; take it."""
    name = first = file_name(text)
    while folded(name) in taken:
        name = _marked(first, other)
        other += "'"
    taken.add(folded(name))
    return name


def file_name(text: str) -> str:
    """Return a name like ``text`` that can be a file's name, and be shown, on any computer.

    Text that has to be changed for that gets eight digits of its digest, so that two of them stay
    two.
    """
    plain = unicodedata.normalize("NFKC", text)
    name = "".join(c if _is_harmless(c) else "_" for c in plain)
    name = f"_{name}" if _RESERVED.match(name) else name
    name = name if name[:1].isalnum() or name[:1] == "_" else f"_{name}"
    name = name if name[-1:] not in (" ", ".") else f"{name[:-1]}_"
    unchanged = name == plain and len(name.encode()) <= LONGEST_NAME
    return name if unchanged else _marked(name, text)


def _marked(name: str, text: str) -> str:
    begin = name.encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    return f"{begin}-{hashlib.sha256(os.fsencode(text)).hexdigest()[:8]}"


def _is_harmless(character: str) -> bool:
    """Return whether a character is a letter, a mark on one, a number, or harmless punctuation."""
    return unicodedata.category(character)[0] in "LMN" or character in " ._-+,()@"


def folded(name: str) -> str:
    """Return a name as file systems compare it that know no upper case."""
    return unicodedata.normalize("NFKC", name).casefold()


def _is_left_behind(name: str, present: set[str]) -> bool:
    """Return whether an entry is nobody's upload: ``._ada.zip`` is what macOS keeps of another."""
    return name in _NOT_UPLOADED or (name.startswith("._") and name[2:] in present)


def _student(path: Path, refusal: str) -> str:
    """Return whose an entry is: an archive is named after its student, without ``.zip``."""
    return without_suffix(path.name) if refusal or not path.is_dir() else path.name


def _refusal(path: Path) -> str:
    """Return why an entry is not looked into, or an empty string."""
    what = shown(path.name)
    try:
        status = path.lstat()
    except OSError as error:
        return f"{what} cannot be read: {error.strerror}."
    if is_link(status):
        return f"{what} is a link, which may lead to another's files. {SEND_A_ZIP}"
    if stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode):
        return ""
    return f"{what} is not an ordinary file. {SEND_A_ZIP}"


def _listed(names: Iterable[str]) -> str:
    *first, last = (shown(name, 60) for name in names)
    return clean_line(" and ".join([", ".join(first), last] if first else [last]), 300)
