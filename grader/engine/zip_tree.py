"""A zip that was handed in. Nothing is extracted, and no list or size in it is believed.

Python's zipfile reads the whole list of names at once and raises errors of many kinds on a damaged
or hostile zip, so the list's size is bounded before it is read, and every error becomes a sentence.
"""

import io
import stat
import zipfile
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO

from grader.engine.members import MAX_MEMBERS, BoundedReads, ListTooLong, Members
from grader.engine.tree import MAX_FILE, IntakeError, Kind, shown, too_large

MAX_ARCHIVE = 64 << 20
PIECE = 1 << 16
#: Bytes of the list of names: that many names of 150 bytes, each with 60 bytes about it.
MAX_LIST = 1 << 20
MADE_BY_EVERYBODY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
KINDS = {
    0: Kind.FILE,
    stat.S_IFREG: Kind.FILE,
    stat.S_IFLNK: Kind.LINK,
    stat.S_IFDIR: Kind.FOLDER,
}


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
            self._archive = zipfile.ZipFile(BoundedReads(file, MAX_LIST))
        except ListTooLong:
            raise self._too_many() from None
        except Exception as error:
            raise IntakeError(
                f"{self.title} is not a zip, or it is damaged; make a new zip of the folder "
                "submission."
            ) from error
        self._members: Members[zipfile.ZipInfo] = Members("zip")
        if len(self._archive.infolist()) > MAX_MEMBERS:
            raise self._too_many()
        for member in self._archive.infolist():
            # zipfile cuts a name off at a zero byte.
            whole = member.orig_filename if "\0" in member.orig_filename else member.filename
            kind = KINDS.get(stat.S_IFMT(member.external_attr >> 16), Kind.OTHER)
            self._members.add(whole, kind, member)

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        return self._members.entries(folder)

    def read(self, path: PurePosixPath, name: str, limit: int = MAX_FILE) -> bytes:
        member = self._members.file(path, name)
        if member.flag_bits & 1:
            raise IntakeError(f"{shown(name)} is encrypted; make a zip without a password.")
        if member.compress_type not in MADE_BY_EVERYBODY:
            raise IntakeError(
                f"{shown(name)} is compressed in a way that is not read here; make the zip with "
                "your computer's own program, or with the method Deflate."
            )
        try:
            with self._archive.open(member) as file:
                pieces = iter(lambda: file.read(PIECE), b"")
                data = b"".join(islice(pieces, limit // PIECE + 1))
        except Exception as error:
            raise IntakeError(f"{shown(name)} in the zip is damaged; make a new zip.") from error
        if len(data) > limit:
            raise too_large(name, limit)
        return data

    def _too_many(self) -> IntakeError:
        return IntakeError(
            f"{self.title} holds more than {MAX_MEMBERS} files; zip only the folder submission."
        )
