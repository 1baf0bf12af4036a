"""The Linux calls that Python has no name for."""

import contextlib
import ctypes
import functools
import os
import platform

MACHINE = platform.machine()
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_SLAVE = 2, 4, 8, 0x4000, 0x80000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS = 1, 4, 24, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
LAST_CAPABILITY = 63
EVERY_SECUREBIT_LOCKED = 0xEF  # but KEEP_CAPS, which is off and locked
CAPABILITY_VERSION_3 = 0x20080522


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """Call a function of the C library; raise OSError where it returns -1."""
    result = getattr(_libc(), name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def system_call(number: int, *arguments: object) -> int:
    """Make a system call by its number; raise OSError where it fails."""
    padded = [
        ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments
    ]
    return call("syscall", ctypes.c_long(number), *padded)


def prctl(option: int, *arguments: int) -> int:
    """Call prctl(2)."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return call("prctl", option, *padded)


def mount_tmpfs(target: str, size: int, user: int | None) -> None:
    """Mount an empty, bounded file system in memory over ``target``, owned by ``user``."""
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
    options = f"size={size},nr_inodes=2000,mode=0700"
    if user is not None:
        options += f",uid={user},gid={user}"
    call("mount", b"tmpfs", target.encode(), b"tmpfs", flags, options.encode())


def make_mounts_private() -> None:
    """Keep later mounts from spreading to any other mount namespace."""
    call("mount", None, b"/", None, ctypes.c_ulong(MS_REC | MS_SLAVE), None)


def drop_capabilities() -> None:
    """Give up every capability, and the ways to get one back."""
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # not privileged, or there are no more
            break
    with contextlib.suppress(OSError):
        prctl(PR_SET_SECUREBITS, EVERY_SECUREBIT_LOCKED)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header, none = _CapabilityHeader(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    call("capset", ctypes.byref(header), ctypes.byref(none))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
