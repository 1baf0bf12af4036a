"""What an upload holds, listed folder by folder and read file by file, nothing of it believed."""

import os
import stat
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
    """A folder or a zip that was handed in. All methods raise :class:`IntakeError`."""

    title: str

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        """Return the names that lie directly in a folder of this tree, sorted."""
        ...

    def read(self, path: PurePosixPath, name: str) -> bytes:
        """Return the content of a file, at most ``MAX_FILE`` bytes, called ``name`` in errors."""
        ...


class FolderTree:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self.title = shown(root.name or root.resolve().name)
        self._root = root
        self._remaining = MAX_ENTRIES

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        with os.scandir(self._root / folder) as scan:
            found = list(islice(scan, self._remaining + 1))
        self._remaining -= len(found)
        if self._remaining < 0:
            raise IntakeError(
                f"{self.title} holds more than {MAX_ENTRIES} files and folders; hand in only the "
                "folder submission."
            )
        return {entry.name: _kind(entry) for entry in sorted(found, key=lambda entry: entry.name)}

    def read(self, path: PurePosixPath, name: str) -> bytes:
        try:
            return read_plain_file(self._root / path, MAX_FILE)
        except NotPlainError as error:
            raise IntakeError(f"{shown(name)} {error}.") from error


def _kind(entry: os.DirEntry) -> Kind:
    status = entry.stat(follow_symlinks=False)
    if is_link(status):
        return Kind.LINK
    if stat.S_ISDIR(status.st_mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.OTHER


def shown(name: str, limit: int = 80) -> str:
    """Return a name that can be put into a sentence, whatever it holds."""
    return clean_line(name, limit)
