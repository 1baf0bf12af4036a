"""Asks for a terabyte."""

hold = bytearray(1 << 40)
