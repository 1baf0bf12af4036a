"""Files that are whole or not there."""

import os
import secrets
from pathlib import Path

import psutil


def write_atomic(path: Path, content: bytes | str, *, executable: bool = False) -> None:
    """Write a file so that no reader ever sees a part of it, whatever interrupts the writing.

    Who may read it is what the user's umask says. What is no text in a string becomes ``?``.
    """
    if isinstance(content, str):
        content = content.encode(errors="replace")
    mode = 0o777 if executable else 0o666
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        # Not by tempfile, which makes files that only their owner may read.
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def remove_partial_files(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote."""
    for left in folder.glob(".*.part"):
        process = left.name.split(".")[-3]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            left.unlink(missing_ok=True)
