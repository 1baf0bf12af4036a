"""A tar that was handed in, as it is, in gzip, or made of a 7z. Nothing is extracted.

Python's tarfile looks for the next member as long as the file lasts, so what is unpacked is bounded
before it is looked into; gzip and 7z are unpacked into a file without a name, which goes away by
itself.
"""

import contextlib
import gzip
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from grader.engine.members import MAX_MEMBERS, BoundedReads, Members
from grader.engine.tree import MAX_FILE, IntakeError, Kind, shown, too_large

MAX_UNPACKED = 256 << 20
#: Bytes of all headers: those of 5000 files, with long names.
MAX_LIST = 8 << 20
UNPACK_7Z = Path(__file__).with_name("seven_zip.py")
MEMORY_OF_7Z = 1 << 30
SECONDS = 60  # for a 7z, whose processor time is bounded to less
PIECE = 1 << 20
KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.LINK,
}
ZIP_ONLY = "make a zip of the folder submission"


class TarTree:
    """An open tar.

    Parameters
    ----------
    file : binary file
        Stays open as long as the tree is used.
    title : str
        What it is called in errors.

    Raises
    ------
    IntakeError
        If it is not a tar, is damaged, holds too many files, or a name that leads outside.
    """

    def __init__(self, file: BinaryIO, title: str) -> None:
        self.title = shown(title)
        self._file = file
        self._members: Members[tarfile.TarInfo] = Members("tar")
        file.seek(0)
        try:
            with tarfile.open(
                fileobj=BoundedReads(file, MAX_LIST, total=True), mode="r:"
            ) as archive:
                listed = self._list(archive)
        except IntakeError:
            raise
        except Exception as error:
            raise IntakeError(
                f"{self.title} is not a tar, or it is damaged; {ZIP_ONLY}."
            ) from error
        for member in listed:
            kind = Kind.OTHER if member.issparse() else KINDS.get(member.type, Kind.OTHER)
            self._members.add(member.name, kind, member)

    def entries(self, folder: PurePosixPath) -> dict[str, Kind]:
        return self._members.entries(folder)

    def read(self, path: PurePosixPath, name: str, limit: int = MAX_FILE) -> bytes:
        member = self._members.file(path, name)
        if not 0 <= member.size <= limit:
            raise too_large(name, limit)
        self._file.seek(member.offset_data)
        data = self._file.read(member.size)
        if len(data) < member.size:
            raise IntakeError(f"{shown(name)} in the tar is damaged; {ZIP_ONLY}.")
        return data

    def _list(self, archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
        listed = []
        while member := archive.next():
            listed.append(member)
            if len(listed) > MAX_MEMBERS:
                raise IntakeError(
                    f"{self.title} holds more than {MAX_MEMBERS} files; pack only the folder "
                    "submission."
                )
        return listed


@contextlib.contextmanager
def unzipped(file: BinaryIO, title: str) -> Iterator[BinaryIO]:
    """Give what is in a gzip, as a file that goes away.

    Raises
    ------
    IntakeError
        If it is damaged, or unpacks to more than ``MAX_UNPACKED`` bytes.
    """
    file.seek(0)
    with tempfile.TemporaryFile() as unpacked:
        try:
            with gzip.GzipFile(fileobj=file) as packed:
                while piece := packed.read(PIECE):
                    unpacked.write(piece)
                    if unpacked.tell() > MAX_UNPACKED:
                        raise _too_much(title)
        except IntakeError:
            raise
        except Exception as error:
            raise IntakeError(f"{shown(title)} is damaged; {ZIP_ONLY}.") from error
        yield unpacked


@contextlib.contextmanager
def tar_of_7z(file: BinaryIO, title: str) -> Iterator[BinaryIO]:
    """Give a tar of what is in a 7z, as a file that goes away.

    A process of its own unpacks it, with bounds on memory and time: a 7z may ask for any amount of
    either, before it can be asked for what it holds.

    Raises
    ------
    IntakeError
        If that fails, or is not possible here.
    """
    with tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as unpacked:
        file.seek(0)
        shutil.copyfileobj(file, packed)
        packed.seek(0)
        try:
            done = subprocess.run(
                [sys.executable, "-I", UNPACK_7Z, str(MEMORY_OF_7Z)],
                stdin=packed,
                stdout=unpacked,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            )
            reason = REASONS_OF_7Z.get(
                done.returncode, "is not a 7z, or it is damaged or too large"
            )
        except subprocess.TimeoutExpired:
            reason = "takes too long to unpack"
        if reason:
            raise IntakeError(f"{shown(title)} {reason}; {ZIP_ONLY}.")
        yield unpacked


# By the exit code of ``seven_zip.py``; there is none in a copy that comes without it.
REASONS_OF_7Z = {
    0: "",
    2: "is a 7z archive, which is not read here",
    3: "has a password",
    4: f"holds more than {MAX_MEMBERS} files",
}


def _too_much(title: str) -> IntakeError:
    return IntakeError(
        f"{shown(title)} unpacks to more than {MAX_UNPACKED >> 20} MiB; pack only the folder "
        "submission."
    )
