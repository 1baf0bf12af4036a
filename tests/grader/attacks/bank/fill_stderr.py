"""Prints errors without end, at call."""

import os


def bpr_loss(positive, negative):
    while True:
        os.write(2, b"x" * 65536)
