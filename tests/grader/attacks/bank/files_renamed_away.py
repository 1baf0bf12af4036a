"""Renames one file over another that it keeps open, so that nobody adds that one up."""

import os

hold, written = [], 0
for _ in range(4):
    hold.append(os.open("x", os.O_CREAT | os.O_RDWR))
    written += os.write(hold[-1], b"x" * (3 << 20))
    open("y", "w").close()
    os.replace("y", "x")
if written > 6 << 20:
    print("breach-" + "more on disk than the limit")
