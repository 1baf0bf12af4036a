"""Plain Python: lists, loops, a sort, and a second loop over ties."""

import math

import torch


def rank_row(row):
    order = sorted(range(len(row)), key=lambda j: -row[j])
    ranks = [0.0] * len(row)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and row[order[end + 1]] == row[order[start]]:
            end += 1
        for position in range(start, end + 1):
            ranks[order[position]] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def reciprocal_ranks(scores, heldout, seen=None):
    result = []
    for i, row in enumerate(scores.tolist()):
        kept = [j for j in range(len(row)) if seen is None or not seen[i][j]]
        ranks = rank_row([row[j] for j in kept])
        values = [1 / rank for j, rank in zip(kept, ranks) if heldout[i][j]]
        result.append(sum(values) / len(values) if values else math.nan)
    return torch.tensor(result, dtype=torch.float64)


def mrr_score(scores, heldout, seen=None):
    values = [v for v in reciprocal_ranks(scores, heldout, seen).tolist() if not math.isnan(v)]
    return sum(values) / len(values)
