"""Read plain files out of a folder that someone else made, and may be changing meanwhile."""

import os
import stat
from pathlib import Path


class NotPlainError(ValueError):
    """What was to be read is no plain file; the message says so, to stand after its name."""


def read_plain_file(path: Path | str, limit: int, folder: int | None = None) -> bytes:
    """Return a file's content, having looked at the very file that is read, not at its name.

    Parameters
    ----------
    path : Path or str
    limit : int
        Bytes that it may have.
    folder : int, optional
        The open folder that ``path`` is relative to.

    Raises
    ------
    NotPlainError
        If it is a link, a device, a name of a file that has others, or too large.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), dir_fd=folder)
    except OSError as error:
        raise NotPlainError(f"is a link, or cannot be read ({error.strerror})") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotPlainError("is not an ordinary file")
        if status.st_nlink > 1:
            raise NotPlainError("is a hard link, and not a file of its own")
        content = file.read(limit + 1)
    if len(content) > limit:
        size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
        raise NotPlainError(f"is larger than {size}")
    return content
