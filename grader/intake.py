"""Find what a student handed in, and read it into memory without trusting a name or a size.

A submission may be a folder that holds ``submission/``, that folder itself, a zip of either, with
or without folders around it, ``model.py``, ``loss.py`` and ``mrr.py`` loose, or a folder with such
a zip in it. Nothing is ever extracted: names are only compared, and files are bytes until the
sandbox writes them. What is not Python (notebooks, PDFs) is left out, however large.
"""

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.plain_files import NotPlainError, read_plain_file

FOLDER = "submission"
FILES = ("model.py", "loss.py", "mrr.py")
MAX_FILES = 200
MAX_FILE = 1 << 20
MAX_TOTAL = 8 << 20
MAX_ARCHIVE = 64 << 20
MAX_MEMBERS = 5000
MAX_DEPTH = 12

_IGNORED = {
    "__MACOSX", "__pycache__", ".DS_Store", ".git", ".gitignore", ".gitkeep", ".idea", ".vscode",
    ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "Thumbs.db",
    "desktop.ini",
}  # fmt: skip


class IntakeError(ValueError):
    """What was handed in cannot be graded; the text is a sentence for the student."""


@dataclass(frozen=True)
class Submission:
    """A student's files as they were handed in.

    ``files`` maps names relative to ``submission/``, with forward slashes, to contents.
    """

    files: Mapping[str, bytes]


def read_submission(path: Path) -> Submission:
    """Return the submission at ``path``, a folder or a zip.

    Raises
    ------
    IntakeError
        If there is none, if it cannot be read, or if it holds something that a submission never
        needs: links, devices, names that lead outside, names that differ only in case, too much
        data.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _from_folder(path)
        if path.is_file():
            return _from_zip(path)
    except OSError as error:
        raise IntakeError(f"{_shown(path.name)} cannot be read: {error.strerror}.") from error
    raise IntakeError(f"There is no folder or zip at {path}.")


def _from_folder(path: Path) -> Submission:
    place = _locate_in_folder(path)
    if place is None:
        return _from_zip(_only_zip(path))
    files: dict[str, bytes] = {}
    for name in _walk(path / place):
        _check_names([*files, name])
        files[name] = _read_file(path / place / name, name)
        _check_amount(files)
    return Submission(files)


def _locate_in_folder(path: Path) -> Path | None:
    """Return the submission's folder relative to ``path``: at once, or a few folders down.

    None if there is no such folder.
    """
    if _holds_files(path) and not (path / FOLDER).is_dir():
        return Path()
    if (path / FOLDER).is_symlink():
        raise IntakeError(f"{FOLDER} is a symbolic link; hand in the folder itself.")
    if (path / FOLDER).is_dir():
        return Path(FOLDER)
    folders = [Path()]
    for _ in range(3):
        folders = [
            folder / entry.name
            for folder in folders
            for entry in sorted(os.scandir(path / folder), key=lambda entry: entry.name)
            if entry.is_dir(follow_symlinks=False)
            and entry.name not in _IGNORED
            and not entry.name.startswith(".")
        ][:MAX_MEMBERS]
        found = [f for f in folders if f.name == FOLDER] or [
            f for f in folders if _holds_files(path / f)
        ]
        if found:
            return Path(_only_one([f.as_posix() for f in found]))
    return Path() if path.resolve().name == FOLDER and not _zips(path) else None


def _zips(folder: Path) -> list[str]:
    with os.scandir(folder) as scan:
        return sorted(
            entry.name
            for entry in scan
            if entry.name.lower().endswith(".zip")
            and not entry.name.startswith("._")
            and entry.is_file(follow_symlinks=False)
        )


def _only_zip(folder: Path) -> Path:
    zips = _zips(folder)
    if not zips:
        raise _nothing_found(folder.name)
    return folder / _only_one(zips)


def _holds_files(folder: Path) -> bool:
    return any((folder / name).is_file() for name in FILES)


def _walk(root: Path) -> Iterable[str]:
    """Yield the names of the Python files below ``root``, sorted, refusing links."""
    remaining = [Path()]
    seen = 0
    while remaining:
        folder = remaining.pop()
        if len(folder.parts) > MAX_DEPTH:
            raise IntakeError(f"{FOLDER}/ has folders nested more than {MAX_DEPTH} deep.")
        with os.scandir(root / folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        for entry in entries:
            seen += 1
            if seen > MAX_MEMBERS:
                raise IntakeError(f"{FOLDER}/ holds more than {MAX_MEMBERS} entries.")
            if entry.name in _IGNORED:
                continue
            name = (folder / entry.name).as_posix()
            if entry.is_symlink():
                raise IntakeError(f"{_shown(name)} is a symbolic link; hand in the file itself.")
            if entry.is_dir(follow_symlinks=False):
                remaining.append(folder / entry.name)
            elif _is_python(entry.name):
                yield name


def _is_python(name: str) -> bool:
    """Whether a file can matter; macOS keeps a file's attributes in one named ``._`` as it."""
    return name.endswith(".py") and not name.startswith("._")


def _read_file(path: Path, name: str) -> bytes:
    try:
        return read_plain_file(path, MAX_FILE)
    except NotPlainError as error:
        raise IntakeError(f"{_shown(name)} {error}.") from error


def _from_zip(path: Path) -> Submission:
    if path.stat().st_size > MAX_ARCHIVE:
        raise IntakeError(
            f"{path.name} is larger than {MAX_ARCHIVE >> 20} MiB; zip only the {FOLDER} folder."
        )
    try:
        archive = zipfile.ZipFile(path)
    # Of a kind that is not known, or with names in no encoding; what is said depends on Python.
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise IntakeError(f"{path.name} is not a zip, or it is damaged.") from error
    with archive:
        return _from_archive(archive, path.name)


def _from_archive(archive: zipfile.ZipFile, title: str) -> Submission:
    members: dict[str, zipfile.ZipInfo] = {}
    if len(archive.infolist()) > MAX_MEMBERS:
        raise IntakeError(
            f"{title} holds more than {MAX_MEMBERS} files; zip only the {FOLDER} folder."
        )
    for member in archive.infolist():
        parts = _checked_parts(member)
        if any(part in _IGNORED for part in parts):
            continue
        if not member.is_dir():
            name = "/".join(parts)
            if name in members:
                raise IntakeError(f"{_shown(name)} is in the zip twice.")
            members[name] = member
    place = _locate_in_names(members, title)
    inside = {
        str(PurePosixPath(name).relative_to(place)): member
        for name, member in members.items()
        if PurePosixPath(place) in PurePosixPath(name).parents
        and _is_python(PurePosixPath(name).name)
    }
    _check_names(inside)
    files: dict[str, bytes] = {}
    for name in sorted(inside):
        files[name] = _read_member(archive, inside[name], name)
        _check_amount(files)
    return Submission(files)


def _checked_parts(member: zipfile.ZipInfo) -> list[str]:
    """Return the parts of a member's name, refusing names and kinds that lead elsewhere."""
    name = member.orig_filename if "\0" in member.orig_filename else member.filename
    name = name.replace("\\", "/")  # Windows PowerShell 5.1 writes names so
    if "\0" in name or name.startswith("/") or name[1:2] == ":":
        raise IntakeError(f"The zip holds the name {_shown(name)}, which leads outside it.")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise IntakeError(f"The zip holds the name {_shown(name)}, which leads outside it.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise IntakeError(f"{_shown(name)} is a symbolic link; hand in the file itself.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntakeError(f"{_shown(name)} is not an ordinary file.")
    if len(parts) > MAX_DEPTH:
        raise IntakeError(f"The zip has folders nested more than {MAX_DEPTH} deep.")
    return parts


def _locate_in_names(names: Iterable[str], title: str) -> str:
    """Return the folder of the submission among the archive's names: the shallowest one."""
    paths = [PurePosixPath(name) for name in names]
    named = {parent for path in paths for parent in path.parents if parent.name == FOLDER}
    loose = {path.parent for path in paths if path.name in FILES}
    found = named or loose
    if not found:
        raise _nothing_found(title)
    depth = min(len(folder.parts) for folder in found)
    return _only_one(sorted(str(folder) for folder in found if len(folder.parts) == depth))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    if member.flag_bits & 1:
        raise IntakeError(f"{_shown(name)} is encrypted.")
    try:
        with archive.open(member) as file:
            data = file.read(MAX_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise IntakeError(f"{_shown(name)} in the zip is damaged.") from error
    if len(data) > MAX_FILE:
        raise IntakeError(f"{_shown(name)} is larger than {MAX_FILE >> 20} MiB.")
    return data


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that cannot be told apart, or be written, on some computer."""
    seen: dict[str, str] = {}
    for name in names:
        if not name.isprintable() or len(name.encode(errors="replace")) > 200:
            raise IntakeError(f"The name {_shown(name)} is too long or not printable.")
        for path in (PurePosixPath(name), *PurePosixPath(name).parents):
            folded = unicodedata.normalize("NFC", str(path)).casefold()
            other = seen.setdefault(folded, str(path))
            if other != str(path):
                raise IntakeError(
                    f"{_shown(other)} and {_shown(str(path))} differ only in case; keep one."
                )


def _check_amount(files: Mapping[str, bytes]) -> None:
    if len(files) > MAX_FILES:
        raise IntakeError(f"{FOLDER}/ holds more than {MAX_FILES} files; it needs three.")
    if sum(map(len, files.values())) > MAX_TOTAL:
        raise IntakeError(f"{FOLDER}/ holds more than {MAX_TOTAL >> 20} MiB.")


def _only_one(found: list[str]) -> str:
    if len(found) > 1:
        listed = ", ".join(_shown(name) for name in found[:4])
        raise IntakeError(f"There is more than one submission: {listed}. Hand in one.")
    return found[0]


def _nothing_found(title: str) -> IntakeError:
    return IntakeError(f"{_shown(title)} holds no {FOLDER} folder and none of {', '.join(FILES)}.")


def _shown(name: str) -> str:
    """Return a name that can be put into a sentence, whatever it holds."""
    cleaned = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return cleaned if len(cleaned) <= 80 else cleaned[:79] + "…"
