"""Waits for input."""

import sys

print("breach-input" if sys.stdin.read() else "none")
input()
