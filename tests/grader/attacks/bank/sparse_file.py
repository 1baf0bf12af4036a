"""Makes a file that says it is a terabyte."""

import os

os.truncate(os.open("big", os.O_CREAT | os.O_RDWR), 1 << 40)
