"""A filter that takes from a process the system calls that no submission needs.

It is the second lock on doors that namespaces, Landlock and permissions close already, and the
first one on some: no new process, no program started, no socket, no signal to anybody else.
"""

import ctypes
import errno
import functools
import struct

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
    "mq_open": (240, 180), "fanotify_init": (300, 262), "setpriority": (141, 140),
    "ioprio_set": (251, 30),
}  # fmt: skip
CLONE = (56, 220)
CLONE3 = (435, 435)
KILL = (62, 129)
TGKILL = (234, 131)
PRLIMIT = (302, 261)
SCHED_SETAFFINITY = (203, 122)
CLONE_THREAD = 0x10000
X32 = 0x40000000

_LOAD, _EQUAL, _SET, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
PR_SET_SECCOMP, MODE_FILTER = 22, 2


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


def restrict(pid: int) -> None:
    """Install the filter in this process, whose id is ``pid``, and in its threads to come."""
    instructions = program(kernel.MACHINE, pid)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    loaded = _Program(len(instructions) // 8, ctypes.cast(buffer, ctypes.c_char_p))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(loaded))


@functools.cache
def program(machine: str, pid: int) -> bytes:
    """Return the BPF instructions for one architecture and one process id."""
    column = _COLUMNS[machine]
    refuse, allow = _step(_RETURN, _ERROR | errno.EPERM), _step(_RETURN, _ALLOW)
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, X32, 0, 1), _step(_RETURN, _KILL)]
    for numbers in FORBIDDEN.values():
        if numbers[column] is not None:
            steps += [_step(_EQUAL, numbers[column], 0, 1), refuse]
    no_such_call = _step(_RETURN, _ERROR | errno.ENOSYS)
    steps += [_step(_EQUAL, CLONE3[column], 0, 1), no_such_call]
    first = _step(_LOAD, _FIRST_ARGUMENT)
    for numbers, condition, operand in (
        (CLONE, _SET, CLONE_THREAD),
        (KILL, _EQUAL, pid),
        (TGKILL, _EQUAL, pid),
        (PRLIMIT, _EQUAL, 0),
        (SCHED_SETAFFINITY, _EQUAL, 0),
    ):
        steps += [_step(_EQUAL, numbers[column], 0, 4), first]
        steps += [_step(condition, operand, 0, 1), allow, refuse]
    return b"".join([*steps, allow])


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
