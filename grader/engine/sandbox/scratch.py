"""Scratch folders on disk, where they cannot be in memory: watched, and removed whatever is in."""

import contextlib
import os
import secrets
import shutil
import stat
from pathlib import Path

MAX_ENTRIES = 2000
MAX_PATH = 2000


def written(folder: Path, limit: int) -> bool:
    """Return whether more than ``limit`` bytes, or too many or too deep entries, lie below.

    The worker goes on writing. Folders that have vanished count for nothing, those that are
    closed to their owner are opened, and one that cannot be counted counts as too much.
    """
    total, entries, folders = 0, 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as scan:
                for entry in scan:
                    status = entry.stat(follow_symlinks=False)
                    total += max(status.st_size, status.st_blocks * 512)
                    entries += 1
                    if total > limit or entries > MAX_ENTRIES or len(entry.path) > MAX_PATH:
                        return True
                    if stat.S_ISDIR(status.st_mode):
                        if status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
                            _open_up(Path(entry.path))
                        folders.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True
    return False


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, of any mode and however deep, following no link.

    The process that wrote to it must have ended. Folders are moved up before they are emptied, so
    that no path becomes too long.
    """
    moved = secrets.token_hex(8)
    with contextlib.suppress(OSError):
        _open_up(folder)
        while inner := _emptied(folder):
            for number, path in enumerate(inner):
                _open_up(path)
                for place, deeper in enumerate(_emptied(path)):
                    _open_up(deeper)  # or its owner may not move it
                    deeper.rename(folder / f"{moved}-{number}-{place}")
                path.rmdir()
            moved = secrets.token_hex(8)
        folder.rmdir()
    shutil.rmtree(folder, ignore_errors=True)


def _emptied(folder: Path) -> list[Path]:
    """Remove all from a folder but the folders in it; return these."""
    inner = []
    with os.scandir(folder) as scan:
        for entry in scan:
            if entry.is_dir(follow_symlinks=False):
                inner.append(Path(entry.path))
            else:
                Path(entry.path).unlink()
    return inner


def _open_up(folder: Path) -> None:
    """Let a folder's owner list, enter and change it; a link in its place is not followed."""
    if not hasattr(os, "O_PATH"):
        folder.chmod(stat.S_IRWXU)
        return
    descriptor = os.open(folder, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        Path(f"/proc/self/fd/{descriptor}").chmod(stat.S_IRWXU)
    finally:
        os.close(descriptor)
