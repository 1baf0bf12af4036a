"""Find the strongest sandbox that works on this machine, by trying it."""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grader.engine.replies import IsolationError
from grader.engine.sandbox.backends import bubblewrap, fallback
from grader.engine.sandbox.backends.none import UnsandboxedTransport
from grader.engine.sandbox.exchange import ForkedTransport
from grader.engine.sandbox.interpreter import WorkerSetup, private_places
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.session import Session, Transport
from grader.engine.sandbox.users import may_change_user
from grader.engine.sandbox.worker import landlock, seccomp

MODES = ("bubblewrap", "fallback", "none")
LAUNCH = {"bubblewrap": bubblewrap.launch, "fallback": fallback.launch}
LAYERS = {
    "bubblewrap": ("bubblewrap", "namespaces: user, process, mount, IPC, network"),
    "fallback": (),
}


@dataclass(frozen=True)
class Backend:
    """A transport that runs, what it is called, and what was found to hold.

    ``leaks`` are what a worker could still do that it should not, empty when isolated.
    """

    transport: Transport
    mode: str
    layers: tuple[str, ...]
    leaks: tuple[str, ...]


def select_backend(wanted: str | None, setup: WorkerSetup) -> Backend:
    """Return the strongest sandbox that starts, or the one that is wanted.

    Raises
    ------
    IsolationError
        If the one that is wanted does not start, or has a leak.
    """
    reasons = []
    for mode, other_users in _candidates():
        if wanted not in (None, mode):
            continue
        try:
            backend = _start(mode, other_users, setup)
        except (IsolationError, OSError) as error:
            reasons.append(f"{mode}: {error}")
            continue
        if mode == "bubblewrap" and backend.leaks:
            backend.transport.close()
            reasons.append(f"{mode}: a worker {', '.join(backend.leaks)}")
            continue
        return backend
    raise IsolationError(f"no sandbox of mode {wanted} works here; " + "; ".join(reasons))


def _candidates() -> Iterator[tuple[str, bool]]:
    """Yield modes, and whether workers are other users, strongest first."""
    if platform.system() == "Linux":
        for mode in LAUNCH:
            if may_change_user():
                yield mode, True
            yield mode, False
    yield "none", False


def _start(mode: str, other_users: bool, setup: WorkerSetup) -> Backend:
    """Start a server, and let a worker of it try everything that should be refused."""
    if mode == "none":
        leaks = ("is not isolated at all",)
        return Backend(UnsandboxedTransport(setup), mode, ("time limit",), leaks)
    filters = {"use_landlock": landlock.version(), "use_seccomp": int(seccomp.available())}
    for name in os.environ.get("GRADER_ISOLATION_WITHOUT", "").split():
        filters[f"use_{name}"] = 0
    layers = [
        *LAYERS[mode],
        *["separate user"] * other_users,
        *["Landlock"] * bool(filters["use_landlock"]),
        *["seccomp"] * bool(filters["use_seccomp"]),
        "resource limits",
    ]
    launch = partial(LAUNCH[mode], setup=setup, filters=filters)
    transport = ForkedTransport(launch, other_users)
    try:
        with Session(transport, {}, setup.package) as session:
            reply = session.run(
                _probe_program(mode, setup.package), limits=Limits(cpu=20), probe=True
            )
        found = reply.result.get("leaks")
        if reply.status != "ok" or not isinstance(found, list):
            raise IsolationError(f"the probe failed: {reply.sentence} {reply.output}")
    except BaseException:
        transport.close()
        raise
    return Backend(transport, mode, tuple(layers), tuple(found))


def _probe_program(mode: str, package: str) -> dict[str, Any]:
    secrets = [*private_places(package), Path.home(), Path("/etc/shadow"), Path("/root")]
    own = [f"/proc/{os.getpid()}/{name}" for name in ("environ", "mem", "maps")]
    folders = ["/", "/usr", "/tmp", "/var/tmp", "/dev/shm", sys.prefix, str(Path.home())]
    return {
        "reads": [str(path) for path in secrets if path.exists()] + own,
        "writes": folders,
        "process": os.getpid(),
        "sockets": mode != "bubblewrap",
    }
