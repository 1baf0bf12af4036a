"""Allocates until it is killed."""

hold = []
while True:
    hold.append(bytearray(1 << 24))
