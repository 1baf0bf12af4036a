"""Fills the disk with many files."""

import itertools

for number in itertools.count():
    try:
        open(f"file-{number}", "wb").write(b"x" * (1 << 20))
    except OSError:
        if number > 5000:
            break
