"""A filter that takes from a process the system calls that no submission needs.

It is the second lock on doors that namespaces, Landlock and permissions close already, and the
first one on some: no new process, no program started, no socket that reaches anybody, no signal to
anybody else, no file's owner, mode or time, which Landlock leaves to whoever owns it. And no
memory or disk that no limit counts, such as files that have memory of their own.
"""

import ctypes
import errno
import functools
import struct
from dataclasses import dataclass

from . import kernel

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMNS = {"x86_64": 0, "aarch64": 1}

#: name: (number on x86_64, number on aarch64), None where there is none
FORBIDDEN = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "process_madvise": (440, 440),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "process_mrelease": (448, 448), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "swapon": (167, 224), "swapoff": (168, 225),
    "reboot": (169, 142), "sethostname": (170, 161), "setdomainname": (171, 162),
    "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "personality": (135, 92),
    "iopl": (172, None), "ioperm": (173, None), "settimeofday": (164, 170),
    "adjtimex": (159, 171), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "vhangup": (153, 58), "lookup_dcookie": (212, 18), "mknod": (133, None),
    "mknodat": (259, 33), "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    "shmat": (30, 196), "shmctl": (31, 195), "semop": (65, 193), "semtimedop": (220, 192),
    "semctl": (66, 191), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "fanotify_init": (300, 262),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "io_setup": (206, 0),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "connect": (42, 203), "bind": (49, 200),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
    # Memory that belongs to a file, to a pipe or to a rule is not in anybody's address space.
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "vmsplice": (278, 75),
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip
#: Calls that the C library and Python do without where the kernel does not have them.
UNKNOWN = {"clone3": (435, 435), "close_range": (436, 436), "openat2": (437, 437)}
#: On a disk, a file that has lost its name is out of the sight of whoever adds up what was
#: written. Removing one is said to have worked, as ``tempfile`` needs, and has not been done.
REMOVING = {"unlink": (87, None), "rmdir": (84, None), "unlinkat": (263, 35)}
ON_DISK = {
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "fallocate": (285, 47),
}  # fmt: skip
OPEN, OPENAT = (2, None), (257, 56)
O_TMPFILE = 0o20000000
X32 = 0x40000000

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALL_BITS = 0xFFFFFFFF
PR_SET_SECCOMP, MODE_FILTER = 22, 2


@dataclass(frozen=True)
class Rule:
    """What a call must have, or must not have, among its arguments.

    It is refused if ``argument & mask`` is ``value``, with ``only`` if it is anything else.
    """

    numbers: tuple[int | None, int]
    argument: int
    value: int
    mask: int = _ALL_BITS
    only: bool = False


def rules(pid: int) -> list[Rule]:
    """Return the rules for a process of this id."""
    clone, mmap, fcntl, ioctl, socketpair = (56, 220), (9, 222), (72, 25), (16, 29), (53, 199)
    thread = 0x10000 | 0x400  # CLONE_THREAD, and CLONE_FILES: with descriptors of the process's
    about_itself = {
        "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
        "sched_setaffinity": (203, 122), "prlimit64": (302, 261),
    }  # fmt: skip
    return [
        Rule(clone, 0, thread, mask=thread, only=True),
        Rule((62, 129), 0, pid, only=True),  # kill
        Rule((234, 131), 0, pid, only=True),  # tgkill
        *(Rule(numbers, 0, 0, only=True) for numbers in about_itself.values()),
        # Of shared memory all stays there as long as a page of it is mapped.
        Rule(mmap, 3, 0, mask=1, only=True),  # MAP_SHARED
        *(Rule(fcntl, 1, command) for command in (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX
        *(Rule(ioctl, 1, command) for command in (0x8901, 0x8902)),  # FIOSETOWN, SIOCSPGRP
        Rule(socketpair, 0, 1, only=True),  # AF_UNIX
        # A datagram, for which SOCK_RAW is another name here, may go to any socket.
        *(Rule(socketpair, 1, kind, mask=0xF) for kind in (2, 3)),
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
    column = _COLUMNS[machine]
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, X32, 0, 1), _step(_RETURN, _KILL)]
    answers = [(FORBIDDEN, errno.EPERM), (UNKNOWN, errno.ENOSYS)]
    conditions = rules(pid)
    if on_disk:
        answers += [(REMOVING, 0), (ON_DISK, errno.EPERM)]
        conditions += [Rule(OPEN, 1, O_TMPFILE, O_TMPFILE), Rule(OPENAT, 2, O_TMPFILE, O_TMPFILE)]
    for calls, error in answers:
        for numbers in calls.values():
            if numbers[column] is not None:
                steps += [_step(_EQUAL, numbers[column], 0, 1), _step(_RETURN, _ERROR | error)]
    for rule in conditions:
        if rule.numbers[column] is not None:
            steps += [
                _step(_EQUAL, rule.numbers[column], 0, 5),
                _step(_LOAD, _ARGUMENTS + 8 * rule.argument),
                _step(_AND, rule.mask),
                _step(_EQUAL, rule.value, int(rule.only), int(not rule.only)),
                _step(_RETURN, _ERROR | errno.EPERM),
                _step(_LOAD, _NUMBER),
            ]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
