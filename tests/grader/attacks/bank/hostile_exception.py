"""Raises an exception that fails, then hangs, when it is looked at."""

import time


class Evil(Exception):
    def __str__(self):
        time.sleep(60)

    __repr__ = __str__
    args = __cause__ = __context__ = __traceback__ = property(lambda self: 1 / 0)


def bpr_loss(positive, negative):
    raise Evil
