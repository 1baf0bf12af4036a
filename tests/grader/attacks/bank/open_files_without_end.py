"""Opens files until there are no more."""

import os

hold = []
while True:
    hold.append(os.open("/dev/null", os.O_RDONLY))
