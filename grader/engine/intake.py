"""Find what a student handed in, and read it into memory without trusting a name or a size.

A submission may be a folder that holds ``submission/``, that folder itself, a zip of either, with
or without folders around it, its files loose, or a folder with such a zip in it. Nothing is ever
extracted: names are only compared, and files are bytes until the sandbox writes them. What is not
Python (notebooks, PDFs) is left out, however large.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.engine.plain_files import NotPlainError, open_plain_file
from grader.engine.tree import MAX_DEPTH, FolderTree, IntakeError, Kind, Tree, shown
from grader.engine.zip_tree import ZipTree

FOLDER = "submission"
MAX_FILES = 200
MAX_TOTAL = 8 << 20
MAX_SHOWN = 6

# Besides all that begins with a dot.
_IGNORED = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini", "site-packages", "node_modules"}
_ENVIRONMENTS = {"venv", "env", "virtualenv"}
_MARKS_OF_ENVIRONMENTS = {"pyvenv.cfg", "conda-meta"}


class _NothingFound(IntakeError):
    """None of the files is there."""


@dataclass(frozen=True)
class Submission:
    """A student's files as they were handed in.

    ``files`` maps names relative to ``submission/``, with forward slashes, to contents. At least
    one of the assignment's files is among them.
    """

    files: Mapping[str, bytes]


def read_submission(path: Path, wanted: Collection[str]) -> Submission:
    """Return the submission at ``path``, a folder or a zip.

    Parameters
    ----------
    wanted : collection of str
        The names of the files that the assignment asks for.

    Raises
    ------
    IntakeError
        If none of them is there, if it cannot be read, or if it holds something that a
        submission never needs: links, devices, names that lead outside, names that differ only in
        case, too much data.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _from_folder(path, wanted)
        if path.exists():
            return _from_zip(path.resolve(), path.name, wanted)
    except OSError as error:
        raise IntakeError(f"{shown(path.name)} cannot be read: {error.strerror}.") from error
    raise IntakeError(f"There is no folder or zip at {shown(str(path), 200)}.")


def _from_folder(path: Path, wanted: Collection[str]) -> Submission:
    tree = FolderTree(path)
    try:
        place = _locate(tree, wanted)
    except _NothingFound:
        zips = [name for name, kind in _entries(tree, PurePosixPath()) if _is_zip(name, kind)]
        if not zips:
            raise
        name = _only_one(zips)
        return _from_zip(path / name, name, wanted)
    return _read(tree, place)


def _from_zip(path: Path, title: str, wanted: Collection[str]) -> Submission:
    try:
        file = open_plain_file(path)
    except NotPlainError as error:
        raise IntakeError(f"{shown(title)} {error}.") from error
    with file:
        tree = ZipTree(file, title)
        return _read(tree, _locate(tree, wanted))


def _is_zip(name: str, kind: Kind) -> bool:
    return kind == Kind.FILE and name.lower().endswith(".zip")


def _entries(tree: Tree, folder: PurePosixPath) -> list[tuple[str, Kind]]:
    """Return what lies directly in a folder but for what systems and tools leave behind."""
    found = tree.entries(folder)
    python = any(_is_python(name) for name in found)
    environment = folder.name in _ENVIRONMENTS and not python
    if environment or not _MARKS_OF_ENVIRONMENTS.isdisjoint(found):
        return []
    return [
        (name, kind)
        for name, kind in found.items()
        if name not in _IGNORED and not name.startswith(".")
    ]


def _locate(tree: Tree, wanted: Collection[str]) -> PurePosixPath:
    """Return the folder of the submission in a tree: the shallowest one that holds a file of it.

    ``submission/`` goes before the folder that it lies in. Where there is a ``submission/`` that
    holds none of the files, they are only looked for inside of it: what lies elsewhere was not
    meant to be handed in.

    Raises
    ------
    _NothingFound
        If no folder holds one of the files.
    """
    level = [PurePosixPath()]
    title = tree.title
    seen: list[str] = []
    for _ in range(MAX_DEPTH):
        listed = {folder: _entries(tree, folder) for folder in level}
        for folder, entries in listed.items():
            if (FOLDER, Kind.LINK) in entries:
                raise IntakeError(
                    f"{shown(str(folder / FOLDER))} is a symbolic link; hand in the folder itself."
                )
            seen += [
                f"{folder / name}{' (a link)' if kind == Kind.LINK else ''}"
                for name, kind in entries
                if kind != Kind.FOLDER
            ]
        below = [
            folder / name
            for folder, entries in listed.items()
            for name, kind in entries
            if kind == Kind.FOLDER
        ]
        named = [folder for folder in below if folder.name == FOLDER]
        found = [folder for folder in named if _holds_files(_entries(tree, folder), wanted)]
        found = found or [f for f, entries in listed.items() if _holds_files(entries, wanted)]
        if found:
            return PurePosixPath(_only_one([str(folder) for folder in found]))
        if named:
            title, seen = f"{shown(str(named[0]))} in {tree.title}", []
        level = named or below
    raise _nothing_found(title, seen, wanted)


def _holds_files(entries: Iterable[tuple[str, Kind]], wanted: Collection[str]) -> bool:
    return any(name in wanted and kind != Kind.FOLDER for name, kind in entries)


def _read(tree: Tree, place: PurePosixPath) -> Submission:
    names = _python_files(tree, place)
    _check_names(names)
    files: dict[str, bytes] = {}
    total = 0
    for name in names:
        files[name] = tree.read(place / name, name)
        total += len(files[name])
        if total > MAX_TOTAL:
            raise IntakeError(f"{FOLDER}/ holds more than {MAX_TOTAL >> 20} MiB.")
    return Submission(files)


def _python_files(tree: Tree, place: PurePosixPath) -> list[str]:
    """Return the names of the Python files below a folder, sorted, refusing links."""
    found: list[str] = []
    remaining = [PurePosixPath()]
    while remaining:
        folder = remaining.pop()
        if len(folder.parts) > MAX_DEPTH:
            raise IntakeError(f"{FOLDER}/ has folders nested more than {MAX_DEPTH} deep.")
        for name, kind in _entries(tree, place / folder):
            path = folder / name
            if kind == Kind.LINK:
                raise IntakeError(
                    f"{shown(str(path))} is a symbolic link; hand in the file itself."
                )
            if kind == Kind.FOLDER:
                remaining.append(path)
            elif _is_python(name):
                found.append(str(path))
        if len(found) > MAX_FILES:
            raise IntakeError(f"{FOLDER}/ holds more than {MAX_FILES} files; it needs few.")
    return sorted(found)


def _is_python(name: str) -> bool:
    """Return whether a file can matter; in ``._model.py``, macOS keeps attributes of a file."""
    return name.endswith(".py") and not name.startswith(".")


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that cannot be told apart, or be written, on some computer."""
    seen: dict[str, str] = {}
    for name in names:
        if not name.isprintable() or len(name.encode(errors="replace")) > 200:
            raise IntakeError(f"The name {shown(name)} is too long or not printable.")
        for path in (PurePosixPath(name), *PurePosixPath(name).parents):
            folded = unicodedata.normalize("NFC", str(path)).casefold()
            other = seen.setdefault(folded, str(path))
            if other != str(path):
                raise IntakeError(
                    f"{shown(other)} and {shown(str(path))} differ only in case; keep one."
                )


def _only_one(found: list[str]) -> str:
    if len(found) > 1:
        listed = ", ".join(shown(name, 40) for name in found[:4])
        raise IntakeError(f"There is more than one submission: {listed}. Hand in one.")
    return found[0]


def _nothing_found(title: str, seen: list[str], wanted: Collection[str]) -> IntakeError:
    """Return the refusal of an upload without any of the files: what was found, what is missing."""
    listed = ", ".join(shown(name, 40) for name in seen[:MAX_SHOWN])
    if len(seen) > MAX_SHOWN:
        listed += f" and {len(seen) - MAX_SHOWN} more"
    advice = f"Hand in a folder named {FOLDER} with it in it"
    if len(wanted) > 1:
        advice = f"Hand in a folder named {FOLDER} with these {len(wanted)} files in it"
    kinds = {PurePosixPath(name).suffix.lower() for name in seen}
    if ".ipynb" in kinds:
        advice += "; code in a notebook is not graded"
    if ".zip" in kinds:
        advice += "; a zip in a zip is not opened"
    return _NothingFound(
        f"{title} holds none of {', '.join(wanted)}. It holds {listed or 'no file at all'}. "
        f"{advice}."
    )
