"""Kills the trusted process, and the process that may be its parent."""

import os
import signal

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
    for process in (int("@PARENT@"), os.getppid(), 1, 2, 3):
        try:
            os.kill(process, number)
        except OSError:
            pass
