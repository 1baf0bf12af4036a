"""What a confined worker can still do: tried, not assumed."""

import os
import socket
from pathlib import Path
from typing import Any

#: Reserved for documentation (RFC 5737); connecting a datagram socket sends nothing.
ELSEWHERE = ("203.0.113.1", 9)


def execute(
    program: dict[str, Any], arrays: dict[str, Any], submission: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Try every door, and return the names of those that open.

    ``program``: ``reads``, paths that should be closed; ``writes``, folders that should be;
    ``process``, the id of a process that should be out of reach; ``sockets``, whether there is
    no network of the worker's own, so that none should open.
    """
    found = [f"reads {path}" for path in program["reads"] if _can_read(Path(path))]
    found += [f"writes to {path}" for path in program["writes"] if _can_write(Path(path))]
    tries = {
        "reaches the network": lambda: socket.socket(type=socket.SOCK_DGRAM).connect(ELSEWHERE),
        "signals other processes": lambda: os.kill(program["process"], 0),
        "keeps root's powers": lambda: os.setgroups([]),
    }
    if program["sockets"]:
        tries["opens sockets"] = lambda: socket.socket(socket.AF_UNIX).close()
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
    """Return whether a file can be read, or a folder that has files and not only mount points."""
    try:
        return any(not entry.is_dir() for entry in path.iterdir())
    except NotADirectoryError:
        return _opens(lambda: path.read_bytes())
    except OSError:
        return False


def _can_write(folder: Path) -> bool:
    place = folder / f"grader-probe-{os.getpid()}"
    if not _opens(place.mkdir):
        return False
    _opens(place.rmdir)
    return True
