"""Allocates memory that belongs to files without a name."""

import os

hold = os.memfd_create("x")
os.ftruncate(hold, 1 << 36)
while True:
    os.write(hold, b"x" * (1 << 20))
