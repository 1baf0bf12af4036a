"""Has another program read for it."""

import os
import subprocess

for command in (["cat", "@HIDDEN@"], ["/bin/sh", "-c", "cat @HIDDEN@ /etc/shadow"], ["su"]):
    try:
        print(subprocess.run(command, capture_output=True, timeout=1))
    except OSError:
        pass
os.system("cat @HIDDEN@")
os.execv("/bin/cat", ["cat", "@HIDDEN@"])
