"""What a confined worker can still do: tried, not assumed."""

import ctypes
import errno
import os
import socket
from pathlib import Path
from typing import Any

from . import kernel
from .system_calls import NUMBERS

#: Reserved for documentation (RFC 5737); connecting a datagram socket sends nothing.
ELSEWHERE = ("203.0.113.1", 9)
#: Calls that no worker may make. They are tried with arguments that are all -1: a kernel that
#: gets as far as looking at them complains of these, and nothing happens.
FORBIDDEN_NAMES = """
    flock fadvise64 readahead cachestat mincore sysinfo preadv2 statfs truncate
    chmod fchmod fchmodat chown fchown fchownat utime utimes utimensat setxattr fsetxattr
    link linkat symlink symlinkat mknod mknodat inotify_init1 fanotify_init name_to_handle_at
    open_by_handle_at execve execveat clone3 ptrace process_vm_readv process_vm_writev
    process_madvise kcmp pidfd_open pidfd_getfd pidfd_send_signal tkill rt_sigqueueinfo
    setpriority ioprio_set move_pages unshare setns mount move_mount open_tree fsopen fspick
    fsmount mount_setattr pivot_root chroot socket connect bind sendmsg recvmsg
    keyctl add_key request_key bpf perf_event_open userfaultfd seccomp landlock_create_ruleset
    io_uring_setup io_uring_enter io_setup shmget shmctl semget semctl msgctl mq_open
    memfd_create memfd_secret vmsplice splice tee sendfile copy_file_range
    timer_create timerfd_create signalfd4 personality quotactl syslog
"""
FORBIDDEN = tuple(FORBIDDEN_NAMES.split())
SHOWN = 8
REFUSED = (errno.EPERM, errno.ENOSYS)


def execute(
    program: dict[str, Any], arrays: dict[str, Any], submission: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Try everything that should be refused, and return what was not.

    ``program``: ``reads``, paths that it should not read; ``writes``, folders that it should not
    change; ``process``, the id of a process that should be out of reach; ``sockets``, whether
    no socket should open, because there is no network of the worker's own.
    """
    found = [f"reads {path}" for path in program["reads"] if _can_read(Path(path))]
    found += [f"writes to {path}" for path in program["writes"] if _can_write(Path(path))]
    tries = {
        "reaches the network": lambda: socket.socket(type=socket.SOCK_DGRAM).connect(ELSEWHERE),
        "signals other processes": lambda: os.kill(program["process"], 0),
        "keeps root's powers": lambda: os.setgroups([]),
        "starts processes": _fork,
    }
    if program["sockets"]:
        tries["opens sockets"] = lambda: socket.socket(socket.AF_UNIX).close()
    found += [name for name, attempt in tries.items() if _succeeds(attempt)]
    found += [name for name, call in _with_arguments().items() if _reaches(*call)]
    calls = [name for name in FORBIDDEN if _reaches(name, -1, -1, -1, -1, -1, -1)]
    if calls:
        listed = ", ".join(calls[:SHOWN]) + (" ..." if len(calls) > SHOWN else "")
        found.append(f"makes {len(calls)} system calls that it should not: {listed}")
    if not _succeeds(lambda: (submission / "note.txt").write_text("note")):
        found.append("has no scratch folder")
    return {"leaks": found}, {}


def _with_arguments() -> dict[str, tuple[Any, ...]]:
    """Return calls of which some arguments alone are forbidden, with a descriptor that is none."""
    import fcntl
    import mmap

    none, reading = -1, os.O_RDONLY
    commands = {
        "locks parts of files": fcntl.F_SETLK,
        "locks parts of files for a descriptor": 37,  # F_OFD_SETLK
        "takes leases on files": fcntl.F_SETLEASE,
        "watches folders": fcntl.F_NOTIFY,
        "has others signalled": fcntl.F_SETOWN,
        "chooses the signal": fcntl.F_SETSIG,
        "enlarges pipes": 1031,  # F_SETPIPE_SZ
    }
    controls = {
        "reads a file's flags": 0x80086601,  # FS_IOC_GETFLAGS
        "sets a file's flags": 0x40086602,  # FS_IOC_SETFLAGS
        "reads a file's generation": 0x80087601,  # FS_IOC_GETVERSION
        "types into a terminal": 0x5412,  # TIOCSTI
    }
    return {
        **{what: ("fcntl", none, command, 0) for what, command in commands.items()},
        **{what: ("ioctl", none, control, 0) for what, control in controls.items()},
        "truncates files that it may read": ("openat", none, none, reading | os.O_TRUNC, 0),
        "truncates files that it may not read": ("openat", none, none, os.O_ACCMODE, 0),
        "maps shared memory": ("mmap", 0, 4096, 1, mmap.MAP_SHARED, none, 0),
        "asks for pages of files": ("madvise", 1, 1, 3),  # MADV_WILLNEED, not at a page's start
        "sends datagrams": ("socketpair", socket.AF_UNIX, socket.SOCK_DGRAM, 0, none),
        "outlives its server": ("prctl", 1, none),  # PR_SET_PDEATHSIG
    }


def _reaches(name: str, *arguments: int) -> bool:
    """Return whether the kernel looks at a call's arguments, of which it can make nothing."""
    number = NUMBERS.get(kernel.MACHINE, {}).get(name)
    if number is None:
        return False
    try:
        kernel.system_call(number, *(ctypes.c_long(argument) for argument in arguments))
    except OSError as error:
        return error.errno not in REFUSED
    return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def _succeeds(attempt: Any) -> bool:
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
        return _succeeds(lambda: path.read_bytes())
    except OSError:
        return False


def _can_write(folder: Path) -> bool:
    place = folder / f"grader-probe-{os.getpid()}"
    if not _succeeds(place.mkdir):
        return False
    _succeeds(place.rmdir)
    return True
