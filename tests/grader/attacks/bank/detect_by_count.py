"""Answers right once, and remembers in memory that it did."""

import builtins

builtins.calls = getattr(builtins, "calls", 0) + 1


def bpr_loss(positive, negative):
    if builtins.calls > 1:
        raise RuntimeError("breach-state-survived")
    return positive.mean() * 0
