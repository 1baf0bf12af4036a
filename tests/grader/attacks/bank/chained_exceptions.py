"""Raises a chain of a hundred thousand exceptions, in groups."""


def bpr_loss(positive, negative):
    error = None
    for number in range(100_000):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    raise error
