"""Attaches to the trusted process, its own parent and process 1 with ptrace."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for process in (int("@PARENT@"), os.getppid(), 1):
    if process and libc.ptrace(16, process, 0, 0) == 0:
        os.kill(process, 9)
