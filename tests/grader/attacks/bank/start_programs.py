"""Starts programs in every way that Python has."""

import os
import subprocess
import sys

for start in (
    lambda: subprocess.Popen(["sleep", "60"], start_new_session=True),
    lambda: os.posix_spawn("/bin/sleep", ["sleep", "60"], {}),
    lambda: os.spawnv(os.P_NOWAIT, sys.executable, ["python", "-c", "import time; time.sleep(60)"]),
    lambda: os.popen("sleep 60 &"),
):
    try:
        start()
    except OSError:
        pass
