"""Removes every file that it can."""

import os
import shutil

for place in ("@REPOSITORY@", "@HIDDEN@", "@HOME_FILE@", "@CURRENT@", os.getcwd()):
    shutil.rmtree(place, ignore_errors=True)
    try:
        os.unlink(place)
    except OSError:
        pass
