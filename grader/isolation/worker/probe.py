"""What a confined worker can still do: tried, not assumed."""

import os
import socket
from pathlib import Path
from typing import Any


def execute(
    program: dict[str, Any], arrays: dict[str, Any], submission: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Try every door, and return the names of those that open.

    ``program``: ``reads``, paths that should be closed; ``writes``, folders that should be;
    ``process``, the id of a process that should be out of reach.
    """
    found = [f"reads {path}" for path in program["reads"] if _can_read(Path(path))]
    found += [f"writes to {path}" for path in program["writes"] if _can_write(Path(path))]
    tries = {
        "opens sockets": lambda: socket.socket().close(),
        "signals other processes": lambda: os.kill(program["process"], 0),
        "keeps root's powers": lambda: os.setgroups([]),
    }
    found += [name for name, attempt in tries.items() if _opens(attempt)]
    if not _opens(lambda: (submission / "note.txt").write_text("note")):
        found.append("has no scratch folder")
    return {"open": found}, {}


def _opens(attempt: Any) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _can_read(path: Path) -> bool:
    return _opens(lambda: list(path.iterdir())) or _opens(lambda: path.read_bytes())


def _can_write(folder: Path) -> bool:
    return _opens(lambda: (folder / "grader-probe").mkdir())
