"""Find the strongest sandbox that works on this machine, by trying it."""

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grader.engine.replies import IsolationError
from grader.engine.sandbox.backends import bubblewrap, fallback
from grader.engine.sandbox.backends.none import PlainTransport
from grader.engine.sandbox.fork_server_client import Launch
from grader.engine.sandbox.forked import ForkedTransport
from grader.engine.sandbox.interpreter import WorkerSetup, private_places
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.session import Session
from grader.engine.sandbox.users import may_change_user
from grader.engine.sandbox.worker import landlock, seccomp

MODES = ("bubblewrap", "fallback", "plain")


@dataclass(frozen=True)
class Chosen:
    """A transport that runs, what it is called, and what was found to hold.

    ``leaks`` says what a worker could still do that it should not, empty when isolated.
    """

    transport: ForkedTransport | PlainTransport
    mode: str
    layers: tuple[str, ...]
    leaks: tuple[str, ...]


def choose(wanted: str | None, setup: WorkerSetup) -> Chosen:
    """Return the strongest sandbox that starts, or the one that is wanted.

    Raises
    ------
    IsolationError
        If the one that is wanted does not start, or leaves a door open.
    """
    complaints = []
    for mode, start in _candidates(setup):
        if wanted not in (None, mode):
            continue
        try:
            chosen = start()
        except (IsolationError, OSError) as error:
            complaints.append(f"{mode}: {error}")
            continue
        if mode == "bubblewrap" and chosen.leaks:
            chosen.transport.close()
            complaints.append(f"{mode}: a worker {', '.join(chosen.leaks)}")
            continue
        return chosen
    raise IsolationError(f"no sandbox of mode {wanted} works here; " + "; ".join(complaints))


def _candidates(setup: WorkerSetup) -> list[tuple[str, Callable[[], Chosen]]]:
    plain = ("plain", partial(_plain, setup))
    if platform.system() != "Linux":
        return [plain]
    locks = {"landlock": landlock.version(), "seccomp": int(seccomp.available())}
    for name in os.environ.get("GRADER_ISOLATION_WITHOUT", "").split():
        locks[name] = 0
    candidates = []
    for mode, start in (("bubblewrap", _bubblewrap), ("fallback", _fallback)):
        if may_change_user():
            candidates.append((mode, partial(start, setup, locks, True)))
        candidates.append((mode, partial(start, setup, locks, False)))
    return [*candidates, plain]


def _bubblewrap(setup: WorkerSetup, locks: dict[str, int], other_user: bool) -> Chosen:
    layers = ["bubblewrap", "namespaces: user, process, mount, IPC, network"]
    launch = partial(bubblewrap.launch, setup=setup, locks=locks)
    return _tried(launch, "bubblewrap", layers, locks, other_user)


def _fallback(setup: WorkerSetup, locks: dict[str, int], other_user: bool) -> Chosen:
    launch = partial(fallback.launch, setup=setup, locks=locks)
    return _tried(launch, "fallback", [], locks, other_user)


def _plain(setup: WorkerSetup) -> Chosen:
    return Chosen(PlainTransport(setup), "plain", ("time limit",), ("is not isolated at all",))


def _tried(
    launch: Launch, mode: str, layers: list[str], locks: dict[str, int], other_user: bool
) -> Chosen:
    """Start a server, and let a worker of it try every door."""
    names = {"landlock": "Landlock", "seccomp": "seccomp"}
    layers += ["separate user"] * other_user
    layers += [names[lock] for lock, used in locks.items() if used]
    transport = ForkedTransport(launch, other_user)
    try:
        with Session(transport, {}) as session:
            reply = session.run(_doors(mode), limits=Limits(wall=20), probe=True)
    except BaseException:
        transport.close()
        raise
    found = reply.result.get("open")
    if reply.status != "ok" or not isinstance(found, list):
        transport.close()
        raise IsolationError(f"the probe failed: {reply.sentence} {reply.output}")
    return Chosen(transport, mode, (*layers, "resource limits"), tuple(found))


def _doors(mode: str) -> dict[str, Any]:
    secrets = [*private_places(), Path.home(), Path("/etc/shadow"), Path("/root")]
    own = [f"/proc/{os.getpid()}/{name}" for name in ("environ", "mem", "maps")]
    folders = ["/", "/usr", "/tmp", "/var/tmp", "/dev/shm", sys.prefix, str(Path.home())]
    reads = [str(path) for path in secrets if path.exists()]
    return {
        "reads": reads + own,
        "writes": folders,
        "process": os.getpid(),
        "sockets": mode != "bubblewrap",
    }
