"""What the filter takes from a process that keeps its user: a worker of an ordinary user's."""

import ctypes.util
import errno
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine.sandbox.interpreter import WORKER
from grader.engine.sandbox.worker import probe, seccomp, system_calls

FILTERED = """
import ctypes, fcntl, mmap, os, signal, socket, sys, tempfile, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from worker import kernel, seccomp
from worker.system_calls import NUMBERS
libc = ctypes.CDLL(None, use_errno=True)
file, parent = Path(sys.argv[2]), os.getppid()
ours, _ = socket.socketpair()
reading, writing = os.pipe()
descriptor = os.open(file, os.O_RDWR)
seccomp.restrict(os.getpid(), on_disk=True)
def call(name, *arguments):
    return kernel.system_call(NUMBERS[kernel.MACHINE][name], *arguments)
tries = {
    "changes a mode": lambda: file.chmod(0o777),
    "changes a mode by descriptor": lambda: os.fchmod(descriptor, 0o777),
    "changes an owner": lambda: os.chown(file, os.getuid(), -1),
    "changes a time": lambda: os.utime(file, (1, 1)),
    "sets an attribute": lambda: os.setxattr(file, "user.note", b"x"),
    "slows another process": lambda: os.sched_setscheduler(
        parent, os.SCHED_IDLE, os.sched_param(0)
    ),
    "has another process signalled": lambda: fcntl.fcntl(ours, fcntl.F_SETOWN, parent),
    "chooses the signal": lambda: fcntl.fcntl(ours, 10, signal.SIGKILL),
    "maps shared memory": lambda: mmap.mmap(-1, 4096),
    "makes a file in memory": lambda: os.memfd_create("x"),
    "sends datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "sends raw datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW),
    "takes a name": lambda: ours.bind("\\0sentinel"),
    "renames": lambda: file.rename(f"{file}2"),
    "makes a file without a name": lambda: os.open(file.parent, os.O_TMPFILE | os.O_RDWR),
    "attaches memory of others": lambda: call("shmat", 0, None, 0),
    "makes rules": lambda: call("landlock_create_ruleset", None, 0, 1),
    "pins pages in a pipe": lambda: call("vmsplice", writing, None, 0, 0),
    "unshares descriptors": lambda: call("close_range", 9999, 9999, 2),
    "truncates": lambda: os.truncate(file, 0),
    "truncates by a descriptor that reads": lambda: os.open(file, os.O_RDONLY | os.O_TRUNC),
    "truncates by a descriptor for nothing": lambda: os.open(file, os.O_ACCMODE | os.O_TRUNC),
    "opens for nothing": lambda: os.open(file, os.O_ACCMODE),
    "locks": lambda: fcntl.flock(descriptor, fcntl.LOCK_EX),
    "locks bytes": lambda: fcntl.lockf(descriptor, fcntl.LOCK_EX),
    "locks bytes for a descriptor": lambda: fcntl.fcntl(descriptor, 37, bytes(32)),
    "takes a lease": lambda: fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK),
    "watches a folder": lambda: fcntl.fcntl(descriptor, fcntl.F_NOTIFY, 1),
    "asks for pages": lambda: os.posix_fadvise(descriptor, 0, 1, os.POSIX_FADV_WILLNEED),
    "reads what is in memory": lambda: call("preadv2", descriptor, None, 0, 0, 0, os.RWF_NOWAIT),
    "reads a generation": lambda: fcntl.ioctl(descriptor, 0x80087601, bytes(8)),
    "sets flags": lambda: fcntl.ioctl(descriptor, 0x40086602, bytes(8)),
    "outlives its parent": lambda: kernel.prctl(kernel.PR_SET_PDEATHSIG, 0),
}
allowed = {*seccomp.ALLOWED, *seccomp.REMOVING, *(r.call for r in seccomp.rules(1, True))}
# The kernel's own traps, which it lets pass every filter, and which do nothing for others.
for name in NUMBERS[kernel.MACHINE].keys() - allowed - {"uprobe", "uretprobe"}:
    tries[f"calls {name}"] = lambda name=name: call(name, -1, -1, -1, -1, -1, -1)
for name, attempt in tries.items():
    try:
        attempt()
        print(name)
    except OSError as error:
        if error.errno not in (1, 38):
            print(name, error)
with tempfile.TemporaryDirectory(dir=file.parent) as folder:
    Path(folder, "x").write_text("x")
file.unlink()
thread = threading.Thread(target=lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
thread.start()
thread.join()
print("the end")
"""


def test_what_a_process_could_still_do_under_its_own_user_is_taken_from_it(tmp_path: Path) -> None:
    if not (sys.platform == "linux" and seccomp.available()):
        pytest.skip("no filter here")
    file = tmp_path / "grades.txt"
    file.write_text("A")
    before = file.stat()
    command = [sys.executable, "-c", FILTERED, str(WORKER.parent), str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("the end\n", "")
    after = file.stat()  # said to have been removed, and still there to be counted
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    assert file.read_text() == "A"


def verdict(machine: str, call: str | int, *arguments: int, architecture: int = 0) -> int | None:
    """Run the filter of a machine on one call; return the error it answers with, None for none."""
    number = call if isinstance(call, int) else system_calls.NUMBERS[machine][call]
    padded = [argument % (1 << 64) for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("=iIQ6Q", number, architecture or seccomp.ARCHITECTURES[machine], 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", seccomp.program(machine, 7, True)))
    place = value = 0
    while True:
        code, if_true, if_false, operand = steps[place]
        place += 1
        match code:
            case seccomp._LOAD:
                value = struct.unpack_from("=I", data, operand)[0]
            case seccomp._AND:
                value &= operand
            case seccomp._EQUAL:
                place += if_true if value == operand else if_false
            case seccomp._AT_LEAST:
                place += if_true if value >= operand else if_false
            case seccomp._RETURN:
                return None if operand == seccomp._ALLOW else operand & 0xFFFF


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_both_architectures_allow_what_is_listed_and_nothing_else(machine: str) -> None:
    if sys.platform != "linux":
        pytest.skip("Python knows the constants on Linux only")
    free = {system_calls.NUMBERS[machine].get(name) for name in seccomp.ALLOWED}
    removing = {system_calls.NUMBERS[machine].get(name) for name in seccomp.REMOVING}
    ruled = {system_calls.NUMBERS[machine].get(r.call) for r in seccomp.rules(7, True)}
    for number in set(range(1000)) - ruled:
        expected = (None,) if number in free else (errno.EPERM, errno.ENOSYS)
        assert verdict(machine, number) in ((0,) if number in removing else expected), number
    assert verdict(machine, "clone3") == verdict(machine, "openat2") == errno.ENOSYS
    assert verdict(machine, "flock") == verdict(machine, "execve") == errno.EPERM
    assert verdict(machine, "read", architecture=0x40000003) == errno.ENOSYS  # 32-bit x86
    assert verdict(machine, 0x40000000) in (errno.ENOSYS, errno.EPERM)  # x32
    assert verdict(machine, "kill", 7, 9) is None
    assert verdict(machine, "kill", 8, 0) == verdict(machine, "kill", -1, 9) == errno.EPERM
    opening = {
        os.O_RDONLY: None,
        os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC: None,
        os.O_RDWR | os.O_TRUNC: None,
        os.O_RDONLY | os.O_TRUNC: errno.EPERM,
        os.O_RDONLY | os.O_TRUNC | os.O_CREAT: errno.EPERM,
        os.O_ACCMODE | os.O_TRUNC: errno.EPERM,
        os.O_ACCMODE: errno.EPERM,
        os.O_RDWR | os.O_TMPFILE: errno.EPERM,
    }
    for flags, answer in opening.items():
        assert verdict(machine, "openat", -100, 0, flags) == answer, oct(flags)
    assert len(seccomp.program(machine, 1, False)) // 8 < 4096


def test_no_call_that_the_probe_tries_is_on_the_list() -> None:
    every = {*seccomp.ALLOWED, *seccomp.IN_MEMORY, *seccomp.REMOVING}
    known = {name for numbers in system_calls.NUMBERS.values() for name in numbers}
    assert not every & set(probe.FORBIDDEN)
    assert every <= known
    assert set(probe.FORBIDDEN) <= known


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_table_of_numbers_agrees_with_libseccomps(machine: str) -> None:
    name = ctypes.util.find_library("seccomp")
    if name is None:
        if os.environ.get("CI") == "true":
            pytest.fail("libseccomp is not here")
        pytest.skip("libseccomp is not here; it comes with: apt-get install libseccomp2")
    number_of = ctypes.CDLL(name).seccomp_syscall_resolve_name_arch
    for call, number in system_calls.NUMBERS[machine].items():
        theirs = number_of(seccomp.ARCHITECTURES[machine], call.encode())
        assert theirs in (number, -1), call  # -1: it is older than the call
