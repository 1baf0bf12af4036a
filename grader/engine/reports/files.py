"""A report, or a student's zip, on disk: whole at every moment."""

import secrets
from pathlib import Path


def write_whole(out: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, in place of one that is there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        with partial.open("xb") as file:  # readable for whom the user's umask says
            file.write(content.encode(errors="replace") if isinstance(content, str) else content)
        partial.replace(out)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
