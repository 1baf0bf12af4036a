"""Scratch folders on disk, where they cannot be in memory: watched, and removed whatever is in."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

MAX_ENTRIES = 2000
MAX_PATH = 2000


def written(folder: Path, limit: int) -> bool:
    """Return whether more than ``limit`` bytes, or too many or too deep entries, lie below.

    A worker goes on writing meanwhile; folders that vanish count for nothing.
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
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
    return False


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, however deep, following no link."""
    with contextlib.suppress(RecursionError):  # before Python 3.13
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, timeout=60)
