"""Question 2d: the mean over the users."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, wrong
from grader.misconceptions.ranks import PIPELINE

part = PIPELINE.part


@part
class users:
    def right(reciprocal_ranks, scores, heldout, seen):
        return reciprocal_ranks(scores, heldout, seen)

    @wrong(CENTRAL)
    def seen_not_passed_on(reciprocal_ranks, scores, heldout):
        """mrr_score does not pass seen on to reciprocal_ranks.
        Which of its three arguments does mrr_score use?"""
        return reciprocal_ranks(scores, heldout)

    @wrong(CENTRAL)
    def arguments_swapped(reciprocal_ranks, scores, heldout, seen):
        """mrr_score passes seen and heldout on in the wrong order.
        Which argument of reciprocal_ranks is the second one?"""
        return reciprocal_ranks(scores, seen, heldout)


@part
class score:
    def right(users):
        return users.nanmean().item()

    def users_without_value_count_as_zero(users):
        """mrr_score divides by the number of all users, also those with nothing held out.
        How many users have a value?"""
        return users.nan_to_num(0.0).mean().item()

    def mean_over_movies(users, heldout):
        """mrr_score is the mean over held-out movies: users with many count more.
        Does each user count the same, or each held-out movie?"""
        counts = heldout.sum(dim=1)
        return ((users.nan_to_num(0.0) * counts).sum() / counts.sum()).item()

    @wrong(CORNER)
    def mean_over_batches(users):
        """mrr_score is the mean over batches of users: those of a small batch count more.
        Does each user count the same, or each batch of users?"""
        return torch.stack([batch.nanmean() for batch in users.split(256)]).mean().item()

    def mean_with_nan(users):
        """mrr_score is NaN as soon as one user has no held-out movie.
        Which users should the mean leave out?"""
        return users.mean().item()

    def values_summed(users):
        """mrr_score is the sum over the users, not the mean.
        Between which values does the mean reciprocal rank lie?"""
        return users.nansum().item()

    def median_of_users(users):
        """mrr_score is the median over the users, not the mean.
        Which average does the metric take?"""
        return users.nanmedian().item()

    def best_user_only(users):
        """mrr_score is the value of the best user.
        Over what is the mean taken?"""
        return users.nan_to_num(0.0).max().item()

    def values_for_score(users):
        """mrr_score returns every user's value: the mean over the users is missing.
        How many numbers should mrr_score return?"""
        return users


@PIPELINE.whole("reciprocal_ranks")
@wrong(CORNER)
def seen_overwritten_in_place(scores, heldout, seen=None):
    """The scores of seen movies are overwritten in the caller's own tensor.
    Whose tensor is scores after the call?"""
    if seen is not None:
        scores[seen] = -torch.inf
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            own = scores[user][heldout[user]][:, None]
            above, tied = (scores[user] > own).sum(dim=1), (scores[user] == own).sum(dim=1)
            values[user] = (1 / (above + (tied + 1) / 2).double()).mean()
    return values
