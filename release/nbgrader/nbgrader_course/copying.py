"""Copy the plain files of a folder that someone else may still be changing."""

import fnmatch
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from grader.engine.plain_files import NotPlainError, read_plain_file

MAX_DEPTH = 12
MAX_ENTRIES = 5_000  # files and folders; what students get is some two hundred


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
    entries = 0
    for root, folders, files, descriptor in os.fwalk(source, follow_symlinks=False):
        place = Path(root).relative_to(source)
        entries += len(folders) + len(files)
        if entries > MAX_ENTRIES:
            left_out.append(
                f"{_shown(place)} and what comes after it: More than {MAX_ENTRIES:,} files and "
                "folders were handed in."
            )
            break
        kept = [name for name in sorted(folders) if not _matches(name, ignored)]
        wrong = [name for name in kept if _no_folder(name, descriptor) or name.endswith(".ipynb")]
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
                left_out.append(f"{_shown(place / name)}: This {error}.")
            else:
                left -= len(content)
    return left_out


def _no_folder(name: str, folder: int) -> bool:
    """Return whether a folder's name has become a link, or is gone."""
    try:
        return not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return True


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _shown(path: Path) -> str:
    """Return a name that can be written to any log."""
    return ascii(path.as_posix())[1:-1][:200]
