"""Fills the disk in folders that their owner may not list."""

import os
import time

for number in range(200):
    folder = f"closed-{number}"
    os.mkdir(folder, (0o300, 0o100, 0o000)[number % 3] | 0o200 * (number % 3 < 2))
    try:
        os.mkdir(f"{folder}/inner", 0o300)
        for place in (folder, f"{folder}/inner"):
            with open(f"{place}/filled", "wb") as file:
                file.write(bytes(100_000))
    except OSError:
        pass
time.sleep(60)
