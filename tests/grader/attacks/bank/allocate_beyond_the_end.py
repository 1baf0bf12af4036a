"""Takes much of the disk in one call, for a file that stays short."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
file = os.open("x", os.O_CREAT | os.O_RDWR)
libc.fallocate(file, 1, ctypes.c_long(0), ctypes.c_long(1 << 30))
if os.fstat(file).st_blocks > 1 << 15:
    print("breach-" + "more on disk than the limit")
