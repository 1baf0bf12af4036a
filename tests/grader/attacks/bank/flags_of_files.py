"""Reads and sets what a file system remembers of a file: flags, project, generation."""

import fcntl
import os

with open("flagged", "w") as file:
    file.write("x")
for path in ("flagged", os.__file__):
    file = os.open(path, os.O_RDONLY)
    for request in (0x80086601, 0x80087601, 0x40086602, 0x40087602, 0x801C581F):
        try:
            fcntl.ioctl(file, request, bytearray(32))
        except PermissionError:
            continue
        except OSError as error:  # a file system that has no such thing got as far as saying so
            raise RuntimeError("breach-" + "ioctl") from error
        raise RuntimeError("breach-" + "ioctl")
