"""Find what a student handed in, and read it into memory without trusting a name or a size.

A submission may be a folder that holds ``submission/``, that folder itself, an archive of either
(zip, tar, gzipped tar, 7z), with or without folders around it, its files loose, or any of these
with such an archive in it. Nothing is ever extracted: names are only compared, and files are bytes
until the sandbox writes them. What is not Python (notebooks, PDFs) is left out, however large.

A file whose name is nearly right (``Code.py``, ``code (1).py``, ``code.py.txt``) is taken for
the one that is asked for, if it is the only one; :attr:`Submission.notes` says so.
"""

import contextlib
import io
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from grader.engine.plain_files import NotPlainError, open_plain_file
from grader.engine.tar_tree import TarTree, tar_of_7z, unzipped
from grader.engine.tree import (
    MAX_DEPTH,
    FolderTree,
    IntakeError,
    Kind,
    LooseFiles,
    Tree,
    shown,
)
from grader.engine.zip_tree import MAX_ARCHIVE, ZipTree

#: What was handed in: a folder or an archive, or loose files by the names that they were given.
HandedIn = Path | Mapping[str, Path]

FOLDER = "submission"
MAX_FILES = 200
MAX_TOTAL = 8 << 20
MAX_SHOWN = 6
MAX_NESTED = 3  # archives in archives
MAX_INNER = 16 << 20  # bytes of an archive in an archive
MAX_TRIED = 4  # archives that lie beside each other

# Besides all that begins with a dot.
_IGNORED = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini", "site-packages", "node_modules"}
_ENVIRONMENTS = {"venv", "env", "virtualenv"}
_MARKS_OF_ENVIRONMENTS = {"pyvenv.cfg", "conda-meta"}
_ARCHIVE = re.compile(
    r"\.(zip|zipx|tar|7z|rar|tgz|tbz2?|txz|tzst|(tar\.)?(gz|bz2|xz|lz4|lzma|zst))$", re.IGNORECASE
)
_UNREAD = {  # by how an archive begins
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\0": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x04\x22\x4d\x18": "an LZ4 archive",
}
_COPIED = re.compile(r"( ?\(\d+\)|[-_ ]\d+| copy( \d+)?| - copy( ?\(\d+\))?)$")


@dataclass(frozen=True)
class Submission:
    """A student's files as they were handed in.

    Attributes
    ----------
    files : mapping
        From names relative to ``submission/``, with forward slashes, to contents. At least one of
        the assignment's files is among them.
    notes : tuple of str
        What was taken for what, as sentences; empty if everything is called as it should be.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def read_submission(handed_in: HandedIn, wanted: Collection[str]) -> Submission:
    """Return the submission in a folder, an archive or loose files.

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
    if not isinstance(handed_in, Path):
        return _read(LooseFiles(handed_in), wanted)
    path = handed_in
    try:
        if path.is_dir():
            return _read(FolderTree(path), wanted)
        if path.exists():
            return _read_file(path.resolve(), path.name, wanted)
    except OSError as error:
        raise IntakeError(f"{shown(path.name)} cannot be read: {error.strerror}.") from error
    raise IntakeError(f"There is no folder or zip at {shown(str(path), 200)}.")


def without_suffix(name: str) -> str:
    """Return an archive's name without ``.zip``, ``.tar.gz`` or the like; any other unchanged."""
    return _ARCHIVE.sub("", name)


def is_code(name: str) -> bool:
    """Return whether a file's name is that of Python code, or nearly."""
    return name.lower().endswith((".py", ".py.txt"))


def is_like(name: str, wanted: str) -> bool:
    """Return whether a name is what computers and people make of the one that is wanted.

    ``Code.py``, ``CODE.PY``; ``code.py.txt`` of mail programs; ``code (1).py`` of browsers,
    ``code-1.py`` of Canvas, ``code copy.py`` and ``code - Copy.py`` of macOS and Windows.
    """
    name = unicodedata.normalize("NFKC", name).casefold().removesuffix(".txt")
    path = PurePosixPath(name.removesuffix(".py") if name.endswith(".py.py") else name)
    once = _COPIED.sub("", path.stem)
    stems = {path.stem, once, _COPIED.sub("", once)}
    return any(stem + path.suffix == wanted.casefold() for stem in stems)


def _read_file(path: Path, name: str, wanted: Collection[str]) -> Submission:
    if not _ARCHIVE.search(name):
        return _read(LooseFiles({name: path}), wanted)
    try:
        file = open_plain_file(path)
    except NotPlainError as error:
        raise IntakeError(f"{shown(name)} {error}.") from error
    with file:
        return _read_archive(file, name, wanted, MAX_NESTED)


def _read_archive(file: BinaryIO, title: str, wanted: Collection[str], nested: int) -> Submission:
    """Read an archive of the kind that its first bytes say, whatever its name."""
    with contextlib.ExitStack() as opened:
        if file.seek(0, io.SEEK_END) > MAX_ARCHIVE:
            raise IntakeError(
                f"{shown(title)} is larger than {MAX_ARCHIVE >> 20} MiB; zip only the folder "
                f"{FOLDER}."
            )
        file.seek(0)
        begin = file.read(512)
        for magic, kind in _UNREAD.items():
            if begin.startswith(magic):
                raise IntakeError(
                    f"{shown(title)} is {kind}, which is not read here. Send a zip of the folder "
                    f"{FOLDER}."
                )
        tree: Tree
        if begin.startswith(b"7z\xbc\xaf\x27\x1c"):
            tree = TarTree(opened.enter_context(tar_of_7z(file, title)), title)
        elif begin.startswith(b"\x1f\x8b"):
            tree = TarTree(opened.enter_context(unzipped(file, title)), title)
        elif begin[257:262] == b"ustar" or title.lower().endswith(".tar"):
            tree = TarTree(file, title)
        else:
            tree = ZipTree(file, title)
        return _read(tree, wanted, nested)


def _read(tree: Tree, wanted: Collection[str], nested: int = MAX_NESTED) -> Submission:
    """Read the submission in a tree or, if it holds none, in the only archive in it that does."""
    search = _Search(tree, wanted)
    place = search.place()
    if place is not None:
        return _files_at(tree, place, wanted)
    found: dict[str, Submission] = {}
    refusals: list[IntakeError] = []
    inner = search.archives if nested and len(search.archives) <= MAX_TRIED else []
    for path in inner:
        limit = MAX_ARCHIVE if isinstance(tree, FolderTree | LooseFiles) else MAX_INNER
        try:
            content = io.BytesIO(tree.read(path, str(path), limit))
            title = str(path) if isinstance(tree, LooseFiles) else f"{path} in {tree.title}"
            found[str(path)] = _read_archive(content, title, wanted, nested - 1)
        except IntakeError as error:
            refusals.append(error)
    if found:
        name = _only_one(list(found))
        submission = found[name]
        if isinstance(tree, FolderTree | LooseFiles):
            return submission
        note = f"{shown(name)} in {tree.title} was read; hand in {shown(name)} itself."
        return Submission(submission.files, (note, *submission.notes))
    if len(refusals) == 1 and not search.has_code:
        raise refusals[0]
    raise search.refusal()


class _Search:
    """The search for a submission in a tree, and what it has seen on the way.

    ``submission/`` goes before the folder that it lies in. Where there is a ``submission/`` that
    holds none of the files, they are only looked for inside of it: what lies elsewhere was not
    meant to be handed in.
    """

    def __init__(self, tree: Tree, wanted: Collection[str]) -> None:
        self._tree = tree
        self._wanted = wanted
        self._title = tree.title
        self._seen: dict[PurePosixPath, Kind] = {}

    def place(self) -> PurePosixPath | None:
        """Return the shallowest folder with one of the files or, if none has, one that is alike.

        Raises
        ------
        IntakeError
            If there are two, or if ``submission`` is a link.
        """
        place = self._find(lambda name: name in self._wanted)
        if place is None:
            place = self._find(lambda name: any(is_like(name, other) for other in self._wanted))
        return place

    @property
    def archives(self) -> list[PurePosixPath]:
        return [
            path
            for path, kind in self._seen.items()
            if kind == Kind.FILE and _ARCHIVE.search(path.name)
        ]

    @property
    def has_code(self) -> bool:
        return any(is_code(path.name) or path.suffix.lower() == ".ipynb" for path in self._seen)

    def refusal(self) -> IntakeError:
        """Return the refusal of an upload without any of the files: what was seen, what to do."""
        seen = [f"{path}{' (a link)' if k == Kind.LINK else ''}" for path, k in self._seen.items()]
        listed = ", ".join(shown(name, 40) for name in seen[:MAX_SHOWN])
        if len(seen) > MAX_SHOWN:
            listed += f" and {len(seen) - MAX_SHOWN} more"
        advice = f"Hand in a folder named {FOLDER} with it in it"
        if len(self._wanted) > 1:
            advice = f"Hand in a folder named {FOLDER} with these {len(self._wanted)} files in it"
        whole = [path for path in self._seen if path.name.lower() == f"{FOLDER}.py"]
        if whole and len(self._wanted) > 1:
            advice += f"; code all in one file, {whole[0].name}, is not graded"
        if notebooks := [path for path in self._seen if path.suffix.lower() == ".ipynb"]:
            advice += "; code in a notebook is not graded"
            for path in notebooks[:3]:
                if defined := _defined_in(self._tree, path):
                    advice += f": copy {defined} out of {shown(path.name, 40)}"
                    break
        return IntakeError(
            f"{self._title} holds none of {', '.join(self._wanted)}. It holds "
            f"{listed or 'no file at all'}. {advice}."
        )

    def _find(self, is_wanted: Callable[[str], bool]) -> PurePosixPath | None:
        level = [PurePosixPath()]
        self._title, self._seen = self._tree.title, {}
        for _ in range(MAX_DEPTH):
            listed = {folder: _entries(self._tree, folder) for folder in level}
            for folder, entries in listed.items():
                if (FOLDER, Kind.LINK) in entries:
                    raise IntakeError(
                        f"{shown(str(folder / FOLDER))} is a symbolic link; hand in the folder "
                        "itself."
                    )
                self._seen |= {folder / n: kind for n, kind in entries if kind != Kind.FOLDER}
            below = [
                folder / name
                for folder, entries in listed.items()
                for name, kind in entries
                if kind == Kind.FOLDER
            ]
            named = [folder for folder in below if folder.name == FOLDER]
            held = {folder: _entries(self._tree, folder) for folder in named}
            found = [folder for folder in held if _has(held[folder], is_wanted)]
            found = found or [folder for folder in listed if _has(listed[folder], is_wanted)]
            if found:
                return PurePosixPath(_only_one([str(folder) for folder in found]))
            if named:
                self._title = f"{shown(str(named[0]))} in {self._tree.title}"
                self._seen = {}
            level = named or below
        return None


def _has(entries: Iterable[tuple[str, Kind]], is_wanted: Callable[[str], bool]) -> bool:
    return any(kind != Kind.FOLDER and is_wanted(name) for name, kind in entries)


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


def _files_at(tree: Tree, place: PurePosixPath, wanted: Collection[str]) -> Submission:
    """Read the Python files below a folder, and what is there for one that is wanted."""
    names = _python_files(tree, place)
    _check_names(names)
    files: dict[str, bytes] = {}
    for name in names:
        files[name] = tree.read(place / name, name)
        if sum(map(len, files.values())) > MAX_TOTAL:
            raise IntakeError(f"{FOLDER}/ holds more than {MAX_TOTAL >> 20} MiB.")
    notes, missing = list[str](), list[str]()
    if place.parts.count(FOLDER) > 1:
        notes.append(f"{shown(str(place))} was read; hand in the inner folder {FOLDER} alone.")
    beside = [name for name, kind in _entries(tree, place) if kind == Kind.FILE]
    for name in wanted:
        alike = [other for other in beside if other not in wanted and is_like(other, name)]
        if name in files:
            left = [other for other in alike if not PurePosixPath(other).stem.isidentifier()]
            notes += [f"{shown(other)} was not read, {name} was." for other in left]
            continue
        contents = {other: tree.read(place / other, other) for other in alike}
        if len(set(contents.values())) > 1:
            notes.append(
                f"{_listed(alike)} may each be {name}, so none was taken for it. Keep one."
            )
        elif alike:
            files[name] = contents[alike[0]]
            notes.append(f"{_listed(alike)} was taken for {name}.")
            for other in alike:
                # As ``code_1`` it can be imported by another file, as ``code-1`` it cannot.
                if other.casefold() == name or not PurePosixPath(other).stem.isidentifier():
                    files.pop(other, None)
        else:
            missing.append(name)
    if not any(name in files for name in wanted):
        raise IntakeError(" ".join(notes))
    if missing:
        notes.append(f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing.")
    return Submission(files, tuple(notes))


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
    """Return whether a file can matter; in ``._code.py``, macOS keeps attributes of a file."""
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


def _listed(names: Iterable[str]) -> str:
    return " and ".join(shown(name, 40) for name in names)


def _defined_in(tree: Tree, path: PurePosixPath) -> str:
    """Return the names of the first functions and classes in a notebook's cells, or nothing."""
    try:
        notebook = json.loads(tree.read(path, path.name, MAX_INNER))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        code = "\n".join("".join(cell["source"]) for cell in cells)
    except (IntakeError, ValueError, RecursionError, KeyError, TypeError):
        return ""
    found = re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE)
    return ", ".join(shown(name, 30) for name in found[:3]) + (" ..." if len(found) > 3 else "")
