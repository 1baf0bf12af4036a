"""Question 2d: the mean over the users."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL
from grader.misconceptions.ranks import PIPELINE

part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def users(reciprocal_ranks, scores, heldout, seen):
    return reciprocal_ranks(scores, heldout, seen)


@wrong(
    "users",
    CENTRAL,
    diagnosis="mrr_score does not pass seen on to reciprocal_ranks.",
    question="Which of its three arguments does mrr_score use?",
)
def seen_not_passed_on(reciprocal_ranks, scores, heldout):
    return reciprocal_ranks(scores, heldout)


@wrong(
    "users",
    CENTRAL,
    diagnosis="mrr_score passes seen and heldout on in the wrong order.",
    question="Which argument of reciprocal_ranks is the second one?",
)
def arguments_swapped(reciprocal_ranks, scores, heldout, seen):
    return reciprocal_ranks(scores, seen, heldout)


@part
def score(users):
    return users.nanmean().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score divides by the number of all users, also those with nothing held out.",
    question="How many users have a value?",
)
def users_without_value_count_as_zero(users):
    return users.nan_to_num(0.0).mean().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score is the mean over held-out movies: users with many count more.",
    question="Does each user count the same, or each held-out movie?",
)
def mean_over_movies(users, heldout):
    counts = heldout.sum(dim=1)
    return ((users.nan_to_num(0.0) * counts).sum() / counts.sum()).item()


@wrong(
    "score",
    CORNER,
    diagnosis="mrr_score is the mean over batches of users: those of a small batch count more.",
    question="Does each user count the same, or each batch of users?",
)
def mean_over_batches(users):
    return torch.stack([batch.nanmean() for batch in users.split(256)]).mean().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score is NaN as soon as one user has no held-out movie.",
    question="Which users should the mean leave out?",
)
def mean_with_nan(users):
    return users.mean().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score is the sum over the users, not the mean.",
    question="Between which values does the mean reciprocal rank lie?",
)
def values_summed(users):
    return users.nansum().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score is the median over the users, not the mean.",
    question="Which average does the metric take?",
)
def median_of_users(users):
    return users.nanmedian().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score is the value of the best user.",
    question="Over what is the mean taken?",
)
def best_user_only(users):
    return users.nan_to_num(0.0).max().item()


@wrong(
    "score",
    PARTIAL,
    diagnosis="mrr_score returns every user's value: the mean over the users is missing.",
    question="How many numbers should mrr_score return?",
)
def values_for_score(users):
    return users


@PIPELINE.whole(
    "reciprocal_ranks",
    CORNER,
    diagnosis="The scores of seen movies are overwritten in the caller's own tensor.",
    question="Whose tensor is scores after the call?",
)
def seen_overwritten_in_place(scores, heldout, seen=None):
    if seen is not None:
        scores[seen] = -torch.inf
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            own = scores[user][heldout[user]][:, None]
            above, tied = (scores[user] > own).sum(dim=1), (scores[user] == own).sum(dim=1)
            values[user] = (1 / (above + (tied + 1) / 2).double()).mean()
    return values
