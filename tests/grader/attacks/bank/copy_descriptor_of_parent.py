"""Takes a file descriptor from the trusted process with pidfd_getfd."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for process in (int("@PARENT@"), os.getppid(), 1):
    pidfd = libc.syscall(434, process, 0)
    for number in range(64):
        copy = libc.syscall(438, pidfd, number, 0)
        if copy >= 0:
            os.write(copy, b"stolen")
