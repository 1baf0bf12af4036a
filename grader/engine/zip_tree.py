"""A zip that was handed in. Nothing is extracted, and no list or size in it is believed.

Python's zipfile reads the whole list of names at once and raises errors of many kinds on a damaged
or hostile zip, so the list's size is bounded before it is read, and every error becomes a sentence.
"""

import io
import stat
import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

from grader.engine.tree import MAX_DEPTH, MAX_FILE, IntakeError, Kind, shown

MAX_ARCHIVE = 64 << 20
MAX_MEMBERS = 5000
#: Bytes of the list of names: 5000 names of 150 bytes, each with 60 bytes about it.
MAX_LIST = 1 << 20
MADE_BY_EVERYBODY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
KINDS = {0: Kind.FILE, stat.S_IFREG: Kind.FILE, stat.S_IFLNK: Kind.LINK}


class ZipTree:
    """An open zip.

    Parameters
    ----------
    file : binary file
        Stays open as long as the tree is used.
    title : str
        What the zip is called in errors.

    Raises
    ------
    IntakeError
        If it is not a zip, is damaged or too large, or holds a name that leads outside.
    """

    def __init__(self, file: BinaryIO, title: str) -> None:
        self.title = shown(title)
        if file.seek(0, io.SEEK_END) > MAX_ARCHIVE:
            raise IntakeError(
                f"{self.title} is larger than {MAX_ARCHIVE >> 20} MiB; zip only the folder "
                "submission."
            )
        try:
            self._archive = zipfile.ZipFile(_BoundedReads(file))
        except _ListTooLong:
            raise self._too_many() from None
        except Exception as error:
            raise IntakeError(
                f"{self.title} is not a zip, or it is damaged; make a new zip of the folder "
                "submission."
            ) from error
        self._members: dict[PurePosixPath, zipfile.ZipInfo] = {}
        self._twice: set[PurePosixPath] = set()
        self._folders: dict[PurePosixPath, dict[str, Kind]] = {PurePosixPath(): {}}
        if len(self._archive.infolist()) > MAX_MEMBERS:
            raise self._too_many()
        for member in self._archive.infolist():
            self._add(member)

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        return dict(sorted(self._folders[folder].items()))

    def read(self, path: PurePosixPath, name: str) -> bytes:
        member = self._members[path]
        if self._folders[path.parent][path.name] != Kind.FILE:
            raise IntakeError(f"{shown(name)} is not an ordinary file.")
        if path in self._twice:
            raise IntakeError(f"{shown(name)} is in the zip twice; make a new zip.")
        if member.flag_bits & 1:
            raise IntakeError(f"{shown(name)} is encrypted; make a zip without a password.")
        if member.compress_type not in MADE_BY_EVERYBODY:
            raise IntakeError(
                f"{shown(name)} is compressed in a way that is not read here; make the zip with "
                "your computer's own program, or with the method Deflate."
            )
        try:
            with self._archive.open(member) as file:
                data = file.read(MAX_FILE + 1)
        except Exception as error:
            raise IntakeError(f"{shown(name)} in the zip is damaged; make a new zip.") from error
        if len(data) > MAX_FILE:
            raise IntakeError(f"{shown(name)} is larger than {MAX_FILE >> 20} MiB.")
        return data

    def _too_many(self) -> IntakeError:
        return IntakeError(
            f"{self.title} holds more than {MAX_MEMBERS} files; zip only the folder submission."
        )

    def _add(self, member: zipfile.ZipInfo) -> None:
        # zipfile cuts a name off at a zero byte; Windows PowerShell 5.1 writes backslashes.
        whole = member.orig_filename if "\0" in member.orig_filename else member.filename
        name = whole.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if "\0" in name or name.startswith("/") or name[1:2] == ":" or ".." in parts:
            raise IntakeError(
                f"The zip holds the name {shown(name)}, which leads outside it; make a new zip."
            )
        if len(parts) > MAX_DEPTH:
            raise IntakeError(f"The zip has folders nested more than {MAX_DEPTH} deep.")
        path = PurePosixPath(*parts)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if name.endswith("/") or kind == stat.S_IFDIR:
            self._add_folder(path)
            return
        if not parts:
            raise IntakeError("The zip holds a file without a name; make a new zip.")
        if path in self._folders:
            raise IntakeError(f"{shown(name)} is in the zip as a file and as a folder.")
        self._add_folder(path.parent)
        if path in self._members:
            self._twice.add(path)
        self._members[path] = member
        self._folders[path.parent][path.name] = KINDS.get(kind, Kind.OTHER)

    def _add_folder(self, folder: PurePosixPath) -> None:
        if folder in self._folders:
            return
        if folder in self._members:
            raise IntakeError(f"{shown(str(folder))} is in the zip as a file and as a folder.")
        self._add_folder(folder.parent)
        self._folders[folder] = {}
        self._folders[folder.parent][folder.name] = Kind.FOLDER


class _ListTooLong(Exception):
    """More is read at once than any zip's list of names that is accepted here."""


class _BoundedReads(io.RawIOBase):
    """A file that refuses to give more than ``MAX_LIST`` bytes at once.

    zipfile reads a zip's list of names in one piece and makes an object of each, before it can be
    asked how many there are. What it reads of a file in the zip is smaller, as we read that.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(MAX_LIST + 1 if size < 0 else min(size, MAX_LIST + 1))
        if len(data) > MAX_LIST:
            raise _ListTooLong
        return data
