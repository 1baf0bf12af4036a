# Question 2d: the metric.

# %% ranked-from-below (part)
# 2d: The lowest score has rank 1: the movies are ranked the wrong way round.
def reciprocal_ranks(scores, heldout, seen=None):
    from scipy.stats import rankdata
    out = []
    for s, h, k in zip(scores.numpy(), heldout.numpy(), range(len(scores))):
        keep = np.ones(len(s), bool) if seen is None else ~seen[k].numpy()
        ranks = np.zeros(len(s))
        ranks[keep] = rankdata(s[keep])
        out.append((1 / ranks[h]).mean() if h.any() else np.nan)
    return torch.tensor(out, dtype=torch.float64)

# %% ranks-from-zero (part)
# 2d: Ranks are counted from 0 and not from 1, with 1/0 as an infinite value for the best movie.
def reciprocal_ranks(scores, heldout, seen=None):
    res = torch.full((scores.size(0),), float("nan"), dtype=torch.float64)
    for i in range(scores.size(0)):
        ok = torch.ones(scores.size(1), dtype=torch.bool) if seen is None else ~seen[i]
        mine = heldout[i].nonzero().squeeze(1)
        if mine.numel():
            above = (scores[i][ok][None] > scores[i][mine][:, None]).sum(1)
            ties = (scores[i][ok][None] == scores[i][mine][:, None]).sum(1) - 1
            res[i] = (1 / (above + ties / 2).double()).mean()
    return res

# %% ties-take-the-best-rank
# 2d: Tied movies all get the best rank of the tie, not the mean of the ranks.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.clone()
    if seen is not None:
        s = s.masked_fill(seen, -float("inf"))
    rank = 1 + (s.unsqueeze(1) > s.unsqueeze(2)).sum(dim=2)
    rr = torch.where(heldout, 1 / rank.double(), torch.zeros(1, dtype=torch.float64))
    return rr.sum(1) / heldout.sum(1)

# %% ties-by-position
# 2d: Tied movies are ranked in the order in which argsort leaves them, not by the mean of the ranks.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.clone()
    if seen is not None:
        s[seen] = float("-inf")
    order = torch.argsort(s, dim=1, descending=True, stable=True)
    ranks = torch.empty_like(order)
    ranks.scatter_(1, order, torch.arange(1, s.shape[1] + 1).expand_as(order))
    recip = 1.0 / ranks.double()
    return (recip * heldout).sum(dim=1) / heldout.sum(dim=1)

# %% seen-movies-compete
# 2d: seen is ignored: movies of the training set keep their ranks.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.double()
    above = (s[:, None, :] > s[:, :, None]).sum(-1)
    same = (s[:, None, :] == s[:, :, None]).sum(-1)
    inv = 1 / (above + (same + 1) / 2)
    return (inv * heldout).sum(1).double() / heldout.sum(1)

# %% seen-movies-score-zero
# 2d: Seen movies get the score 0 in place of being taken out, which is above negative scores.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.double().clone()
    if seen is not None:
        s = s * (~seen)
    above = (s[:, None, :] > s[:, :, None]).sum(-1)
    same = (s[:, None, :] == s[:, :, None]).sum(-1)
    inv = 1 / (above + (same + 1) / 2)
    return (inv * heldout).sum(1).double() / heldout.sum(1)

# %% seen-movies-score-minus-a-hundred (part)
# 2d: Seen movies get the score -100, which is not below every score.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.clone()
    if seen is not None:
        s[seen] = -100
    result = []
    for row, held in zip(s, heldout):
        rr = [1 / ((row > x).sum() + ((row == x).sum() + 1) / 2) for x in row[held]]
        result.append(torch.stack(rr).double().mean() if rr else torch.tensor(float("nan")).double())
    return torch.stack(result)

# %% only-the-best-heldout-movie
# 2d: Only the best-ranked held-out movie counts, not the mean over all of them.
def reciprocal_ranks(scores, heldout, seen=None):
    n = len(scores)
    mrr = torch.full((n,), torch.nan, dtype=torch.float64)
    for u in range(n):
        mask = heldout[u]
        if not mask.any():
            continue
        pool = scores[u] if seen is None else scores[u][~seen[u]]
        best = scores[u][mask].max()
        mrr[u] = 1 / ((pool > best).sum() + ((pool == best).sum() + 1) / 2)
    return mrr

# %% summed-over-heldout-movies
# 2d: A user's value is the sum of 1/rank over the held-out movies, not the mean.
def reciprocal_ranks(scores, heldout, seen=None):
    out = []
    for u in range(len(scores)):
        pool = scores[u] if seen is None else scores[u][~seen[u]]
        rr = 0.0
        for m in torch.where(heldout[u])[0]:
            rank = (pool > scores[u, m]).sum() + 0.5 * ((pool == scores[u, m]).sum() + 1)
            rr += 1 / rank.item()
        out.append(rr if heldout[u].any() else float("nan"))
    return torch.tensor(out).double()

# %% zero-for-nobody
# 2d: A user without held-out movies has the value 0, not NaN.
def reciprocal_ranks(scores, heldout, seen=None):
    s = scores.double() if seen is None else scores.double().masked_fill(seen, float("-inf"))
    above = (s[:, None, :] > s[:, :, None]).sum(-1)
    same = (s[:, None, :] == s[:, :, None]).sum(-1)
    inv = (1 / (above + (same + 1) / 2)) * heldout
    return inv.sum(1).double() / heldout.sum(1).clamp(min=1)

# %% users-are-dropped (part)
# 2d: Users without held-out movies are left out of the result, so that it is shorter than num_users.
def reciprocal_ranks(scores, heldout, seen=None):
    values = []
    for i, row in enumerate(scores.tolist()):
        held = [row[j] for j in range(len(row)) if heldout[i, j]]
        if not held:
            continue
        pool = [row[j] for j in range(len(row)) if seen is None or not seen[i, j]]
        ranks = [sum(x > h for x in pool) + (pool.count(h) + 1) / 2 for h in held]
        values.append(sum(1 / r for r in ranks) / len(ranks))
    return torch.tensor(values, dtype=torch.float64)

# %% zeros-are-averaged (part)
# 2d: mrr_score counts users without held-out movies as 0 in the mean.
def mrr_score(scores, heldout, seen=None):
    rr = reciprocal_ranks(scores, heldout, seen)
    return torch.nan_to_num(rr, nan=0.0).mean().item()

# %% nan-for-all (part)
# 2d: mrr_score takes the plain mean, which is NaN as soon as one user has no held-out movie.
def mrr_score(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).mean().item()

# %% inverse-of-the-mean-rank
# 2d: A user's value is 1 / (mean rank), not the mean of 1 / rank.
def reciprocal_ranks(scores, heldout, seen=None):
    result = torch.zeros(len(scores), dtype=torch.float64)
    for i in range(len(scores)):
        avail = torch.ones_like(heldout[i]) if seen is None else torch.logical_not(seen[i])
        s = scores[i][avail]
        ranks = [float((s > t).sum()) + (float((s == t).sum()) + 1) / 2 for t in scores[i][heldout[i]]]
        result[i] = 1 / (sum(ranks) / len(ranks)) if ranks else np.nan
    return result

# %% every-movie-counts-the-same
# 2d: mrr_score averages over all held-out movies, so that users with many of them count more.
def mrr_score(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    counts = heldout.sum(dim=1)
    has = counts > 0
    return float((values[has] * counts[has]).sum() / counts.sum())

# %% arguments-are-overwritten
# 2d: The scores of seen movies are overwritten in the argument itself.
def reciprocal_ranks(scores, heldout, seen=None):
    if seen is not None:
        scores[seen] = -float("inf")
    out = torch.full((scores.shape[0],), float("nan"), dtype=torch.float64)
    for u in torch.nonzero(heldout.any(1)).flatten():
        s, t = scores[u], scores[u][heldout[u]]
        rank = (s > t[:, None]).sum(1) + ((s == t[:, None]).sum(1) + 1) / 2
        out[u] = (1 / rank.double()).mean()
    return out

# %% ranked-among-the-heldout
# 2d: Held-out movies are ranked among themselves only, not among all unseen movies.
def reciprocal_ranks(scores, heldout, seen=None):
    out = []
    for s, h in zip(scores, heldout):
        mine = s[h].double()
        above = (mine[None] > mine[:, None]).sum(1)
        same = (mine[None] == mine[:, None]).sum(1)
        out.append((1 / (above + (same + 1) / 2).double()).mean())
    return torch.stack(out)

# %% single-precision (part)
# 2d: The result is a float32 tensor, not float64.
def reciprocal_ranks(scores, heldout, seen=None):
    vals = torch.full((len(scores),), float("nan"))
    for i, (s, h) in enumerate(zip(scores, heldout)):
        pool = s if seen is None else s[~seen[i]]
        if h.any():
            r = torch.stack([(pool > x).sum() + ((pool == x).sum() + 1) / 2 for x in s[h]])
            vals[i] = (1 / r).mean()
    return vals
