"""Reads the environment of the parent, and of every process there is."""

import os
from pathlib import Path

print(os.environ)
for process in ["@PARENT@", os.getppid(), *Path("/proc").glob("[0-9]*")]:
    for name in ("environ", "cmdline"):
        try:
            print(Path("/proc", str(process), name).read_bytes())
        except OSError:
            pass
