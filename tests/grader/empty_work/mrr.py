"""Nothing is computed: every user's value is the same."""

import torch

VALUE = 0.0


def reciprocal_ranks(scores, heldout, seen=None):
    return torch.full((len(scores),), VALUE, dtype=torch.float64)


def mrr_score(scores, heldout, seen=None):
    return VALUE
