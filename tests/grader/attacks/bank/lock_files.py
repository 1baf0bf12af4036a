"""Locks files in every way that there is, for a neighbour to notice."""

import fcntl
import os
import struct

with open("locked", "w") as file:
    file.write("x")
LOCK = struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 1, 0)
for path in ("locked", os.__file__):
    file = os.open(path, os.O_RDONLY)
    for take in (
        lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
        lambda: fcntl.fcntl(file, fcntl.F_SETLK, LOCK),
        lambda: fcntl.fcntl(file, fcntl.F_GETLK, LOCK),
        lambda: fcntl.fcntl(file, 37, LOCK),  # F_OFD_SETLK
        lambda: fcntl.fcntl(file, 36, LOCK),  # F_OFD_GETLK
    ):
        try:
            take()
        except OSError:
            continue
        raise RuntimeError("breach-" + "lock")
