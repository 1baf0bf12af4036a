"""Takes back that it dies with its server, and leaves its session and group."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for leave in (lambda: libc.prctl(1, 0, 0, 0, 0) == 0, lambda: os.setpgid(0, 0) is None):
    try:
        if leave():
            raise RuntimeError("breach-" + "left")
    except OSError:
        pass
