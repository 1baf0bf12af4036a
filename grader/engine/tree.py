"""What an upload holds, listed folder by folder and read file by file, nothing of it believed."""

import os
import stat
from collections.abc import Mapping
from enum import Enum
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Protocol

from grader.engine.cleaning import clean_line
from grader.engine.plain_files import NotPlainError, is_link, read_plain_file

MAX_FILE = 1 << 20
MAX_ENTRIES = 20_000
MAX_DEPTH = 12


class IntakeError(ValueError):
    """What was handed in cannot be graded; the text is a sentence for the student."""


class Kind(Enum):
    """What a name stands for."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


class Tree(Protocol):
    """A folder, an archive or loose files that were handed in.

    All methods raise :class:`IntakeError`.
    """

    title: str

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        """Return the names that lie directly in a folder of this tree, sorted."""
        ...

    def read(self, path: PurePosixPath, name: str, limit: int = MAX_FILE) -> bytes:
        """Return the content of a file, at most ``limit`` bytes, called ``name`` in errors."""
        ...


class FolderTree:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self.title = shown(root.name or root.resolve().name)
        self._root = root
        self._remaining = MAX_ENTRIES
        self._listed: dict[PurePosixPath, dict[str, Kind]] = {}

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        if folder not in self._listed:
            self._listed[folder] = self._scan(folder)
        return self._listed[folder]

    def read(self, path: PurePosixPath, name: str, limit: int = MAX_FILE) -> bytes:
        return _plain_content(self._root / path, name, limit)

    def _scan(self, folder: PurePosixPath) -> dict[str, Kind]:
        with os.scandir(self._root / folder) as scan:
            found = list(islice(scan, self._remaining + 1))
        self._remaining -= len(found)
        if self._remaining < 0:
            raise IntakeError(
                f"{self.title} holds more than {MAX_ENTRIES} files and folders; hand in only the "
                "folder submission."
            )
        found.sort(key=lambda entry: entry.name)
        return {entry.name: _kind(entry.stat(follow_symlinks=False)) for entry in found}


class LooseFiles:
    """Files on disk that were handed in without a folder, by the names that they were given."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.title = "The upload"
        self._files = {_last_part(name): path for name, path in sorted(files.items())}

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        return {name: _kind(path.lstat()) for name, path in self._files.items()}

    def read(self, path: PurePosixPath, name: str, limit: int = MAX_FILE) -> bytes:
        return _plain_content(self._files[path.name], name, limit)


def _last_part(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _kind(status: os.stat_result) -> Kind:
    if is_link(status):
        return Kind.LINK
    if stat.S_ISDIR(status.st_mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.OTHER


def _plain_content(path: Path, name: str, limit: int) -> bytes:
    try:
        return read_plain_file(path, limit)
    except NotPlainError as error:
        raise IntakeError(f"{shown(name)} {error}.") from error


def too_large(name: str, limit: int) -> IntakeError:
    """Return the refusal of a file that has more bytes than ``limit``."""
    return IntakeError(f"{shown(name)} is larger than {limit >> 20} MiB.")


def shown(name: str, limit: int = 80) -> str:
    """Return a name that can be put into a sentence, whatever it holds."""
    return clean_line(name, limit)
