"""Files that are whole or not there."""

import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that no reader ever sees a part of it, whatever interrupts the writing."""
    if isinstance(content, str):
        content = content.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: str) -> None:
    """Write a file atomically, unless it has that content: it then stays as old as it is."""
    if not path.is_file() or path.read_bytes() != content.encode():
        write_atomic(path, content)
