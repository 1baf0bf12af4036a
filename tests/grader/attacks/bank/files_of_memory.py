"""Fills files that live in memory, many small ones, which count for no limit."""

import os

hold = []
for number in range(16):
    hold.append(os.memfd_create(f"{number}"))
    os.write(hold[-1], b"x" * (1 << 20))
print("breach-" + "memory that no limit counts")
