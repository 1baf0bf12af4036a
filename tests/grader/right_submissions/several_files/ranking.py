"""Ranks of one user's movies."""

import torch


def mean_ranks(scores: torch.Tensor) -> torch.Tensor:
    _, inverse, counts = torch.unique(-scores, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0)
    return ((ends - counts + 1 + ends) / 2).double()[inverse]
