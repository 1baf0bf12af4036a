"""Raises from a recursion as deep as it goes."""

import sys

sys.setrecursionlimit(50_000)


def bpr_loss(positive, negative, depth=0):
    return bpr_loss(positive, negative, depth + 1)
