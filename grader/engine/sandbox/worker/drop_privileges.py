"""The order in which a fresh worker gives up what it could do, before the student's first line."""

import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kernel, landlock, seccomp

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

#: Seconds from when a worker's time is up to when it is killed; in between it reports its line.
GRACE = 0.5


@dataclass(frozen=True)
class Confinement:
    """What the server was started with, and what each of its workers gives up.

    Parameters
    ----------
    namespaces : bool
        The server may make namespaces: a worker gets its own process ids, IPC and mounts.
    use_landlock : int
        The version of Landlock to use, 0 for none.
    use_seccomp : bool
        Whether to filter system calls.
    readable : list of str
        Paths that stay readable under Landlock.
    scratch : str
        A folder for scratch folders; with namespaces, where a tmpfs of its own is mounted.
    kept : list of int
        File descriptors of folders that Python is imported from.
    """

    namespaces: bool
    use_landlock: int
    use_seccomp: bool
    readable: list[str]
    scratch: str
    kept: list[int]


def make_scratch_dir(confinement: Confinement, name: str, user: int | None, size: int) -> Path:
    """Make the worker's scratch folder: a tmpfs of its own, or a folder its user owns."""
    if confinement.namespaces:
        kernel.call("unshare", kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC)
        kernel.make_mounts_private()
        kernel.mount_tmpfs(confinement.scratch, size, user)
        return Path(confinement.scratch)
    folder = Path(confinement.scratch) / name
    folder.mkdir(mode=0o700)
    if user is not None:
        os.chown(folder, user, user)
    return folder


def drop_privileges(
    confinement: Confinement,
    limits: dict[str, Any],
    scratch: Path,
    user: int | None,
    address_space: int,
) -> None:
    """Leave this process no more than it needs to run a submission."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    set_limits(limits, address_space)
    for name in ("MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO", "SIGPENDING"):
        _set(f"RLIMIT_{name}", 0)
    # The kernel takes whole seconds, and counts from when the worker was forked.
    _set("RLIMIT_CPU", math.ceil(time.process_time() + limits["cpu"] + GRACE))
    if confinement.namespaces or user is not None:
        # The kernel counts all that a user runs, and none of root's.
        _set("RLIMIT_NPROC", limits["processes"])
    if confinement.use_landlock:
        landlock.restrict(confinement.readable, [scratch, "/dev/null"], confinement.use_landlock)
    if confinement.use_seccomp:
        seccomp.restrict(os.getpid(), on_disk=not confinement.namespaces)


def set_limits(limits: dict[str, Any], address_space: int) -> None:
    """Set those resource limits that make sense for any process; none can be raised again.

    Parameters
    ----------
    limits : dict
        The fields of :class:`grader.engine.sandbox.Limits`.
    address_space : int
        Bytes that this process has mapped already; 0 for no limit on memory.
    """
    _set("RLIMIT_CORE", 0)
    _set("RLIMIT_FSIZE", limits["file"])
    _set("RLIMIT_NOFILE", 256)
    if address_space:
        _set("RLIMIT_AS", address_space + limits["memory"])


def mapped_address_space() -> int:
    """Return the bytes that this process has mapped, to a page; 0 where that is not known.

    There is no ``/proc`` to read it from in the sandbox, so this asks the kernel how low the
    limit may be for one more page to fit.
    """
    import mmap

    if resource is None:
        return 0
    before = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 44
    try:
        while high - low > mmap.PAGESIZE:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, before[1]))
            try:
                mmap.mmap(-1, mmap.PAGESIZE).close()
                high = middle
            except OSError:
                low = middle
    except (ValueError, OSError):
        return 0
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    return high if high < 1 << 44 else 0


def _set(name: str, amount: int) -> None:
    """Lower one limit, never above a hard limit that is already there."""
    which = getattr(resource, name, None)
    if which is None:  # this system has no such limit
        return
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        amount = min(amount, hard)
    try:
        resource.setrlimit(which, (amount, amount))
    except (ValueError, OSError):  # macOS refuses some of them
        return
