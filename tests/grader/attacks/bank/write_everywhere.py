"""Leaves a file in every folder that may take one."""

import os

for folder, folders, _ in os.walk("/"):
    try:
        open(f"{folder}/sentinel-left-behind", "w").write("x")
    except OSError:
        pass
