"""Turn a 7z into a tar: standard input, a file, to standard output, in so many bytes of memory.

It is a program of its own since a 7z can ask for any memory and time. Of each file, no more is
kept than is read of any. Exits with 2 if py7zr is not installed, 3 if there is a password, 4 if
there are too many files, and 1 if something else is wrong. :mod:`grader.engine.tar_tree` reads it.
"""

import io
import sys
import tarfile

PROCESSOR_SECONDS = 20
MAX_MEMBERS = 5000
MAX_KEPT = (16 << 20) + 1
NO_LIBRARY, PASSWORD, TOO_MANY = 2, 3, 4


def main() -> int:
    try:
        import py7zr
    except ModuleNotFoundError:
        return NO_LIBRARY
    _bound(int(sys.argv[1]))

    class Kept(py7zr.Py7zIO):
        """The beginning of a file, as much as anybody reads of it."""

        def __init__(self) -> None:
            self.content = io.BytesIO()

        def write(self, s: bytes | bytearray) -> int:
            self.content.write(s[: max(0, MAX_KEPT - self.content.tell())])
            return len(s)

        def read(self, size: int | None = None) -> bytes:
            return self.content.read(size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.content.seek(offset, whence)

        def flush(self) -> None:
            pass

        def size(self) -> int:
            return len(self.content.getbuffer())

    class Keeper(py7zr.WriterFactory):
        def __init__(self) -> None:
            self.files: dict[str, Kept] = {}

        def create(self, filename: str) -> Kept:
            return self.files.setdefault(filename, Kept())

    keeper = Keeper()
    try:
        with py7zr.SevenZipFile(sys.stdin.buffer) as archive:
            if archive.needs_password():
                return PASSWORD
            listed = archive.list()
            if len(listed) > MAX_MEMBERS:
                return TOO_MANY
            archive.extractall(factory=keeper)
    except py7zr.PasswordRequired:
        return PASSWORD
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for info in listed:
            member = tarfile.TarInfo(info.filename)
            kept = keeper.files.get(info.filename)
            content = kept.content.getvalue() if kept is not None and info.is_file else b""
            member.size = len(content)
            if info.is_directory:
                member.type = tarfile.DIRTYPE
            elif info.is_symlink:
                member.type, member.size = tarfile.SYMTYPE, 0
            tar.addfile(member, io.BytesIO(content))
    return 0


def _bound(memory: int) -> None:
    try:
        import resource
    except ModuleNotFoundError:  # Windows, where only one's own files are graded
        return
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 256 << 20),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    sys.exit(main())
