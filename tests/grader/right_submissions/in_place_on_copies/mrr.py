"""Overwrites copies of its own, keeps single precision until the end, returns a tensor."""

import torch


def reciprocal_ranks(scores, heldout, seen=None):
    scores = scores.clone()
    if seen is not None:
        scores[seen] = -1e9
    n = len(scores)
    out = torch.zeros(n, dtype=torch.float64)
    out.fill_(float("nan"))
    for i in range(n):
        held = heldout[i].nonzero().flatten()
        if len(held) == 0:
            continue
        s = scores[i]
        ranks = []
        for j in held:
            higher = (s > s[j]).sum().item()
            equal = (s == s[j]).sum().item()
            ranks.append(higher + 1 + (equal - 1) / 2)
        out[i] = (1.0 / torch.tensor(ranks)).mean()
    return out


def mrr_score(scores, heldout, seen=None):
    per_user = reciprocal_ranks(scores, heldout, seen)
    has = heldout.any(dim=1)
    return torch.mean(per_user[has]).to(torch.float32)
