"""A folder of uploads, as a learning platform exports it or as a plain folder."""

import os
import stat
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
from grader.cohort.loose_files import (
    LooseFiles,
    Names,
    by_student,
    is_nobodys,
    is_somebodys,
    why_nobodys,
)
from grader.cohort.names import folded, listed, own_name
from grader.cohort.roster import CANVAS, GRADESCOPE, PLAIN, Person
from grader.engine.cleaning import clean_line
from grader.engine.intake import HandedIn, is_code, without_suffix
from grader.engine.members import BoundedReads
from grader.engine.plain_files import is_link
from grader.engine.tree import shown

# What computers and tools put into any folder; a student's upload is never called so.
_NOT_UPLOADED = {
    "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".gitignore", ".gitkeep",
    ".ipynb_checkpoints",
}  # fmt: skip
MAX_LIST = 64 << 20  # bytes of the list of names in a download
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


def find_uploads(
    folder: Path, wanted: Collection[str] = (), known: Names = frozenset()
) -> tuple[Upload, ...]:
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
    known : collection of tuples of str
        What the roster's people are called: see :func:`grader.cohort.loose_files.names_on`.

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
        return _named(_of_gradescope(folder, names, wanted, known))
    entries = read_names(folder, names)
    of_person: dict[tuple[str, str], dict[str, Entry]] = {}
    for name, entry in entries.items():
        key = (entry.platform, entry.person.id or folded(entry.person.name))
        of_person.setdefault(key, {})[name] = entry
    found = [_of_person(folder, files) for files in of_person.values()]
    others = [folder / name for name in names if name not in entries]
    if not found:
        _refuse_a_single_submission(folder, others, wanted, known)
    return _named([*found, *_plain(others, wanted, known)])


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


def _of_gradescope(
    folder: Path, names: Sequence[str], wanted: Collection[str], known: Names
) -> list[Upload]:
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
    return [*uploads, *_plain(others, wanted, known)]


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
        notes=(f"Older, and not read: {listed(older)}.",) if older else (),
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
    folder: Path, paths: Collection[Path], wanted: Collection[str], known: Names
) -> None:
    """Raise an error if a folder holds nothing but one student's work."""
    nobodys = [path for path in paths if is_nobodys(path.name, wanted, known)]
    if nobodys and not any(_is_upload(path, wanted, known) for path in paths):
        files = listed(path.name for path in nobodys)
        raise ExportError(
            f"{folder} is one submission ({files}), not a folder of them: python -m grader "
            f"{folder} grades it. For a course, put each student's files into a folder that is "
            "named after the student, and give the folder around these."
        )


def _is_upload(path: Path, wanted: Collection[str], known: Names) -> bool:
    """Return whether an entry may be a student's: a folder, an archive, a file with their name."""
    is_archive = without_suffix(path.name) != path.name
    return path.is_dir() or is_archive or is_somebodys(path.name, wanted, known)


def _plain(paths: Iterable[Path], wanted: Collection[str], known: Names) -> list[Upload]:
    """Return an upload for each entry, and one for all loose files of a student.

    Two of one name are refused, and nobody else is.
    """
    refusals = {path: _refusal(path) for path in paths}
    files = {path for path, reason in refusals.items() if not reason and not path.is_dir()}
    elsewhere = [
        _student(path, reason)
        for path, reason in refusals.items()
        if path not in files or without_suffix(path.name) != path.name
    ]
    loose = by_student(sorted(files), wanted, elsewhere, known)
    together = {path for one in loose for _, path in one.files}
    found = [_of_files(one) for one in loose]
    for path, reason in refusals.items():
        if path not in together:
            student = _student(path, reason)
            owner = Person(name=clean_line(student, 300))
            if not reason and path in files and is_nobodys(path.name, wanted, known):
                reason = why_nobodys(path.name, wanted)
            found.append(Upload(student, path, reason, people=(owner,)))
    of_name: dict[str, list[Upload]] = {}
    for upload in found:
        of_name.setdefault(folded(upload.name), []).append(upload)
    return [upload for same in of_name.values() for upload in _told_apart(same)]


def _of_files(loose: LooseFiles) -> Upload:
    """Return the upload of a student's loose files."""
    owner = Person(name=clean_line(loose.student, 300))
    first, *rest = (path for _, path in loose.files)
    if loose.refusal:
        return Upload(loose.student, first, loose.refusal, people=(owner,))
    together = f"Taken together: {listed(path.name for _, path in loose.files)}."
    notes = (*((together,) if rest else ()), *loose.notes)
    files = tuple(loose.files)
    return Upload(loose.student, first, files=files, people=(owner,), notes=notes)


def _told_apart(same: Sequence[Upload]) -> list[Upload]:
    """Return uploads of one name, refused if there are several."""
    if len(same) == 1:
        return list(same)
    refusal = f"{listed(upload.path.name for upload in same)} have one name. Keep one of them."
    return [
        replace(upload, name=upload.path.name, refusal=upload.refusal or refusal, files=())
        for upload in same
    ]


def _named(uploads: Iterable[Upload]) -> tuple[Upload, ...]:
    """Give each upload a name of its own that can be a file's, and sort them by it."""
    taken: set[str] = set()
    named = []
    for upload in sorted(uploads, key=lambda upload: upload.path.name):
        name = own_name(upload.name, upload.path.name, taken)
        named.append(replace(upload, name=name))
    return tuple(sorted(named, key=lambda upload: upload.name))


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
