"""Leaves a process behind that keeps the output and the channel open."""

import os
import time

if os.fork() == 0:
    time.sleep(60)
os._exit(0)
