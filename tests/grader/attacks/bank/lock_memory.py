"""Locks memory that nobody can take back."""

import ctypes

print(ctypes.CDLL(None, use_errno=True).mlockall(7))
hold = bytearray(1 << 34)
