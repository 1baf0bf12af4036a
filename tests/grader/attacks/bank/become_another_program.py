"""Replaces itself by another Python that does not obey."""

import os
import sys

loop = "while True: pass"
os.execv(sys.executable, ["python", "-c", loop])
