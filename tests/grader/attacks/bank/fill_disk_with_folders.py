"""Nests folders without end."""

import os

while True:
    os.mkdir("a" * 200)
    os.chdir("a" * 200)
