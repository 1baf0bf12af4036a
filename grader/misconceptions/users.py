"""Question 2d: which movies are ranked, and the mean over the users."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue
from grader.reference.mrr import ranks, reciprocal_ranks, summary, user_value

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2d",
    "user_value",
    CENTRAL,
    diagnosis="Seen movies are ranked too.",
    question="Should a movie that the user has watched already push others down?",
)
def seen_kept(scores, heldout, seen):
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="The scores of seen movies are set to zero, and zero can be a high score.",
    question="Which score can never be above another one?",
)
def seen_set_to_zero(scores, heldout, seen):
    if seen is not None:
        scores = scores * ~seen
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="The scores of seen movies are set to -1, and other scores can be lower.",
    question="Which score can never be above another one?",
)
def seen_set_to_minus_one(scores, heldout, seen):
    if seen is not None:
        scores = scores.masked_fill(seen, -1.0)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="The scores of seen movies are set to the lowest one, and tie with the last movie.",
    question="What is the rank of the last movie that the user has not seen?",
)
def seen_set_to_the_minimum(scores, heldout, seen):
    if seen is not None:
        scores = torch.where(seen, scores.min(), scores)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    CORNER,
    diagnosis="The scores of seen movies are set to a number such as -100; others may be lower.",
    question="Which score can never be above another one?",
)
def seen_set_to_minus_hundred(scores, heldout, seen):
    if seen is not None:
        scores = scores.masked_fill(seen, -100.0)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    CENTRAL,
    diagnosis="Seen movies are put on top of the ranking, not taken out of it.",
    question="Should a movie that the user has watched already push others down?",
)
def seen_on_top(scores, heldout, seen):
    if seen is not None:
        scores = scores.masked_fill(seen, torch.inf)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    CENTRAL,
    diagnosis="Held-out movies are ranked among seen ones only: the mask is the wrong way round.",
    question="Which movies does seen remove from the ranking?",
)
def seen_movies_ranked_alone(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else seen | heldout
    return summary(ranks(scores[kept])[heldout[kept]])


@wrong(
    "2d",
    "user_value",
    CORNER,
    diagnosis="The scores are rounded before they are ranked, so that different ones tie.",
    question="Do two movies tie whose scores differ in the third decimal place?",
)
def scores_rounded(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return summary(ranks(scores[kept].round(decimals=2))[heldout[kept]])


@wrong(
    "2d",
    "reciprocal_ranks",
    PARTIAL,
    diagnosis="A sigmoid comes before the ranking, and makes scores tie that are far from zero.",
    question="What are the sigmoids of 30 and of 40 as a computer's numbers?",
)
def sigmoid_before_ranking(scores, heldout, seen=None):
    scores = torch.sigmoid(scores)
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values[user] = user_value(scores[user], heldout[user], watched)
    return values


@wrong(
    "2d",
    "reciprocal_ranks",
    CORNER,
    diagnosis="A softmax before the ranking makes scores tie that are far below the best.",
    question="What is the share of a score that is 200 below the best one, as a computer's number?",
)
def softmax_before_ranking(scores, heldout, seen=None):
    scores = torch.softmax(scores, dim=1)
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values[user] = user_value(scores[user], heldout[user], watched)
    return values


@wrong(
    "2d",
    "user_value",
    CENTRAL,
    diagnosis="Held-out movies are ranked among themselves only.",
    question="How many movies compete for rank 1?",
)
def ranked_among_heldout(scores, heldout, seen):
    return summary(ranks(scores[heldout]))


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="Each held-out movie is ranked without the user's other held-out movies.",
    question="If a user's two held-out movies are the two best, which ranks do they have?",
)
def other_heldout_taken_out(scores, heldout, seen):
    kept = ~heldout if seen is None else ~(seen | heldout)
    above = (scores[kept] > scores[heldout][:, None]).sum(dim=1)
    tied = (scores[kept] == scores[heldout][:, None]).sum(dim=1)
    return summary((1 + above + tied / 2).double())


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="The value is 1 where the best movie is held out and 0 otherwise.",
    question="What is the value of a held-out movie at rank 2?",
)
def best_movie_only(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return heldout[kept][scores[kept].argmax()].double()


@wrong(
    "2d",
    "user_value",
    PARTIAL,
    diagnosis="The reciprocal ranks are averaged over all movies, those not held out as zeros.",
    question="How many terms does the mean of a user with two held-out movies have?",
)
def all_movies_averaged(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return (heldout[kept] / ranks(scores[kept])).mean()


@wrong(
    "2d",
    "reciprocal_ranks",
    PARTIAL,
    diagnosis="Users without held-out movies have the value 0, not NaN.",
    question="Did the ranking do badly for a user with nothing to find?",
)
def users_without_heldout_as_zero(scores, heldout, seen=None):
    values = torch.zeros(len(scores), dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values[user] = user_value(scores[user], heldout[user], watched)
    return values


@wrong(
    "2d",
    "reciprocal_ranks",
    PARTIAL,
    diagnosis="Users without held-out movies have the value 1, not NaN.",
    question="Did the ranking do well for a user with nothing to find?",
)
def users_without_heldout_as_one(scores, heldout, seen=None):
    values = torch.ones(len(scores), dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values[user] = user_value(scores[user], heldout[user], watched)
    return values


@wrong(
    "2d",
    "reciprocal_ranks",
    PARTIAL,
    diagnosis="Users without held-out movies are left out, so that row i is no longer user i.",
    question="Which place has user 3 in what is returned?",
)
def users_without_heldout_dropped(scores, heldout, seen=None):
    values = []
    for user in range(len(scores)):
        if heldout[user].any():
            watched = None if seen is None else seen[user]
            values.append(user_value(scores[user], heldout[user], watched))
    return torch.stack(values)


@wrong(
    "2d",
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
            values[user] = user_value(scores[user], heldout[user], None)
    return values


@wrong(
    "2d",
    "reciprocal_ranks",
    CENTRAL,
    diagnosis="The users are ranked for each movie, not the movies for each user.",
    question="Along which dimension do the scores of one user lie?",
)
def users_ranked_for_a_movie(scores, heldout, seen=None):
    all_ranks = torch.stack([ranks(column) for column in scores.T], dim=1)
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            values[user] = summary(all_ranks[user][heldout[user]])
    return values


@wrong(
    "2d",
    "reciprocal_ranks",
    CENTRAL,
    diagnosis="All users' scores are ranked together.",
    question="Whose movies compete with each other?",
)
def one_ranking_for_all(scores, heldout, seen=None):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    all_ranks = torch.full(scores.shape, torch.nan, dtype=torch.float64)
    # Sorted, for of tens of thousands of movies all pairs are gigabytes.
    ordered = scores[kept].sort().values
    lower = torch.searchsorted(ordered, scores[kept])
    not_above = torch.searchsorted(ordered, scores[kept], right=True)
    tied = not_above - lower
    all_ranks[kept] = (len(ordered) - not_above + (tied + 1) / 2).double()
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            values[user] = summary(all_ranks[user][heldout[user]])
    return values


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score divides by the number of all users, also those with nothing held out.",
    question="How many users have a value?",
)
def users_without_value_count_as_zero(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nan_to_num(0.0).mean().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score is the mean over held-out movies: users with many count more.",
    question="Does each user count the same, or each held-out movie?",
)
def mean_over_movies(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen).nan_to_num(0.0)
    counts = heldout.sum(dim=1)
    return ((values * counts).sum() / counts.sum()).item()


@wrong(
    "2d",
    "mrr_score",
    CORNER,
    diagnosis="mrr_score is the mean over batches of users: those of a small batch count more.",
    question="Does each user count the same, or each batch of users?",
)
def mean_over_batches(scores, heldout, seen=None):
    means = []
    for users in torch.arange(len(scores)).split(256):
        watched = None if seen is None else seen[users]
        means.append(reciprocal_ranks(scores[users], heldout[users], watched).nanmean())
    return torch.stack(means).mean().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score is NaN as soon as one user has no held-out movie.",
    question="Which users should the mean leave out?",
)
def mean_with_nan(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).mean().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score is the sum over the users, not the mean.",
    question="Between which values does the mean reciprocal rank lie?",
)
def values_summed(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nansum().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score is the median over the users, not the mean.",
    question="Which average does the metric take?",
)
def median_of_users(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nanmedian().item()


@wrong(
    "2d",
    "mrr_score",
    CENTRAL,
    diagnosis="mrr_score does not pass seen on to reciprocal_ranks.",
    question="Which of its three arguments does mrr_score use?",
)
def seen_not_passed_on(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout).nanmean().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score is the value of the best user.",
    question="Over what is the mean taken?",
)
def best_user_only(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    return values.nan_to_num(0.0).max().item()


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score returns every user's value: the mean over the users is missing.",
    question="How many numbers should mrr_score return?",
)
def values_for_score(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen)


@wrong(
    "2d",
    "mrr_score",
    PARTIAL,
    diagnosis="mrr_score divides by the number of all users.",
    question="How many users have a value?",
    indistinguishable_from="users-without-value-count-as-zero",
)
def zero_values_left_out(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    return (values.nansum() / len(values)).item()
