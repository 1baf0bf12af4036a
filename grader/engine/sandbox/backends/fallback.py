"""Start the fork server without namespaces: other users, Landlock, seccomp and limits.

For containers in which bubblewrap cannot run. As root, workers are users that belong to nobody;
as an ordinary user they share the user's id, and Landlock and seccomp alone keep them in.
"""

import os
import tempfile
from pathlib import Path
from typing import IO

from grader.engine.sandbox.fork_server_client import ServerProcess, start_server
from grader.engine.sandbox.interpreter import (
    DEVICES,
    WORKER,
    WorkerSetup,
    current_interpreter,
    private_places,
)
from grader.engine.sandbox.scratch import remove


def launch(
    control: int, stderr: IO[bytes], users: list[int], setup: WorkerSetup, filters: dict[str, int]
) -> ServerProcess:
    """Start the server.

    ``users``: whom workers run as, if not as the grader's user; ``filters``: the version of
    Landlock to use and whether to use seccomp.
    """
    python = current_interpreter()
    scratch = Path(tempfile.mkdtemp(prefix="grader-"))
    scratch.chmod(0o711)
    kept: list[int] = []
    try:
        search_path = {
            str(path): _reachable(path, kept, bool(users)) for path in python.search_path
        }
        readable = [
            _reachable(path, kept, bool(users))
            for path in _readable(python.places(), setup.package)
        ]
        options = {
            "control": control,
            "preload": setup.preload,
            "modules": setup.modules(),
            "search_path": [*search_path.values(), str(WORKER.parent)],
            "moved": search_path,
            "confinement": {
                "namespaces": False,
                "readable": [*readable, *map(str, DEVICES)],
                "scratch": str(scratch),
                "kept": kept,
                **filters,
            },
        }
        server = WORKER / "server.py"
        process = start_server([], server, options, stderr, [control, *kept])
    except BaseException:
        remove(scratch)
        raise
    finally:
        for descriptor in kept:
            os.close(descriptor)
    return ServerProcess(process, users, users, scratch)


def _reachable(path: Path, kept: list[int], other_user: bool) -> str:
    """Return a path that another user can follow, through a descriptor where there is no other.

    Python may be in root's home, which nobody else may enter.
    """
    closed = any(not folder.stat().st_mode & 0o001 for folder in path.parents)
    if not (other_user and closed):
        return str(path)
    kept.append(os.open(path, os.O_PATH | os.O_CLOEXEC))
    return f"/proc/self/fd/{kept[-1]}"


def _readable(places: list[Path], package: str) -> list[Path]:
    """Return paths that cover ``places`` but nothing private that lies in one of them."""
    private = set(private_places(package))
    around = {folder for path in private for folder in path.parents}
    readable: list[Path] = []
    remaining = list(places)
    while remaining:
        place = remaining.pop()
        if place in around:
            remaining += place.iterdir()
        elif place not in private:
            readable.append(place)
    return readable
