"""Ranks by scipy.stats.rankdata, whose ties share the mean rank; returns a numpy float."""

import numpy as np
import torch
from scipy.stats import rankdata


def reciprocal_ranks(scores, heldout, seen=None):
    values = np.full(scores.shape[0], np.nan)
    for i in range(scores.shape[0]):
        row = scores[i].numpy()
        mask = heldout[i].numpy()
        if seen is not None:
            keep = ~seen[i].numpy()
            row, mask = row[keep], mask[keep]
        if mask.sum() == 0:
            continue
        ranks = rankdata(-row, method="average")
        values[i] = np.mean(1.0 / ranks[mask])
    return torch.from_numpy(values)


def mrr_score(scores, heldout, seen=None):
    return np.nanmean(reciprocal_ranks(scores, heldout, seen).numpy())
