"""A folder of uploads, as a course site exports it: an entry for each student."""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.engine.cleaning import clean_line
from grader.engine.plain_files import is_link
from grader.engine.tree import shown

# What computers and tools put into any folder; a student's upload is never called so.
_NOT_UPLOADED = {
    "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".gitignore", ".gitkeep",
    ".ipynb_checkpoints",
}  # fmt: skip
_ARCHIVES = (
    ".7z", ".bz2", ".gz", ".lz4", ".rar", ".tar", ".tbz", ".tgz", ".txz", ".xz", ".zipx", ".zst",
)  # fmt: skip
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])([. ]|$)", re.IGNORECASE)  # on Windows
LONGEST_NAME = 120  # bytes; a file's name may have 255, with what is put before and behind it
SEND_A_ZIP = "Send a zip of the folder submission."


@dataclass(frozen=True)
class Upload:
    """An entry of the folder.

    Attributes
    ----------
    name : str
        The student's, made from the entry's: a folder's name, or a zip's without ``.zip``. It can
        be shown and be a file's name everywhere, and no other upload has it.
    path : Path
    refusal : str
        Why it is not even looked into, as a sentence; empty if it is graded.
    """

    name: str
    path: Path
    refusal: str = ""


def find_uploads(folder: Path) -> tuple[Upload, ...]:
    """Return whatever lies in a folder, sorted by name; nothing is looked into.

    Two entries of one name, links and all that is neither a folder nor a zip are refused each for
    itself.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    """
    present = set(os.listdir(folder))  # noqa: PTH208 (names that are no text are kept as they are)
    entries = [folder / name for name in sorted(present) if not _is_left_behind(name, present)]
    refusals = {path: _refusal(path) for path in entries}
    students = {path: _student(path, refusals[path]) for path in entries}
    of_name: dict[str, list[str]] = {}
    for path, student in students.items():
        of_name.setdefault(_folded(student), []).append(path.name)
    uploads, taken = [], set()
    for path, student in students.items():
        same = of_name[_folded(student)]
        refusal = refusals[path]
        if len(same) > 1:
            refusal = refusal or f"{_listed(same)} have one name. Keep one of them."
            student = path.name
        name = file_name(student)
        if _folded(name) in taken:
            name = _marked(name, path.name)
        taken.add(_folded(name))
        uploads.append(Upload(name, path, refusal))
    return tuple(uploads)


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


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _is_left_behind(name: str, present: set[str]) -> bool:
    """Return whether an entry is nobody's upload: ``._ada.zip`` is what macOS keeps of another."""
    return name in _NOT_UPLOADED or (name.startswith("._") and name[2:] in present)


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _student(path: Path, refusal: str) -> str:
    """Return whose an entry is: a zip is named after its student, without ``.zip``."""
    is_file = refusal or not path.is_dir()
    return path.stem if _is_zip(path) and is_file else path.name


def _refusal(path: Path) -> str:
    """Return why an entry is not looked into, or an empty string."""
    what = shown(path.name)
    try:
        status = path.lstat()
    except OSError as error:
        return f"{what} cannot be read: {error.strerror}."
    if is_link(status):
        return f"{what} is a link, which may lead to another's files. {SEND_A_ZIP}"
    if stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and _is_zip(path)):
        return ""
    if not stat.S_ISREG(status.st_mode):
        return f"{what} is not an ordinary file. {SEND_A_ZIP}"
    if path.suffix.lower() in _ARCHIVES:
        return f"{what} is an archive of a kind that is not read. {SEND_A_ZIP}"
    return f"{what} is a single file, neither a folder nor a zip. {SEND_A_ZIP}"


def _listed(names: Iterable[str]) -> str:
    return clean_line(" and ".join(shown(name, 60) for name in names), 300)
