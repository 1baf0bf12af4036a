"""Question 2d: the ranks of one user's movies, and what is made of them."""

import torch

from grader import adapter, oracle
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline


def given(scores, heldout, seen=None):
    scores, heldout = adapter.tensors(scores, heldout)
    return {
        "scores": scores,
        "heldout": heldout,
        "seen": None if seen is None else adapter.tensor(seen),
    }


def given_to_score(scores, heldout, seen=None, ranks=None):
    def reciprocal_ranks(*arguments):
        arrays = [argument.numpy() for argument in arguments if argument is not None]
        return adapter.tensor(oracle.reciprocal_ranks(*arrays) if ranks is None else ranks)

    return given(scores, heldout, seen) | {"reciprocal_ranks": reciprocal_ranks}


PIPELINE = Pipeline(
    "2d",
    Output(
        "reciprocal_ranks(scores, heldout, seen=None)",
        "values",
        topic="ranks",
        observed=("2d-11", "the result"),
        given=given,
    ),
    Output(
        "mrr_score(scores, heldout, seen=None)",
        "score",
        topic="mrr_score",
        observed=("2d-9", "the result"),
        given=given_to_score,
        uses=("reciprocal_ranks",),
    ),
)
part, wrong = PIPELINE.part, PIPELINE.wrong


@part
def numbers(scores):
    return scores


@wrong(
    "numbers",
    PARTIAL,
    diagnosis="A sigmoid comes before the ranking, and makes scores tie that are far from zero.",
    question="What are the sigmoids of 30 and of 40 as a computer's numbers?",
)
def sigmoid_before_ranking(scores):
    return torch.sigmoid(scores)


@wrong(
    "numbers",
    CORNER,
    diagnosis="A softmax before the ranking makes scores tie that are far below the best.",
    question="What is the share of a score that is 200 below the best one, as a computer's number?",
)
def softmax_before_ranking(scores):
    return torch.softmax(scores, dim=1)


@wrong(
    "numbers",
    CORNER,
    diagnosis="The scores are rounded before they are ranked, so that different ones tie.",
    question="Do two movies tie whose scores differ in the third decimal place?",
)
def scores_rounded(scores):
    return scores.round(decimals=2)


@wrong(
    "numbers",
    PARTIAL,
    diagnosis="The scores are rounded to whole numbers before they are ranked.",
    question="Do two movies tie whose scores differ by a half?",
)
def scores_as_whole_numbers(scores):
    return scores.round()


@wrong(
    "numbers",
    PARTIAL,
    diagnosis="The scores are cut down to whole numbers before they are ranked.",
    question="Do two movies tie whose scores differ by a half?",
)
def scores_cut_down(scores):
    return scores.trunc()


@wrong(
    "numbers",
    PARTIAL,
    diagnosis="The scores lose their signs before they are ranked.",
    question="Which of the scores 1 and -2 is the higher one?",
)
def scores_without_signs(scores):
    return scores.abs()


@part
def kept(numbers, seen):
    # What is not a number is neither above, below nor tied.
    return numbers if seen is None else numbers.masked_fill(seen, torch.nan)


@wrong(
    "kept",
    CENTRAL,
    diagnosis="Seen movies are ranked too.",
    question="Should a movie that the user has watched already push others down?",
)
def seen_kept(numbers):
    return numbers


@wrong(
    "kept",
    PARTIAL,
    diagnosis="The scores of seen movies are set to zero, and zero can be a high score.",
    question="Which score can never be above another one?",
)
def seen_set_to_zero(numbers, seen):
    return numbers if seen is None else numbers * ~seen


@wrong(
    "kept",
    PARTIAL,
    diagnosis="The scores of seen movies are set to -1, and other scores can be lower.",
    question="Which score can never be above another one?",
)
def seen_set_to_minus_one(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(seen, -1.0)


@wrong(
    "kept",
    PARTIAL,
    diagnosis="The scores of seen movies are set to -10, and other scores can be lower.",
    question="Which score can never be above another one?",
)
def seen_set_to_minus_ten(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(seen, -10.0)


@wrong(
    "kept",
    CORNER,
    diagnosis="The scores of seen movies are set to a number such as -100; others may be lower.",
    question="Which score can never be above another one?",
)
def seen_set_to_minus_hundred(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(seen, -100.0)


@wrong(
    "kept",
    CORNER,
    diagnosis="The scores of seen movies are set to a number such as -1000; others may be lower.",
    question="Which score can never be above another one?",
    general="seen-set-to-minus-hundred",
)
def seen_set_to_minus_thousand(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(seen, -1000.0)


@wrong(
    "kept",
    PARTIAL,
    diagnosis="The scores of seen movies are set to the lowest one, and tie with the last movie.",
    question="What is the rank of the last movie that the user has not seen?",
)
def seen_set_to_the_minimum(numbers, seen):
    return numbers if seen is None else torch.where(seen, numbers.amin(1, keepdim=True), numbers)


@wrong(
    "kept",
    PARTIAL,
    diagnosis="The scores of seen movies are made smaller by 1, and may still be high.",
    question="Which score can never be above another one?",
)
def seen_lowered(numbers, seen):
    return numbers if seen is None else numbers - seen.float()


@wrong(
    "kept",
    CENTRAL,
    diagnosis="Seen movies are put on top of the ranking, not taken out of it.",
    question="Should a movie that the user has watched already push others down?",
)
def seen_on_top(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(seen, torch.inf)


@wrong(
    "kept",
    CENTRAL,
    diagnosis="Held-out movies are ranked among seen ones only: the mask is the wrong way round.",
    question="Which movies does seen remove from the ranking?",
)
def seen_movies_ranked_alone(numbers, heldout, seen):
    return numbers if seen is None else numbers.masked_fill(~(seen | heldout), torch.nan)


@wrong(
    "kept",
    CENTRAL,
    diagnosis="The scores of all movies but the seen ones are set to minus infinity.",
    question="Which movies does seen remove from the ranking?",
)
def unseen_set_to_minus_infinity(numbers, seen):
    return numbers if seen is None else numbers.masked_fill(~seen, -torch.inf)


@wrong(
    "kept",
    CENTRAL,
    diagnosis="The scores of all movies but the seen ones are set to zero.",
    question="Which movies does seen remove from the ranking?",
)
def unseen_set_to_zero(numbers, seen):
    return numbers if seen is None else numbers * seen


@wrong(
    "kept",
    PARTIAL,
    diagnosis="A movie that any user has seen is taken out for all users.",
    question="Whose seen movies should a user's ranking lack?",
)
def seen_by_anyone_taken_out(numbers, heldout, seen):
    return numbers if seen is None else numbers.masked_fill(seen.any(0) & ~heldout, torch.nan)


@part
def table(kept):
    return kept


@wrong(
    "table",
    CENTRAL,
    diagnosis="The lowest score has rank 1.",
    question="Is the best movie the one with the highest or the lowest score?",
)
def ascending(kept):
    return -kept


@part
def rivals(table, heldout):
    rows, columns = heldout.nonzero(as_tuple=True)
    return table[rows], table[rows, columns][:, None], columns[:, None]


@wrong(
    "rivals",
    CENTRAL,
    diagnosis="Held-out movies are ranked among themselves only.",
    question="How many movies compete for rank 1?",
)
def ranked_among_heldout(table, heldout):
    rows, columns = heldout.nonzero(as_tuple=True)
    others = table.masked_fill(~heldout, torch.nan)[rows]
    return others, table[rows, columns][:, None], columns[:, None]


@wrong(
    "rivals",
    PARTIAL,
    diagnosis="Each held-out movie is ranked without the user's other held-out movies.",
    question="If a user's two held-out movies are the two best, which ranks do they have?",
)
def other_heldout_taken_out(table, heldout):
    rows, columns = heldout.nonzero(as_tuple=True)
    own = table[rows, columns][:, None]
    others = table.masked_fill(heldout, torch.nan)[rows].scatter(1, columns[:, None], own)
    return others, own, columns[:, None]


@wrong(
    "rivals",
    CENTRAL,
    diagnosis="The users are ranked for each movie, not the movies for each user.",
    question="Along which dimension do the scores of one user lie?",
)
def users_ranked_for_a_movie(table, heldout):
    rows, columns = heldout.nonzero(as_tuple=True)
    return table.T[columns], table[rows, columns][:, None], rows[:, None]


@wrong(
    "rivals",
    CENTRAL,
    diagnosis="All users' scores are ranked together.",
    question="Whose movies compete with each other?",
)
def one_ranking_for_all(table, heldout):
    rows, columns = heldout.nonzero(as_tuple=True)
    places = (rows * table.shape[1] + columns)[:, None]
    return table.reshape(1, -1).expand(len(rows), -1), table[rows, columns][:, None], places


@part
def places(rivals):
    others, own, _ = rivals
    above, tied = (others > own).sum(dim=1), (others == own).sum(dim=1)
    return above + (tied + 1) / 2


@wrong(
    "places",
    PARTIAL,
    diagnosis="Movies with equal scores all have the best of the ranks that they span.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def optimistic_ties(rivals):
    others, own, _ = rivals
    return 1 + (others > own).sum(dim=1)


@wrong(
    "places",
    PARTIAL,
    diagnosis="Movies with equal scores all have the worst of the ranks that they span.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def pessimistic_ties(rivals):
    others, own, _ = rivals
    return (others >= own).sum(dim=1)


@wrong(
    "places",
    PARTIAL,
    diagnosis="Movies with equal scores are ranked in the order of their ids.",
    question="Should a movie's id decide its rank?",
)
def ties_in_the_order_of_ids(rivals):
    others, own, place = rivals
    before = (others == own) & (torch.arange(others.shape[1]) < place)
    return 1 + (others > own).sum(dim=1) + before.sum(dim=1)


@wrong(
    "places",
    PARTIAL,
    diagnosis="Movies with equal scores are ranked in the reverse order of their ids.",
    question="Should a movie's id decide its rank?",
)
def ties_in_reverse_order(rivals):
    others, own, place = rivals
    behind = (others == own) & (torch.arange(others.shape[1]) > place)
    return 1 + (others > own).sum(dim=1) + behind.sum(dim=1)


@wrong(
    "places",
    PARTIAL,
    diagnosis="Movies with equal scores have ranks in whatever order sorting leaves them in.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def ties_as_sorted(table, heldout):
    order = table.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
    return (1 + order.argsort(dim=1))[heldout]


@wrong(
    "places",
    PARTIAL,
    diagnosis="The mean of the ranks that ties span is rounded down to a whole number.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def ties_rounded_down(rivals):
    others, own, _ = rivals
    return (others > own).sum(dim=1) + ((others == own).sum(dim=1) + 1) // 2


@wrong(
    "places",
    PARTIAL,
    diagnosis="Ranks are too large by one half: a movie ties with itself as well.",
    question="Which rank has a movie with one above it and none beside it?",
)
def half_a_rank_more(rivals):
    others, own, _ = rivals
    return 1 + (others > own).sum(dim=1) + (others == own).sum(dim=1) / 2


@wrong(
    "places",
    PARTIAL,
    diagnosis="Ranks are too small by one half.",
    question="Which rank has a movie with one above it and none beside it?",
)
def half_a_rank_less(rivals):
    others, own, _ = rivals
    return (others > own).sum(dim=1) + (others == own).sum(dim=1) / 2


@wrong(
    "places",
    PARTIAL,
    diagnosis="The mean is taken of 1 / rank over the ranks that ties span, not of these ranks.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def ties_share_the_mean_reciprocal(rivals):
    others, own, _ = rivals
    reciprocals = (1 / torch.arange(1.0, others.shape[1] + 1)).double().cumsum(dim=0)
    first, last = (others > own).sum(dim=1), (others >= own).sum(dim=1)
    sums = reciprocals[last - 1] - torch.where(first > 0, reciprocals[first - 1], 0.0)
    return (last - first) / sums


@wrong(
    "places",
    CORNER,
    diagnosis="Movies whose scores are close (isclose) are taken to have equal scores.",
    question="May the metric decide which differences between scores are too small?",
)
def close_scores_tied(rivals):
    others, own, _ = rivals
    close = torch.isclose(others, own)
    return ((others > own) & ~close).sum(dim=1) + (close.sum(dim=1) + 1) / 2


@wrong(
    "places",
    PARTIAL,
    diagnosis="Ranks count different scores, not movies.",
    question="Scores 5, 3, 3, 1: which rank has the last movie?",
)
def dense_ranks(rivals):
    others, own, _ = rivals
    ordered = others.where(others > own, torch.inf).sort(dim=1).values
    new = ordered.diff(dim=1, prepend=torch.full_like(own, -torch.inf)) > 0
    return 1 + (new & ordered.isfinite()).sum(dim=1)


@wrong(
    "places",
    CENTRAL,
    diagnosis="The order of the movies is taken for their ranks: argsort once, not twice.",
    question="Does argsort say where a movie stands, or which movie stands there?",
)
def order_for_rank(table, heldout):
    # Not stable, as most write it, so that what ties leave is the same.
    order = table.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
    return (1 + order)[heldout]


@wrong(
    "places",
    CENTRAL,
    diagnosis="The order of the movies that are left is taken for their ranks.",
    question="Does argsort say where a movie stands, or which movie stands there?",
    general="order-for-rank",
)
def order_of_the_rest_for_rank(table, heldout):
    ranked = [
        (scores[~scores.isnan()], held[~scores.isnan()]) for scores, held in zip(table, heldout)
    ]
    orders = [1 + scores.argsort(descending=True, stable=True)[held] for scores, held in ranked]
    return torch.cat(orders)


@part
def ranks(places, heldout):
    return torch.full(heldout.shape, torch.nan).double().masked_scatter(heldout, places.double())


@wrong(
    "ranks",
    PARTIAL,
    diagnosis="Ranks are counted from zero.",
    question="What is 1 / rank for the best movie?",
)
def ranks_from_zero(places, heldout):
    return ranks(places - 1, heldout)


@wrong(
    "ranks",
    PARTIAL,
    diagnosis="One is added to ranks that start at one already.",
    question="What is 1 / rank for the best movie?",
)
def ranks_from_two(places, heldout):
    return ranks(places + 1, heldout)


@wrong(
    "ranks",
    PARTIAL,
    diagnosis="Ranks are divided by the number of movies.",
    question="Which rank has the best of a hundred movies?",
)
def share_of_the_movies(places, heldout):
    return ranks(places, heldout) / heldout.shape[1]


@wrong(
    "ranks",
    PARTIAL,
    diagnosis="Ranks are divided by the number of movies that are left.",
    question="Which rank has the best of a hundred movies?",
    general="share-of-the-movies",
)
def share_of_the_rest(places, heldout, table):
    return ranks(places, heldout) / (~table.isnan()).sum(dim=1, keepdim=True)


@part
def gains(ranks):
    return 1 / ranks


@wrong(
    "gains",
    CENTRAL,
    diagnosis="The reciprocal is missing: the ranks themselves are taken.",
    question="Is a larger value better or worse?",
)
def mean_rank(ranks):
    return ranks


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Ranks are discounted by a logarithm, as in DCG.",
    question="What is the value of a movie at rank 2?",
)
def discounted_gain(ranks):
    return 1 / torch.log2(1 + ranks)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="The reciprocal ranks are squared.",
    question="What is the value of a movie at rank 2?",
)
def squared_reciprocals(ranks):
    return 1 / ranks**2


@wrong(
    "gains",
    PARTIAL,
    diagnosis="A root is taken of the ranks.",
    question="What is the value of a movie at rank 4?",
)
def roots_of_ranks(ranks):
    return 1 / ranks.sqrt()


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Only a held-out movie at rank 1 counts, as with a whole-number division (//).",
    question="What is the value of a held-out movie at rank 2?",
)
def reciprocals_rounded_down(ranks):
    return 1 // ranks


def cut_off(ranks, last, gain):
    return torch.where(ranks <= last, gain, 0.0).where(~ranks.isnan(), torch.nan)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Held-out movies below rank 2 count nothing: the handout has no cut-off.",
    question="Does a movie at rank 100 count 0 or 1/100?",
)
def cut_off_at_two(ranks):
    return cut_off(ranks, 2, 1 / ranks)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Held-out movies below rank 5 count nothing: the metric is cut off there.",
    question="Does a movie at rank 20 count 0 or 1/20?",
)
def cut_off_at_five(ranks):
    return cut_off(ranks, 5, 1 / ranks)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Held-out movies below rank 10 count nothing: the metric is cut off there.",
    question="Does a movie at rank 20 count 0 or 1/20?",
)
def cut_off_at_ten(ranks):
    return cut_off(ranks, 10, 1 / ranks)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="Held-out movies below rank 100 count nothing: the metric is cut off there.",
    question="Does a movie at rank 200 count 0 or 1/200?",
)
def cut_off_at_a_hundred(ranks):
    return cut_off(ranks, 100, 1 / ranks)


@wrong(
    "gains",
    PARTIAL,
    diagnosis="A held-out movie counts 1 among the ten best and 0 below, whatever its rank.",
    question="What is the value of a held-out movie at rank 2?",
)
def hits_at_ten(ranks):
    return cut_off(ranks, 10, torch.ones_like(ranks))


@part
def means(gains):
    return gains.nanmean(dim=1)


@wrong(
    "means",
    PARTIAL,
    diagnosis="Only the best ranked held-out movie counts.",
    question="Over which movies is a user's value the mean?",
)
def first_hit_only(gains):
    return -(-gains).sort(dim=1).values[:, 0]


@wrong(
    "means",
    PARTIAL,
    diagnosis="Only the worst ranked held-out movie counts.",
    question="Over which movies is a user's value the mean?",
)
def worst_hit_only(gains):
    return gains.sort(dim=1).values[:, 0]


@wrong(
    "means",
    PARTIAL,
    diagnosis="Only the held-out movie with the lowest id counts, as argmax of a mask finds it.",
    question="How many held-out movies can a user have?",
)
def first_heldout_by_id(gains, heldout):
    return gains.gather(1, heldout.int().argmax(dim=1, keepdim=True))[:, 0]


@wrong(
    "means",
    PARTIAL,
    diagnosis="Only the held-out movie with the highest id counts.",
    question="How many held-out movies can a user have?",
)
def last_heldout_by_id(gains, heldout):
    return gains.flip(1).gather(1, heldout.flip(1).int().argmax(dim=1, keepdim=True))[:, 0]


@wrong(
    "means",
    PARTIAL,
    diagnosis="A user's reciprocal ranks are summed, not averaged.",
    question="Can a user's value be larger than one?",
)
def reciprocals_summed(gains, heldout):
    return gains.nansum(dim=1).where(heldout.any(dim=1), torch.nan)


@wrong(
    "means",
    PARTIAL,
    diagnosis="The reciprocal of the mean rank stands for the mean of the reciprocal ranks.",
    question="Is the mean taken before or after 1 / rank?",
)
def reciprocal_of_the_mean_rank(ranks):
    return 1 / ranks.nanmean(dim=1)


@wrong(
    "means",
    PARTIAL,
    diagnosis="The median of a user's reciprocal ranks stands for their mean.",
    question="Which average does the metric take?",
)
def median_reciprocal(gains):
    return gains.nanmedian(dim=1).values


@wrong(
    "means",
    PARTIAL,
    diagnosis="The reciprocal ranks are averaged over all movies, those not held out as zeros.",
    question="How many terms does the mean of a user with two held-out movies have?",
)
def all_movies_averaged(gains):
    return gains.nan_to_num(0.0, torch.inf).mean(dim=1)


@wrong(
    "means",
    PARTIAL,
    diagnosis="The reciprocal ranks are averaged over all unseen movies, most of them as zeros.",
    question="How many terms does the mean of a user with two held-out movies have?",
    general="all-movies-averaged",
)
def all_unseen_movies_averaged(gains, table):
    return gains.nansum(dim=1) / (~table.isnan()).sum(dim=1)


@wrong(
    "means",
    PARTIAL,
    diagnosis="The value is the average precision: k / rank for the k-th best held-out movie.",
    question="What does the second best held-out movie count, 1 / rank or 2 / rank?",
)
def average_precision(gains, heldout):
    ordered = gains.nan_to_num(0.0, torch.inf).sort(dim=1, descending=True).values
    return (ordered * torch.arange(1, 1 + ordered.shape[1])).sum(dim=1) / heldout.sum(dim=1)


@part
def filled(means):
    return means


@wrong(
    "filled",
    PARTIAL,
    diagnosis="Users without held-out movies have the value 0, not NaN.",
    question="Did the ranking do badly for a user with nothing to find?",
)
def users_without_heldout_as_zero(means, heldout):
    return means.where(heldout.any(dim=1), 0.0)


@wrong(
    "filled",
    PARTIAL,
    diagnosis="Users without held-out movies have the value 1, not NaN.",
    question="Did the ranking do well for a user with nothing to find?",
)
def users_without_heldout_as_one(means, heldout):
    return means.where(heldout.any(dim=1), 1.0)


@wrong(
    "filled",
    PARTIAL,
    diagnosis="Users without held-out movies are left out, so that row i is no longer user i.",
    question="Which place has user 3 in what is returned?",
)
def users_without_heldout_dropped(means, heldout):
    return means[heldout.any(dim=1)]


@part
def values(filled):
    return filled


@wrong(
    "values",
    CORNER,
    diagnosis="The values are float32, not float64.",
    question="Which type does the docstring ask for?",
)
def single_precision(filled):
    return filled.float()


@wrong(
    "values",
    PARTIAL,
    diagnosis="The values are a column, of shape (num_users, 1).",
    question="Which shape does the docstring ask for?",
)
def values_in_a_column(filled):
    return filled[:, None]


@wrong(
    "values",
    PARTIAL,
    diagnosis="reciprocal_ranks returns the mean over the users, not a value for each.",
    question="How many numbers should reciprocal_ranks return?",
)
def mean_of_the_values(filled):
    return filled.nanmean()
