"""A filter that leaves a process the system calls that submissions need, and no other.

The list is what torch, numpy, scipy, pandas and right submissions were seen to use (``strace``),
and calls of the same kind that other versions of Python and of the C library use instead. What is
not on it is refused with an error, so that code which can do without goes on. The filter is the
second defence where namespaces, Landlock and permissions refuse already, and the first one
elsewhere: no new process, no program started, no socket that reaches anybody, no signal to anybody
else; no lock or lease on a file, no change of a file's owner, mode or time, which Landlock leaves
to its owner, and no truncation, which it leaves to them before Linux 6.2; no look at what the
kernel has in memory; and no memory or disk that no limit counts, such as files that live in memory.
"""

import ctypes
import errno
import functools
import os
import socket
import struct
from dataclasses import dataclass

from . import kernel
from .system_calls import NUMBERS

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # of <linux/audit.h>

#: Always allowed. An architecture has not all of them: aarch64 lacks the older ones.
ALLOWED_NAMES = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close
    stat lstat fstat newfstatat statx access faccessat readlink readlinkat getcwd chdir fchdir
    getdents getdents64 mkdir mkdirat ftruncate umask dup dup2 dup3 pipe pipe2
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    eventfd eventfd2 sendto recvfrom shutdown getsockname getpeername getsockopt
    brk munmap mprotect mremap
    futex set_robust_list set_tid_address rseq sched_yield sched_getaffinity sched_getparam
    sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu arch_prctl
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait
    sigaltstack pause alarm getitimer setitimer restart_syscall
    exit exit_group wait4 waitid getpid getppid gettid getpgrp getuid geteuid getgid
    getegid getresuid getresgid getgroups getrlimit setrlimit getrusage times uname
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrandom
"""
ALLOWED = tuple(ALLOWED_NAMES.split())
#: Allowed where the scratch folder is a file system of its own, with a bound of its own.
IN_MEMORY = ("rename", "renameat", "renameat2", "fallocate")
#: On a disk, a file that has lost its name is missing where the grader adds up what was
#: written. Removing one is said to have worked, as ``tempfile`` needs, and has not been done.
REMOVING = ("unlink", "rmdir", "unlinkat")
#: Linux 5.1 and later: the C library and Python do without these where the kernel lacks them,
#: and are told ENOSYS. From here on all architectures have the same numbers.
FIRST_RECENT = 424
#: Older ones for which the same holds.
DISPENSABLE = ("preadv2", "pwritev2")

O_TMPFILE = 0o20000000
CLONE_FILES, CLONE_THREAD = 0x400, 0x10000  # of <linux/sched.h>
PR_SET_NAME, PR_GET_NAME, PR_SET_VMA = 15, 16, 0x53564D41  # of <linux/prctl.h>
#: Of <asm-generic/mman-common.h>: NORMAL to SEQUENTIAL, DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE,
#: DONTDUMP, DODUMP, WIPEONFORK, GUARD_INSTALL, GUARD_REMOVE. None moves a page of a file.
ADVICE = (0, 1, 2, 4, 8, 14, 15, 16, 17, 18, 102, 103)
X32 = 0x40000000

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALL_BITS = 0xFFFFFFFF
PR_SET_SECCOMP, MODE_FILTER = 22, 2


@dataclass(frozen=True)
class Rule:
    """A call that is allowed if ``argument & mask``, of its lower 32 bits, is among ``values``."""

    call: str
    argument: int
    values: tuple[int, ...]
    mask: int = _ALL_BITS


def rules(pid: int, on_disk: bool) -> list[Rule]:
    """Return the conditions of calls that a process of this id may make with some arguments.

    A call with several rules must satisfy all of them.
    """
    import fcntl
    import mmap
    import termios

    thread = CLONE_THREAD | CLONE_FILES  # with descriptors of the process's
    opening: tuple[int, ...] = (os.O_RDONLY, os.O_WRONLY, os.O_RDWR)
    # Truncation by a descriptor that may only read, and by the access mode 3, which opens for
    # neither and is checked for less.
    opening += (os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_TRUNC)
    how = os.O_ACCMODE | os.O_TRUNC | (O_TMPFILE if on_disk else 0)
    commands: tuple[int, ...] = (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD)
    commands += (fcntl.F_GETFL, fcntl.F_SETFL)
    controls: tuple[int, ...] = (termios.TCGETS, termios.TIOCGWINSZ, termios.FIONREAD)
    controls += (termios.FIONBIO, termios.FIOCLEX, termios.FIONCLEX)
    streams = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)  # a datagram may go to any socket
    about_itself: tuple[str, ...] = ("sched_setscheduler", "sched_setparam", "sched_setaffinity")
    about_itself += ("prlimit64", "getpgid", "getsid")
    return [
        Rule("openat", 2, opening, how),
        Rule("open", 1, opening, how),
        Rule("ioctl", 1, controls),
        Rule("fcntl", 1, commands),
        # Of shared memory all stays there as long as a page of it is mapped.
        Rule("mmap", 3, (0,), mmap.MAP_SHARED),
        Rule("madvise", 2, ADVICE),
        Rule("clone", 0, (thread,), thread),
        Rule("kill", 0, (pid,)),
        Rule("tgkill", 0, (pid,)),
        Rule("prctl", 0, (PR_SET_NAME, PR_GET_NAME, PR_SET_VMA)),
        *(Rule(name, 0, (0,)) for name in about_itself),
        Rule("socketpair", 0, (socket.AF_UNIX,)),
        Rule("socketpair", 1, streams, 0xF),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def available() -> bool:
    """Return whether this machine's system calls are known here and the kernel filters."""
    if kernel.MACHINE not in ARCHITECTURES:
        return False
    try:
        kernel.prctl(PR_SET_SECCOMP, MODE_FILTER, 0)
    except OSError as error:
        return error.errno == errno.EFAULT  # it would have read a program there
    return False


def restrict(pid: int, on_disk: bool) -> None:
    """Install the filter in this process, whose id is ``pid``, and in its threads to come.

    ``on_disk``: its scratch folder has no bound of its own, and somebody adds up what is in it.
    """
    instructions = program(kernel.MACHINE, pid, on_disk)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    loaded = _Program(len(instructions) // 8, ctypes.cast(buffer, ctypes.c_char_p))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(loaded))


@functools.cache
def program(machine: str, pid: int, on_disk: bool) -> bytes:
    """Return the BPF instructions for one architecture and one process id."""
    numbers = NUMBERS[machine]
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(_RETURN, _ERROR | errno.ENOSYS),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, X32, 0, 1), _step(_RETURN, _ERROR | errno.ENOSYS)]
    conditions: dict[str, list[Rule]] = {}
    for rule in rules(pid, on_disk):
        conditions.setdefault(rule.call, []).append(rule)
    for name, together in conditions.items():
        if name in numbers:
            tests = [step for rule in together for step in _condition(rule)]
            tests.append(_step(_RETURN, _ALLOW))
            steps += [_step(_EQUAL, numbers[name], 0, len(tests)), *tests]
    free = (*ALLOWED, *(() if on_disk else (*IN_MEMORY, *REMOVING)))
    answers = [(free, _ALLOW), (DISPENSABLE, _ERROR | errno.ENOSYS)]
    if on_disk:
        answers.append((REMOVING, _ERROR | 0))
    for names, answer in answers:
        for name in names:
            if name in numbers:
                steps += [_step(_EQUAL, numbers[name], 0, 1), _step(_RETURN, answer)]
    steps += [_step(_AT_LEAST, FIRST_RECENT, 0, 1), _step(_RETURN, _ERROR | errno.ENOSYS)]
    return b"".join([*steps, _step(_RETURN, _ERROR | errno.EPERM)])


def _condition(rule: Rule) -> list[bytes]:
    """Return steps that go on behind their end if the rule is satisfied, and else refuse."""
    count = len(rule.values)
    return [
        _step(_LOAD, _ARGUMENTS + 8 * rule.argument),
        _step(_AND, rule.mask),
        *(_step(_EQUAL, value, count - place, 0) for place, value in enumerate(rule.values)),
        _step(_RETURN, _ERROR | errno.EPERM),
    ]


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
