"""The order in which a fresh worker gives up what it could do, before the student's first line."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kernel, landlock, seccomp
from .limits import apply_to_self


@dataclass(frozen=True)
class Confinement:
    """What the server was started with, and what each of its workers gives up.

    Parameters
    ----------
    namespaces : bool
        The server may make namespaces: a worker gets its own process ids, IPC and mounts.
    users : list of int
        User ids that workers take in turn; empty when the server cannot change its own.
    landlock : int
        The version of Landlock to use, 0 for none.
    seccomp : bool
        Whether to filter system calls.
    readable : list of str
        Paths that stay readable under Landlock.
    scratch : str
        A folder for scratch folders; with namespaces, where a tmpfs of its own is mounted.
    kept : list of int
        File descriptors of folders that Python is imported from.
    """

    namespaces: bool
    users: list[int]
    landlock: int
    seccomp: bool
    readable: list[str]
    scratch: str
    kept: list[int]


def own_scratch(confinement: Confinement, name: str, user: int | None, size: int) -> Path:
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


def give_up(
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
    # The kernel counts all that a user runs, and none of root's.
    countable = confinement.namespaces or user is not None
    apply_to_self(limits, address_space=address_space, whole_process=True, processes=countable)
    if confinement.landlock:
        landlock.restrict(confinement.readable, [scratch, "/dev/null"], confinement.landlock)
    if confinement.seccomp:
        seccomp.restrict(os.getpid(), on_disk=not confinement.namespaces)
