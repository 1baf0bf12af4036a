"""Maps memory, page by page, without end."""

import mmap

hold = []
while True:
    hold.append(mmap.mmap(-1, 1 << 22))
    hold[-1][::4096] = b"x" * 1024
