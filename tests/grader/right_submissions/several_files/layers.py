"""A file more than the three that were handed out."""

from torch import nn


def dense(sizes):
    return nn.Sequential(
        *[m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.ReLU())],
        nn.Linear(sizes[-1], 1),
    )
