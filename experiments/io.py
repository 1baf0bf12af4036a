"""Folders that one command at a time writes."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from experiments.errors import UserError
from problem_set.io import write_atomic


def write_if_changed(path: Path, content: str) -> None:
    """Write a file atomically, unless it has that content: it then stays as old as it is."""
    if not path.is_file() or path.read_bytes() != content.encode():
        write_atomic(path, content)


class FolderInUse(UserError):
    """Another process is doing runs into the folder; the message says what to do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"another command or notebook is doing runs into {folder}. Wait for it, or stop it, "
            "and give this command again; or give another folder with --out"
        )


@contextlib.contextmanager
def lock_folder(folder: Path, say: Callable[[str], None] = print) -> Iterator[None]:
    """Keep a folder for this process's runs; whatever ends the process frees it.

    Some network disks lock no files. A folder there is used without a lock, after saying so.

    Raises
    ------
    FolderInUse
        At once, if another process has it.
    UserError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made ({error.strerror}): give --out FOLDER") from None
    lock = FileLock(folder / ".lock")
    locked = True
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise FolderInUse(folder) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, PermissionError):
            raise UserError(f"{folder} cannot be written: give --out FOLDER") from None
        locked = False
        say(f"The disk of {folder} locks no files: give one command at a time that writes there.")
    try:
        yield
    finally:
        if locked:
            lock.release()
