"""Sends its answer a byte at a time."""

import os
import time

while True:
    for number in range(3, 32):
        try:
            os.write(number, b"M")
        except OSError:
            pass
    time.sleep(0.05)
