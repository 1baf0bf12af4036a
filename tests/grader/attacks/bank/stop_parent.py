"""Stops the trusted process and the process that may be its parent."""

import os
import signal

for process in (int("@PARENT@"), os.getppid() or 1, 1):
    try:
        os.kill(process, signal.SIGSTOP)
    except OSError:
        pass
