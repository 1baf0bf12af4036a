"""Question 2d: ranks, users' values and their mean."""

import torch

from grader.misconceptions.base.mrr import ranks, reciprocal_ranks, summary, user_value
from grader.misconceptions.entry import Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2d",
    "ranks",
    did="Ranks are counted from zero: the best movie has rank 0.",
    think="What is 1 / rank for the best movie?",
)
def ranks_from_zero(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied - 1) / 2).double()


@wrong(
    "2d",
    "ranks",
    did="One is added to ranks that start at one already.",
    think="What is 1 / rank for the best movie?",
)
def ranks_from_two(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied + 3) / 2).double()


@wrong(
    "2d",
    "ranks",
    did="The lowest score has rank 1.",
    think="Is the best movie the one with the highest or the lowest score?",
)
def ascending(scores):
    below = (scores < scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (below + (tied + 1) / 2).double()


@wrong(
    "2d",
    "ranks",
    did="Movies with equal scores all have the best of the ranks that they span.",
    think="Which rank do two movies share that stand at 2 and 3?",
)
def optimistic_ties(scores):
    return (1 + (scores > scores[:, None]).sum(dim=1)).double()


@wrong(
    "2d",
    "ranks",
    did="Movies with equal scores all have the worst of the ranks that they span.",
    think="Which rank do two movies share that stand at 2 and 3?",
)
def pessimistic_ties(scores):
    return (scores >= scores[:, None]).sum(dim=1).double()


@wrong(
    "2d",
    "ranks",
    did="Movies with equal scores are ranked in the order of their ids.",
    think="Should a movie's id decide its rank?",
)
def ties_in_the_order_of_ids(scores):
    order = scores.argsort(descending=True, stable=True)
    return (1 + order.argsort()).double()


@wrong(
    "2d",
    "ranks",
    did="Movies with equal scores are ranked in the reverse order of their ids.",
    think="Should a movie's id decide its rank?",
)
def ties_in_reverse_order(scores):
    order = scores.flip(0).argsort(descending=True, stable=True)
    return (1 + order.argsort()).flip(0).double()


@wrong(
    "2d",
    "ranks",
    did="Ranks count different scores, not movies.",
    think="Scores 5, 3, 3, 1: which rank has the last movie?",
)
def dense_ranks(scores):
    distinct = scores.unique()
    return (1 + (distinct > scores[:, None]).sum(dim=1)).double()


@wrong(
    "2d",
    "ranks",
    did="The order of the movies is taken for their ranks: argsort once, not twice.",
    think="Does argsort say where a movie stands, or which movie stands there?",
)
def order_for_rank(scores):
    return (1 + scores.argsort(descending=True)).double()


@wrong(
    "2d",
    "ranks",
    did="Ranks are divided by the number of movies.",
    think="Which rank has the best of a hundred movies?",
)
def share_of_the_movies(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied + 1) / 2).double() / len(scores)


@wrong(
    "2d",
    "summary",
    did="Only the best ranked held-out movie counts.",
    think="Over which movies is a user's value the mean?",
)
def first_hit_only(heldout_ranks):
    return (1 / heldout_ranks).max()


@wrong(
    "2d",
    "summary",
    did="Only the worst ranked held-out movie counts.",
    think="Over which movies is a user's value the mean?",
)
def worst_hit_only(heldout_ranks):
    return (1 / heldout_ranks).min()


@wrong(
    "2d",
    "summary",
    did="Only the held-out movie with the lowest id counts, as argmax of a mask finds it.",
    think="How many held-out movies can a user have?",
)
def first_heldout_by_id(heldout_ranks):
    return 1 / heldout_ranks[0]


@wrong(
    "2d",
    "summary",
    did="A user's reciprocal ranks are summed, not averaged.",
    think="Can a user's value be larger than one?",
)
def reciprocals_summed(heldout_ranks):
    return (1 / heldout_ranks).sum()


@wrong(
    "2d",
    "summary",
    did="The reciprocal of the mean rank stands for the mean of the reciprocal ranks.",
    think="Is the mean taken before or after 1 / rank?",
)
def reciprocal_of_the_mean_rank(heldout_ranks):
    return 1 / heldout_ranks.mean()


@wrong(
    "2d",
    "summary",
    did="The median of a user's reciprocal ranks stands for their mean.",
    think="Which average does the metric take?",
)
def median_reciprocal(heldout_ranks):
    return (1 / heldout_ranks).median()


@wrong(
    "2d",
    "summary",
    did="The mean rank is returned, not the mean of 1 / rank.",
    think="Is a larger value better or worse?",
)
def mean_rank(heldout_ranks):
    return heldout_ranks.mean()


@wrong(
    "2d",
    "summary",
    did="Ranks are discounted by a logarithm, as in DCG.",
    think="What is the value of a movie at rank 2?",
)
def discounted_gain(heldout_ranks):
    return (1 / torch.log2(1 + heldout_ranks)).mean()


@wrong(
    "2d",
    "summary",
    did="The reciprocal ranks are squared.",
    think="What is the value of a movie at rank 2?",
)
def squared_reciprocals(heldout_ranks):
    return (1 / heldout_ranks**2).mean()


@wrong(
    "2d",
    "summary",
    did="Held-out movies below rank 2 count nothing: a cut-off that the handout does not have.",
    think="Does a movie at rank 100 count 0 or 1/100?",
)
def top_ten(heldout_ranks):
    return torch.where(heldout_ranks <= 2, 1 / heldout_ranks, 0.0).mean()


@wrong(
    "2d",
    "summary",
    did="A whole-number division makes 1 // rank zero for all but the best movie.",
    think="Which operator divides without rounding?",
)
def reciprocals_rounded_down(heldout_ranks):
    return (1 // heldout_ranks).mean()


@wrong(
    "2d",
    "user_value",
    did="Seen movies are ranked too.",
    think="Should a movie that the user has watched already push others down?",
)
def seen_kept(scores, heldout, seen):
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    did="The scores of seen movies are set to zero, and zero may well be a high score.",
    think="Which score can never be above another one?",
)
def seen_set_to_zero(scores, heldout, seen):
    if seen is not None:
        scores = scores * ~seen
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    did="The scores of seen movies are set to -1, and other scores may well be lower.",
    think="Which score can never be above another one?",
)
def seen_set_to_minus_one(scores, heldout, seen):
    if seen is not None:
        scores = scores.masked_fill(seen, -1.0)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    did="The scores of seen movies are set to the lowest one, where they tie with the last movie.",
    think="What is the rank of the last movie that the user has not seen?",
)
def seen_set_to_the_minimum(scores, heldout, seen):
    if seen is not None:
        scores = torch.where(seen, scores.min(), scores)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    did="Seen movies are put on top of the ranking, not taken out of it.",
    think="Should a movie that the user has watched already push others down?",
)
def seen_on_top(scores, heldout, seen):
    if seen is not None:
        scores = scores.masked_fill(seen, torch.inf)
    return summary(ranks(scores)[heldout])


@wrong(
    "2d",
    "user_value",
    did="The held-out movies are ranked among the seen ones only: the mask is the wrong way round.",
    think="Which movies does seen remove from the ranking?",
)
def seen_movies_ranked_alone(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else seen | heldout
    return summary(ranks(scores[kept])[heldout[kept]])


@wrong(
    "2d",
    "user_value",
    did="Held-out movies are ranked among themselves only.",
    think="How many movies compete for rank 1?",
)
def ranked_among_heldout(scores, heldout, seen):
    return summary(ranks(scores[heldout]))


@wrong(
    "2d",
    "user_value",
    did="Each held-out movie is ranked without the user's other held-out movies.",
    think="If a user's two held-out movies are the two best, which ranks do they have?",
)
def other_heldout_taken_out(scores, heldout, seen):
    kept = ~heldout if seen is None else ~(seen | heldout)
    above = (scores[kept] > scores[heldout][:, None]).sum(dim=1)
    tied = (scores[kept] == scores[heldout][:, None]).sum(dim=1)
    return summary((1 + above + tied / 2).double())


@wrong(
    "2d",
    "user_value",
    did="The value is 1 where the best movie is held out and 0 otherwise.",
    think="What is the value of a held-out movie at rank 2?",
)
def best_movie_only(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return heldout[kept][scores[kept].argmax()].double()


@wrong(
    "2d",
    "user_value",
    did="The reciprocal ranks are averaged over all movies, with zeros where none is held out.",
    think="How many terms does the mean of a user with two held-out movies have?",
)
def all_movies_averaged(scores, heldout, seen):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    return (heldout[kept] / ranks(scores[kept])).mean()


@wrong(
    "2d",
    "reciprocal_ranks",
    did="Users without held-out movies have the value 0, not NaN.",
    think="Did the ranking do badly for a user with nothing to find?",
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
    did="Users without held-out movies have the value 1, not NaN.",
    think="Did the ranking do well for a user with nothing to find?",
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
    did="Users without held-out movies are left out, so that row i is no longer user i.",
    think="Which place has user 3 in what is returned?",
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
    did="The scores of seen movies are overwritten in the caller's own tensor.",
    think="Whose tensor is scores after the call?",
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
    did="The users are ranked for each movie, not the movies for each user.",
    think="Along which dimension do the scores of one user lie?",
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
    did="All users' scores are ranked together.",
    think="Whose movies compete with each other?",
)
def one_ranking_for_all(scores, heldout, seen=None):
    kept = torch.ones_like(heldout) if seen is None else ~seen
    all_ranks = torch.full(scores.shape, torch.nan, dtype=torch.float64)
    all_ranks[kept] = ranks(scores[kept])
    values = torch.full((len(scores),), torch.nan, dtype=torch.float64)
    for user in range(len(scores)):
        if heldout[user].any():
            values[user] = summary(all_ranks[user][heldout[user]])
    return values


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score counts users without held-out movies as zero.",
    think="How many users have a value?",
)
def users_without_value_count_as_zero(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nan_to_num(0.0).mean().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score is the mean over held-out movies: users with many count more.",
    think="Does each user count the same, or each held-out movie?",
)
def mean_over_movies(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen).nan_to_num(0.0)
    counts = heldout.sum(dim=1)
    return ((values * counts).sum() / counts.sum()).item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score is NaN as soon as one user has no held-out movie.",
    think="Which users should the mean leave out?",
)
def mean_with_nan(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).mean().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score is the sum over the users, not the mean.",
    think="Between which values does the mean reciprocal rank lie?",
)
def values_summed(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nansum().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score is the median over the users, not the mean.",
    think="Which average does the metric take?",
)
def median_of_users(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen).nanmedian().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score does not pass seen on to reciprocal_ranks.",
    think="Which of its three arguments does mrr_score use?",
)
def seen_not_passed_on(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout).nanmean().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score is the value of the best user.",
    think="Over what is the mean taken?",
)
def best_user_only(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    return values.nan_to_num(0.0).max().item()


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score returns every user's value: the mean over the users is missing.",
    think="How many numbers should mrr_score return?",
)
def values_for_score(scores, heldout, seen=None):
    return reciprocal_ranks(scores, heldout, seen)


@wrong(
    "2d",
    "mrr_score",
    did="mrr_score divides by the number of all users.",
    think="How many users have a value?",
    same_as="users-without-value-count-as-zero",
)
def zero_values_left_out(scores, heldout, seen=None):
    values = reciprocal_ranks(scores, heldout, seen)
    return (values.nansum() / len(values)).item()
