"""Has itself told when somebody changes or reads a folder."""

import fcntl
import os
import signal

signal.signal(signal.SIGIO, signal.SIG_IGN)
for folder in (".", os.path.dirname(os.__file__)):
    try:
        fcntl.fcntl(os.open(folder, os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS)
    except OSError:
        continue
    raise RuntimeError("breach-" + "notify")
