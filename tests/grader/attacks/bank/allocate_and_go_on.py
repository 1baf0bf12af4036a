"""Allocates, and goes on where that fails."""

hold = []
while True:
    try:
        hold.append(bytearray(1 << 24))
    except MemoryError:
        pass
