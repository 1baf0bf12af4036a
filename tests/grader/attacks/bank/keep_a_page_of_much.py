"""Lets go of shared memory, all but a page, which keeps the rest alive beyond every limit."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
LENGTH, PAGE, READ_AND_WRITE, SHARED_AND_ANONYMOUS = 1 << 26, 1 << 12, 3, 0x21
size, kept = ctypes.c_size_t(LENGTH), ctypes.c_size_t(LENGTH - PAGE)
for number in range(1000):
    start = libc.mmap(None, size, READ_AND_WRITE, SHARED_AND_ANONYMOUS, -1, ctypes.c_long(0))
    if start in (None, ctypes.c_size_t(-1).value):
        raise MemoryError(f"after {number}")
    if number == 10:
        print("breach-" + "more than the limit on memory")
    libc.munmap(ctypes.c_void_p(start), kept)
