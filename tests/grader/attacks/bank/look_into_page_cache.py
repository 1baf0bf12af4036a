"""Asks what files the kernel holds in memory, and has it drop or fetch some."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
with open("cached", "w") as written:
    written.write("x" * 9000)
path = os.__file__ if os.access(os.__file__, os.R_OK) else "cached"
file = os.open(path, os.O_RDONLY)
size = os.fstat(file).st_size
room = ctypes.create_string_buffer(64)


def called(result):
    """Raise what the C library has returned as an error."""
    if result == -1:
        raise OSError(ctypes.get_errno(), "")


for look in (
    lambda: os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT),
    lambda: os.preadv(file, [bytearray(1)], size + 1, os.RWF_HIPRI),
    lambda: os.posix_fadvise(file, 0, size, os.POSIX_FADV_DONTNEED),
    lambda: os.posix_fadvise(file, 0, size, os.POSIX_FADV_WILLNEED),
    lambda: called(libc.readahead(file, ctypes.c_long(0), ctypes.c_size_t(size))),
    lambda: called(libc.syscall(ctypes.c_long(451), file, bytes(16), room, 0)),  # cachestat
):
    try:
        look()
    except OSError:
        continue
    raise RuntimeError("breach-" + "page cache")
