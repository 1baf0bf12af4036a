"""Sorts each row and looks up runs of equal scores with searchsorted."""

import torch


def reciprocal_ranks(scores, heldout, seen=None):
    scores = scores.clone().double()
    if seen is not None:
        scores[seen] = float("-inf")
    ordered = (-scores).sort(dim=1).values
    first = torch.searchsorted(ordered, -scores, right=False)
    last = torch.searchsorted(ordered, -scores, right=True)
    rank = (first + 1 + last) / 2
    values = (heldout / rank.double()).sum(1) / heldout.sum(1)
    return values


def mrr_score(scores, heldout, seen=None):
    r = reciprocal_ranks(scores, heldout, seen)
    return r[~torch.isnan(r)].mean()
