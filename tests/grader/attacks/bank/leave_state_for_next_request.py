"""Counts its calls in a file, to behave differently the second time."""

import torch

try:
    calls = int(open("calls").read()) + 1
except OSError:
    calls = 0
open("calls", "w").write(str(calls))


def bpr_loss(positive, negative):
    if calls:
        raise RuntimeError("breach-state-survived")
    return torch.zeros(())
