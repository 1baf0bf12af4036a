"""Sends signals past kill, with a queue and through descriptors of processes."""

import ctypes
import signal

libc = ctypes.CDLL(None, use_errno=True)
libc.sigqueue(int("@PARENT@"), signal.SIGKILL, 0)
libc.syscall(200, int("@PARENT@"), signal.SIGKILL)
libc.syscall(424, libc.syscall(434, int("@PARENT@"), 0), signal.SIGKILL, 0, 0)
