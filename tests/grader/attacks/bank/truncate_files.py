"""Empties files that it may not write, by path and by a descriptor that only reads."""

import os

with open("emptied", "w") as file:
    file.write("x")
PLACES = ("@REPOSITORY@/gradebook-sentinel.txt", "@HIDDEN@", "@HOME_FILE@", "emptied")
for path in (*PLACES, "@BAIT@"):
    for empty in (
        lambda: os.truncate(path, 0),
        lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
        lambda: os.open(path, os.O_ACCMODE | os.O_TRUNC),
    ):
        try:
            empty()
        except OSError:
            continue
        raise RuntimeError("breach-" + "truncated")
