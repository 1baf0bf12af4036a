"""A report, or a student's zip, on disk: whole at every moment."""

import os
import tempfile
from pathlib import Path


def write_whole(out: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, in place of one that is there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "wb", dir=out.parent, prefix=f".{out.name}", delete=False
    ) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    Path(file.name).chmod(0o666 & ~_umask())
    Path(file.name).replace(out)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
