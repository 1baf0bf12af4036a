"""What the filter takes from a process that keeps its user: a worker of an ordinary user's."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.isolation.interpreter import WORKER
from grader.isolation.worker import seccomp

FILTERED = """
import ctypes, fcntl, mmap, os, signal, socket, sys, tempfile, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from worker import kernel, seccomp
libc = ctypes.CDLL(None, use_errno=True)
file, parent = Path(sys.argv[2]), os.getppid()
ours, _ = socket.socketpair()
reading, writing = os.pipe()
descriptor = os.open(file, os.O_RDWR)
column = seccomp._COLUMNS[kernel.MACHINE]
seccomp.restrict(os.getpid(), on_disk=True)
def call(name, *arguments):
    return kernel.system_call(seccomp.FORBIDDEN[name][column], *arguments)
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
    "unshares descriptors": lambda: kernel.system_call(436, 9999, 9999, 2),
}
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


def test_both_architectures_have_a_program() -> None:
    for machine in seccomp.ARCHITECTURES:
        for on_disk in (True, False):
            assert len(seccomp.program(machine, 1, on_disk)) // 8 < 4096
