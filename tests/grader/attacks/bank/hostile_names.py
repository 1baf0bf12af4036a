"""Raises from a function, in a class, with names that are not names."""

Evil = type("\x1b[31m\0" * 1000, (Exception,), {})


def bpr_loss(positive, negative):
    raise Evil("x")


bpr_loss.__code__ = bpr_loss.__code__.replace(co_name="\x1b[31m\0" * 1000, co_firstlineno=10**6)
