"""One command at a time does runs into a folder: two would do each run twice."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from experiments.errors import UserError


class FolderInUse(UserError):
    """Another process is doing runs into the folder; the message says what to do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"another command or notebook is doing runs into {folder}, and its results will be "
            "yours. Wait for it, or stop it, and then give this one again; or give another folder "
            "with --out"
        )


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep a folder for this process's runs; whatever ends the process frees it.

    Raises
    ------
    FolderInUse
        At once, if another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise FolderInUse(folder) from None
    try:
        yield
    finally:
        lock.release()
