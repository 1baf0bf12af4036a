"""Read and copy plain files out of a folder that someone else may be changing meanwhile."""

import fnmatch
import os
import stat
from collections.abc import Sequence
from pathlib import Path

MAX_DEPTH = 12


class NotPlainError(ValueError):
    """What was to be read is no plain file; the message is a sentence."""


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
        descriptor = os.open(path, flags, dir_fd=folder)
    except OSError as error:
        raise NotPlainError(f"This is a link, or it cannot be read ({error.strerror}).") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotPlainError("This is not an ordinary file.")
        if status.st_nlink > 1:
            raise NotPlainError("This is a hard link.")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise NotPlainError(f"This is larger than {limit >> 10} kB.")
    return content


def copy_plain_files(
    source: Path, destination: Path, ignored: Sequence[str], file_limit: int, total_limit: int
) -> list[str]:
    """Copy a folder's plain files; return a sentence for each thing that was left out.

    Parameters
    ----------
    ignored : sequence of str
        Patterns of names that are left out without a word.
    file_limit, total_limit : int
        Bytes of one file, and of all together.
    """
    left_out: list[str] = []
    left = total_limit
    for root, folders, files, descriptor in os.fwalk(source, follow_symlinks=False):
        place = Path(root).relative_to(source)
        kept = [name for name in sorted(folders) if not _matches(name, ignored)]
        wrong = [name for name in kept if _is_link(name, descriptor) or name.endswith(".ipynb")]
        left_out += [f"{_shown(place / name)}: This is no ordinary folder." for name in wrong]
        deep = len(place.parts) >= MAX_DEPTH
        folders[:] = [] if deep else [name for name in kept if name not in wrong]
        (destination / place).mkdir(parents=True, exist_ok=True)
        for name in sorted(files):
            if _matches(name, ignored):
                continue
            try:
                content = read_plain_file(name, min(file_limit, left), descriptor)
                (destination / place / name).write_bytes(content)
            except NotPlainError as error:
                left_out.append(f"{_shown(place / name)}: {error}")
            else:
                left -= len(content)
    return left_out


def _is_link(name: str, folder: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _shown(path: Path) -> str:
    """Return a name that can be written to any log."""
    return ascii(path.as_posix())[1:-1][:200]
