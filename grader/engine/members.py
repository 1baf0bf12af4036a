"""What an archive lists, folder by folder, no name of which is believed."""

import io
from pathlib import PurePosixPath
from typing import BinaryIO, Generic, TypeVar

from grader.engine.tree import MAX_DEPTH, IntakeError, Kind, shown

MAX_MEMBERS = 5000

M = TypeVar("M")


class Members(Generic[M]):
    """The members of an archive by folder.

    Parameters
    ----------
    format_ : str
        What the archive is called in errors: ``"zip"``.
    """

    def __init__(self, format_: str) -> None:
        self._format = format_
        self._members: dict[PurePosixPath, M] = {}
        self._twice: set[PurePosixPath] = set()
        self._folders: dict[PurePosixPath, dict[str, Kind]] = {PurePosixPath(): {}}

    def add(self, name: str, kind: Kind, member: M) -> None:
        """Add a member by the name that the archive gives it.

        Raises
        ------
        IntakeError
            If the name leads outside, or is a file's and a folder's.
        """
        name = name.replace("\\", "/")  # Windows PowerShell 5.1 writes backslashes
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if "\0" in name or name.startswith("/") or name[1:2] == ":" or ".." in parts:
            raise IntakeError(
                f"The {self._format} holds the name {shown(name)}, which leads outside it; make a "
                "new zip."
            )
        if len(parts) > MAX_DEPTH:
            raise IntakeError(f"The {self._format} has folders nested more than {MAX_DEPTH} deep.")
        path = PurePosixPath(*parts)
        if name.endswith("/") or kind == Kind.FOLDER:
            self._add_folder(path)
            return
        if not parts:
            raise IntakeError(f"The {self._format} holds a file without a name; make a new zip.")
        if path in self._folders:
            raise self._both(name)
        self._add_folder(path.parent)
        if path in self._members:
            self._twice.add(path)
        self._members[path] = member
        self._folders[path.parent][path.name] = kind

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        """Return the names that lie directly in a folder, sorted."""
        return dict(sorted(self._folders[folder].items()))

    def file(self, path: PurePosixPath, name: str) -> M:
        """Return a member that is an ordinary file, called ``name`` in errors.

        Raises
        ------
        IntakeError
            If it is a link or a device, or if there are two of that name.
        """
        if self._folders[path.parent][path.name] != Kind.FILE:
            raise IntakeError(f"{shown(name)} is not an ordinary file.")
        if path in self._twice:
            raise IntakeError(f"{shown(name)} is in the {self._format} twice; make a new zip.")
        return self._members[path]

    def _add_folder(self, folder: PurePosixPath) -> None:
        if folder in self._folders:
            return
        if folder in self._members:
            raise self._both(str(folder))
        self._add_folder(folder.parent)
        self._folders[folder] = {}
        self._folders[folder.parent][folder.name] = Kind.FOLDER

    def _both(self, name: str) -> IntakeError:
        return IntakeError(f"{shown(name)} is in the {self._format} as a file and as a folder.")


class ListTooLong(Exception):
    """More is read than the list of names of any archive that is accepted."""


class BoundedReads(io.RawIOBase):
    """A file that refuses to give more than ``limit`` bytes at once or, if ``total``, in all.

    Python's readers of archives read a list of names, and make an object of each, before they can
    be asked how many there are.
    """

    def __init__(self, file: BinaryIO, limit: int, total: bool = False) -> None:
        self._file = file
        self._limit = limit
        self._total = total

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        most = self._limit + 1
        data = self._file.read(most if size < 0 else min(size, most))
        if len(data) > self._limit:
            raise ListTooLong
        if self._total:
            self._limit -= len(data)
        return data
