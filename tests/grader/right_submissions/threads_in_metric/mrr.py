"""A pool of threads, one user a task."""

from concurrent.futures import ThreadPoolExecutor

import torch


def value_of_a_user(scores, heldout, seen):
    own, others = scores[heldout], scores[~seen]
    above = (others > own[:, None]).sum(1)
    tied = (others == own[:, None]).sum(1)
    return float((1 / (above + (tied + 1) / 2).double()).mean())


def reciprocal_ranks(scores, heldout, seen=None):
    if seen is None:
        seen = torch.zeros_like(heldout)
    with ThreadPoolExecutor(max_workers=4) as pool:
        values = list(pool.map(value_of_a_user, scores, heldout, seen))
    return torch.tensor(values, dtype=torch.float64)


def mrr_score(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nanmean().item()
