"""Stops itself, and never goes on."""

import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
signal.pause()
