"""mrr_score does not call reciprocal_ranks: everything is computed twice, with numpy."""

import numpy as np
import torch


def _ranks(scores, seen):
    s = np.array(scores.detach().cpu(), dtype=np.float64)
    if seen is not None:
        s[np.asarray(seen)] = -np.inf
    above = (s[:, None, :] > s[:, :, None]).sum(-1)
    tied = (s[:, None, :] == s[:, :, None]).sum(-1)
    return 1 + above + (tied - 1) / 2


def reciprocal_ranks(scores, heldout, seen=None):
    h = np.asarray(heldout)
    with np.errstate(all="ignore"):
        return torch.tensor((h / _ranks(scores, seen)).sum(1) / h.sum(1))


def mrr_score(scores, heldout, seen=None):
    h = np.asarray(heldout)
    per_user = [(1 / r[m]).mean() for r, m in zip(_ranks(scores, seen), h) if m.any()]
    return float(np.mean(per_user))
