"""Walks the whole disk for a file whose name it knows."""

import os

for folder, _, files in os.walk("/"):
    for file in files:
        if "sentinel" in file:
            print(open(os.path.join(folder, file)).read())
