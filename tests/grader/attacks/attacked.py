"""What attacks are after, and what of this machine they may not have changed."""

import contextlib
import os
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

import grader
from grader.engine.sandbox.interpreter import WORKER


@dataclass(frozen=True)
class Target:
    """What attacks are after: a random text, in files they may know by name and in memory."""

    sentinel: str
    folder: Path
    home_file: Path
    listener: socket.socket
    datagrams: socket.socket
    abstract: socket.socket
    letterbox: socket.socket

    def names(self) -> dict[str, str]:
        """Return what stands for each ``@NAME@`` in an attack."""
        return {
            "@HIDDEN@": str(self.folder / "repository/grader/hidden/test_sentinel.py"),
            "@REPOSITORY@": str(self.folder / "repository"),
            "@NEIGHBOUR@": str(self.folder / "neighbour"),
            "@CURRENT@": str(self.folder / "current"),
            "@GRADER@": str(Path(grader.__file__).parent),
            "@BAIT@": str(self.folder / "current/sentinel.txt"),
            "@HOME@": str(Path.home()),
            "@HOME_FILE@": str(self.home_file),
            "@PARENT@": str(os.getpid()),
            "@PORT@": str(self.listener.getsockname()[1]),
            "@ABSTRACT@": self.abstract.getsockname()[1:].decode(),
            "@LETTERBOX@": self.letterbox.getsockname(),
        }

    def secrets(self) -> list[str]:
        """Return texts of which none may come back."""
        first_line = Path(grader.__file__).read_text().splitlines()[0]
        return [self.sentinel, first_line, *passwords()]

    def was_called(self) -> bool:
        """Return whether anything has come in over the network, or by a socket's path."""
        called = False
        for waiting in (self.listener, self.abstract):
            with contextlib.suppress(BlockingIOError):
                waiting.accept()[0].close()
                called = True
        for waiting in (self.datagrams, self.letterbox):
            with contextlib.suppress(BlockingIOError):
                called |= bool(waiting.recv(1))
        return called


def passwords() -> list[str]:
    """Return the lines of the password file, where the tests themselves may read it."""
    try:
        return [line for line in Path("/etc/shadow").read_text().splitlines() if len(line) > 20]
    except OSError:
        return []


@dataclass(frozen=True)
class Surroundings:
    """What of this machine an attack could have changed, at one moment."""

    files: frozenset
    processes: frozenset
    mounts: str
    descriptors: int
    in_memory: tuple


def surroundings(target: Target, users: list[int]) -> Surroundings:
    """Look at files, processes, mounts and what lives in the kernel's memory."""
    installed = [Path(find_spec(name).origin) for name in ("torch", "numpy", "os")]
    watched = [*target.folder.rglob("*"), *WORKER.glob("*.py"), *installed, target.home_file]
    for folder in ("/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/etc", Path.home(), Path.cwd()):
        watched += Path(folder).glob("*sentinel*")
        watched += [Path(folder, name) for name in ("results.json", "gradebook.db", ".bashrc")]
    watched += [folder / "sentinel.pth" for folder in map(Path, sys.path) if folder.is_dir()]
    ours = psutil.Process().children(recursive=True)
    theirs = [p for p in psutil.process_iter(["uids"]) if p.info["uids"].real in users]
    return Surroundings(
        frozenset(described(path) for path in watched if path.exists()),
        frozenset(process.pid for process in [*ours, *theirs]),
        Path("/proc/self/mountinfo").read_text(),
        len(list(Path("/proc/self/fd").iterdir())),
        tuple(0x5E17 in keys(Path("/proc/sysvipc", name)) for name in ("shm", "msg", "sem")),
    )


def described(path: Path) -> tuple:
    """Return what an attack would change of a file."""
    status = path.lstat()
    changed = None if path.is_dir() else status.st_mtime_ns
    return path, status.st_mode, status.st_uid, changed


def keys(table: Path) -> set[int]:
    """Return the keys of System V objects."""
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    return {int(line.split()[0]) for line in lines}
