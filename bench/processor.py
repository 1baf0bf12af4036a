"""``python -m bench.processor FILE COMMAND ...``: how much processor time a command takes.

Adds a line to FILE when the command and all that it started have ended, with the seconds that they
took together: also those of processes that outlived the one that started them, or were killed.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

LEFT_BEHIND_SECONDS = 60  # that what a command leaves behind may take to end
PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>


def counted(file: Path, command: list[str]) -> list[str]:
    """Return the command that runs another one, and adds its processor time to a file."""
    return [sys.executable, "-m", "bench.processor", str(file), *command]


def processor_seconds(file: Path) -> float:
    """Return the sum of what is in such a file."""
    return sum(map(float, file.read_text().split()))


def _stop_waiting(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    """Run the command; end with its exit code."""
    file, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what loses its parent is ours
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: None)  # it is for the command, which has it too
    started, code = subprocess.Popen(command), 1
    signal.signal(signal.SIGALRM, _stop_waiting)
    with contextlib.suppress(ChildProcessError, TimeoutError):
        while True:
            pid, status = os.wait()
            if pid == started.pid:
                code = started.returncode = os.waitstatus_to_exitcode(status)
                signal.alarm(LEFT_BEHIND_SECONDS)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path(file).open("a") as seconds:
        seconds.write(f"{used.ru_utime + used.ru_stime}\n")
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
