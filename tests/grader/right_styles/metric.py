# Right ways to write the metric.

# %% metric-by-argsort-and-ties
def reciprocal_ranks(scores, heldout, seen=None):
    num_users, num_items = scores.shape
    out = torch.full((num_users,), float("nan"), dtype=torch.float64)
    for i in range(num_users):
        s = scores[i].clone()
        keep = torch.ones(num_items, dtype=torch.bool) if seen is None else ~seen[i]
        ids = keep.nonzero().flatten()
        order = ids[torch.argsort(s[ids], descending=True)]
        ranks = torch.zeros(num_items, dtype=torch.float64)
        k = 0
        while k < len(order):
            m = k
            while m + 1 < len(order) and s[order[m + 1]] == s[order[k]]:
                m += 1
            ranks[order[k : m + 1]] = (k + m) / 2 + 1
            k = m + 1
        if heldout[i].any():
            out[i] = (1 / ranks[heldout[i]]).mean()
    return out

# %% metric-by-pandas
def reciprocal_ranks(scores, heldout, seen=None):
    import pandas as pd

    s = scores.numpy().astype(float)
    if seen is not None:
        s = np.where(seen.numpy(), np.nan, s)
    ranks = pd.DataFrame(s).rank(axis=1, ascending=False, method="average").to_numpy()
    inverse = np.where(heldout.numpy(), 1 / ranks, np.nan)
    return torch.from_numpy(pd.DataFrame(inverse).mean(axis=1).to_numpy())

# %% metric-by-rankdata
def reciprocal_ranks(scores, heldout, seen=None):
    from scipy.stats import rankdata

    s = -scores.numpy().astype(np.float64)
    if seen is not None:
        s[seen.numpy()] = np.inf
    r = rankdata(s, axis=1)
    h = heldout.numpy()
    result = np.full(len(s), np.nan)
    some = h.any(axis=1)
    result[some] = (h / r)[some].sum(axis=1) / h[some].sum(axis=1)
    return torch.from_numpy(result)

# %% metric-by-sorted-lists
def reciprocal_ranks(scores, heldout, seen=None):
    import bisect

    values = []
    for i, row in enumerate(scores.tolist()):
        pool = sorted(x for j, x in enumerate(row) if seen is None or not seen[i][j])
        inverse = []
        for j in heldout[i].nonzero().flatten().tolist():
            above = len(pool) - bisect.bisect_right(pool, row[j])
            upto = len(pool) - bisect.bisect_left(pool, row[j])
            inverse.append(2 / (above + 1 + upto))
        values.append(sum(inverse) / len(inverse) if inverse else math.nan)
    return torch.tensor(values, dtype=torch.float64)

# %% metric-by-unique
def reciprocal_ranks(scores, heldout, seen=None):
    out = []
    for i in range(len(scores)):
        s = scores[i] if seen is None else scores[i][~seen[i]]
        values, counts = torch.unique(s, return_counts=True)
        ends = counts.flip(0).cumsum(0).flip(0).double()  # movies at or above each value
        mean_rank = ends - (counts.double() - 1) / 2
        held = scores[i][heldout[i]]
        out.append((1 / mean_rank[torch.searchsorted(values, held)]).mean())
    return torch.stack(out).double()

# %% metric-by-comparisons
def reciprocal_ranks(scores, heldout, seen=None):
    valid = torch.ones_like(heldout) if seen is None else seen.logical_not()
    bigger = scores.unsqueeze(1).gt(scores.unsqueeze(2)).logical_and(valid.unsqueeze(1)).sum(2)
    equal = scores.unsqueeze(1).eq(scores.unsqueeze(2)).logical_and(valid.unsqueeze(1)).sum(2)
    rank = bigger.double() + (equal.double() + 1).div(2)
    return torch.where(heldout, rank.reciprocal(), 0.0).sum(1).div(heldout.sum(1))

def mrr_score(scores, heldout, seen=None):
    return float(torch.nanmean(reciprocal_ranks(scores, heldout, seen)))

# %% metric-nan-by-numpy
def mrr_score(scores, heldout, seen=None):
    return float(np.nanmean(reciprocal_ranks(scores, heldout, seen).numpy()))

# %% metric-mean-by-loop
def mrr_score(scores, heldout, seen=None):
    total, users = 0.0, 0
    for value in reciprocal_ranks(scores, heldout, seen).tolist():
        if not math.isnan(value):
            total += value
            users += 1
    return total / users if users else math.nan

# %% metric-helper-functions
# file: mrr.py
def unseen(scores, seen, i):
    return scores[i] if seen is None else torch.masked_select(scores[i], ~seen[i])

def rank_of(pool, score):
    return 1 + int((pool > score).sum()) + (int((pool == score).sum()) - 1) / 2

def reciprocal_ranks(scores, heldout, seen=None):
    result = torch.empty(len(scores), dtype=torch.double)
    for i in range(len(scores)):
        pool = unseen(scores, seen, i)
        ranks = [rank_of(pool, score) for score in scores[i, heldout[i]]]
        result[i] = np.mean([1 / rank for rank in ranks]) if ranks else np.nan
    return result

# %% metric-by-vmap
# file: mrr.py
def one_user(scores, heldout, seen):
    s = torch.where(seen, -math.inf, scores)
    above = (s[None, :] > s[:, None]).sum(1)
    same = (s[None, :] == s[:, None]).sum(1)
    inverse = 1 / (above.double() + (same.double() + 1) / 2)
    return torch.where(heldout, inverse, 0.0).sum() / heldout.sum()

def reciprocal_ranks(scores, heldout, seen=None):
    return torch.vmap(one_user)(scores, heldout, torch.zeros_like(heldout) if seen is None else seen)
