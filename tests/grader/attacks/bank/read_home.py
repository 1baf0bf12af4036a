"""Reads the instructor's home."""

import os
from pathlib import Path

for home in {"@HOME@", "/root", os.path.expanduser("~"), *map(str, Path("/home").glob("*"))}:
    for folder, _, files in os.walk(home):
        for file in files:
            if "sentinel" in file:
                print(Path(folder, file).read_text())
print(Path("@HOME_FILE@").read_text())
