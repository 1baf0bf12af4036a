"""Returns a generator without an end."""

import itertools


def bpr_loss(positive, negative):
    return itertools.repeat(0.0)
