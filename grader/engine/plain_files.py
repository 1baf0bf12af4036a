"""Read plain files out of a folder that someone else made, and may still be changing."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotPlainError(ValueError):
    """What was to be read is no plain file; the message says so, to stand after its name."""


def is_link(status: os.stat_result) -> bool:
    """Return whether ``lstat`` found a symbolic link or, on Windows, a junction."""
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003)
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == junction


def open_plain_file(path: Path | str, folder: int | None = None) -> BinaryIO:
    """Open a file to read, having looked at the very file that is opened, not at its name.

    Parameters
    ----------
    path : Path or str
    folder : int, optional
        The open folder that ``path`` is relative to.

    Raises
    ------
    NotPlainError
        If it is a link, a device, or a name of a file that has others.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), dir_fd=folder)
    except OSError as error:
        raise NotPlainError(f"is a link, or cannot be read ({error.strerror})") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotPlainError("is not an ordinary file")
        if status.st_nlink > 1:
            raise NotPlainError("is a hard link, and not a file of its own; hand in a copy")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain_file(path: Path | str, limit: int, folder: int | None = None) -> bytes:
    """Return the content of a file that :func:`open_plain_file` opens.

    Parameters
    ----------
    limit : int
        Bytes that it may have.

    Raises
    ------
    NotPlainError
        If it is no plain file, or too large.
    """
    with open_plain_file(path, folder) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
        raise NotPlainError(f"is larger than {size}")
    return content
