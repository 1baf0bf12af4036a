"""Overflows the stack of C."""

import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name)


def bpr_loss(positive, negative):
    return Deep().x
