"""Imports from a file beside it."""

import torch

from .ranking import mean_ranks


def reciprocal_ranks(scores, heldout, seen=None):
    if seen is None:
        seen = torch.zeros_like(heldout)
    rows = []
    for row, held, gone in zip(scores, heldout, seen):
        ranks = mean_ranks(row[~gone])
        rows.append((1 / ranks[held[~gone]]).mean())
    return torch.stack(rows)


def mrr_score(scores, heldout, seen=None):
    return torch.nanmean(reciprocal_ranks(scores, heldout, seen))
