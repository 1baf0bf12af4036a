"""Question 2d: how high does the network rank what a user went on to watch?

For each user, rank the movies by score, highest first. The metric looks up the ranks of the
movies that were held out from training: a held-out movie at rank 1 counts 1, at rank 2 a half,
at rank ``r`` it counts ``1 / r``.

A loop over users and movies is right, if slow: one call in a test may take 20 seconds of processor
time, and all calls that judge this file twice that.
"""

import torch
from torch import Tensor


def reciprocal_ranks(scores: Tensor, heldout: Tensor, seen: Tensor | None = None) -> Tensor:
    """Mean reciprocal rank of each user's held-out movies.

    Parameters
    ----------
    scores : float tensor, shape (num_users, num_items)
        Row ``i`` holds user ``i``'s score of every movie, the interaction.
    heldout : bool tensor, shape (num_users, num_items)
        True where the user watched the movie in the test set.
    seen : bool tensor, shape (num_users, num_items), optional
        True where the user watched the movie in the training set. Those movies are taken out
        before ranking: they have no rank, and the others move up. Never True where
        ``heldout`` is.

    Returns
    -------
    float64 tensor, shape (num_users,)
        The mean of ``1 / rank`` over the user's held-out movies; NaN for a user with none.

    Notes
    -----
    Rank 1 is the highest score. Movies with equal scores share the mean of the ranks that
    they span: scores 5, 3, 3, 1 have ranks 1, 2.5, 2.5, 4. With movies 0 and 1 held out and
    movie 2 seen, the ranks among movies 0, 1 and 3 are 1, 2 and 3, and the user's value is
    ``(1/1 + 1/2) / 2 = 0.75``. The arguments are not modified.
    """
    # Question 2d: rank each user's unseen movies, then average 1 / rank over the held-out ones.
    ### BEGIN SOLUTION
    num_users, num_items = scores.shape
    # A seen movie scores below every other one, which takes it out of the way.
    scores = scores if seen is None else torch.where(seen, -torch.inf, scores)
    users, items = heldout.nonzero(as_tuple=True)
    ranks = []
    block = max(1, 400_000 // num_items)  # held-out movies at once; it bounds the memory
    for rows, columns in zip(users.split(block), items.split(block)):
        others, own = scores.index_select(0, rows), scores[rows, columns].unsqueeze(1)
        # The signs add up to the movies above less the movies below, and above + below + tied
        # is num_items, so this is above + (tied + 1) / 2: the mean of the ranks that ties span.
        ranks.append((num_items + 1 + (others - own).sign_().sum(dim=1)) / 2)
    total = torch.zeros(num_users, dtype=torch.float64, device=scores.device)
    total.index_add_(0, users, 1 / torch.cat(ranks).double())
    values = total / torch.bincount(users, minlength=num_users)  # 0 / 0 is NaN
    ### END SOLUTION
    return values


def mrr_score(scores: Tensor, heldout: Tensor, seen: Tensor | None = None) -> float:
    """Mean reciprocal rank over the users who have held-out movies.

    Parameters
    ----------
    scores, heldout, seen
        As in ``reciprocal_ranks``.

    Returns
    -------
    float
        Between 0 and 1; NaN if no user has a held-out movie.
    """
    # Question 2d: average over the users whose value is not NaN.
    ### BEGIN SOLUTION
    mrr = reciprocal_ranks(scores, heldout, seen).nanmean().item()
    ### END SOLUTION
    return mrr
