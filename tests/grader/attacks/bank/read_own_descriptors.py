"""Reads whatever is open, from the start."""

import os

for number in range(3, 256):
    try:
        os.set_blocking(number, False)
        print(os.pread(number, 1 << 16, 0))
    except OSError:
        pass
    try:
        print(os.read(number, 1 << 16))
    except OSError:
        pass
