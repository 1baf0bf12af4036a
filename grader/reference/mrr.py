"""A right metric, user by user: slow, and easy to get one thing wrong in."""

import torch


def reciprocal_ranks(scores, heldout, seen=None):
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values[user] = user_value(scores[user], heldout[user], watched)
    return values


def user_value(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return summary(ranks(scores[kept])[heldout[kept]])


def ranks(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied + 1) / 2).double()


def summary(heldout_ranks):
    return (1 / heldout_ranks).mean()


def mrr_score(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nanmean().item()
