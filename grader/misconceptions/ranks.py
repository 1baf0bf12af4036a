"""Question 2d: the ranks of one user's movies, and what is made of them."""

import torch

from grader import adapter, oracle
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong


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
part = PIPELINE.part


@part
class numbers:
    """Do two movies tie whose scores differ by a half?"""

    def right(scores):
        return scores

    def sigmoid_before_ranking(scores):
        """A sigmoid comes before the ranking, and makes scores tie that are far from zero.
        What are the sigmoids of 30 and of 40 as a computer's numbers?"""
        return torch.sigmoid(scores)

    @wrong(CORNER)
    def softmax_before_ranking(scores):
        """A softmax before the ranking makes scores tie that are far below the best.
        What is the share of a score that is 200 below the best one, as a computer's number?"""
        return torch.softmax(scores, dim=1)

    @wrong(CORNER)
    def scores_rounded(scores):
        """The scores are rounded before they are ranked, so that different ones tie.
        Do two movies tie whose scores differ in the third decimal place?"""
        return scores.round(decimals=2)

    def scores_as_whole_numbers(scores):
        """The scores are rounded to whole numbers before they are ranked."""
        return scores.round()

    def scores_cut_down(scores):
        """The scores are cut down to whole numbers before they are ranked."""
        return scores.trunc()

    def scores_without_signs(scores):
        """The scores lose their signs before they are ranked.
        Which of the scores 1 and -2 is the higher one?"""
        return scores.abs()


@part
class kept:
    """Which score can never be above another one?"""

    def right(numbers, seen):
        # What is not a number is neither above, below nor tied.
        return numbers if seen is None else numbers.masked_fill(seen, torch.nan)

    @wrong(CENTRAL)
    def seen_kept(numbers):
        """Seen movies are ranked too.
        Should a movie that the user has watched already push others down?"""
        return numbers

    def seen_set_to_zero(numbers, seen):
        """The scores of seen movies are set to zero, and zero can be a high score."""
        return numbers if seen is None else numbers * ~seen

    def seen_set_to_minus_one(numbers, seen):
        """The scores of seen movies are set to -1, and other scores can be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -1.0)

    def seen_set_to_minus_ten(numbers, seen):
        """The scores of seen movies are set to -10, and other scores can be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -10.0)

    @wrong(CORNER)
    def seen_set_to_minus_hundred(numbers, seen):
        """The scores of seen movies are set to a number such as -100; others may be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -100.0)

    @wrong(CORNER, general="seen-set-to-minus-hundred")
    def seen_set_to_minus_thousand(numbers, seen):
        """The scores of seen movies are set to a number such as -1000; others may be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -1000.0)

    def seen_set_to_the_minimum(numbers, seen):
        """The scores of seen movies are set to the lowest one, and tie with the last movie.
        What is the rank of the last movie that the user has not seen?"""
        return (
            numbers if seen is None else torch.where(seen, numbers.amin(1, keepdim=True), numbers)
        )

    def seen_lowered(numbers, seen):
        """The scores of seen movies are made smaller by 1, and may still be high."""
        return numbers if seen is None else numbers - seen.float()

    @wrong(CENTRAL)
    def seen_on_top(numbers, seen):
        """Seen movies are put on top of the ranking, not taken out of it.
        Should a movie that the user has watched already push others down?"""
        return numbers if seen is None else numbers.masked_fill(seen, torch.inf)

    @wrong(CENTRAL)
    def seen_movies_ranked_alone(numbers, heldout, seen):
        """Held-out movies are ranked among seen ones only: the mask is the wrong way round.
        Which movies does seen remove from the ranking?"""
        return numbers if seen is None else numbers.masked_fill(~(seen | heldout), torch.nan)

    @wrong(CENTRAL)
    def unseen_set_to_minus_infinity(numbers, seen):
        """The scores of all movies but the seen ones are set to minus infinity.
        Which movies does seen remove from the ranking?"""
        return numbers if seen is None else numbers.masked_fill(~seen, -torch.inf)

    @wrong(CENTRAL)
    def unseen_set_to_zero(numbers, seen):
        """The scores of all movies but the seen ones are set to zero.
        Which movies does seen remove from the ranking?"""
        return numbers if seen is None else numbers * seen

    def seen_by_anyone_taken_out(numbers, heldout, seen):
        """A movie that any user has seen is taken out for all users.
        Whose seen movies should a user's ranking lack?"""
        return numbers if seen is None else numbers.masked_fill(seen.any(0) & ~heldout, torch.nan)


@part
class table:
    def right(kept):
        return kept

    @wrong(CENTRAL)
    def ascending(kept):
        """The lowest score has rank 1.
        Is the best movie the one with the highest or the lowest score?"""
        return -kept


@part
class rivals:
    def right(table, heldout):
        rows, columns = heldout.nonzero(as_tuple=True)
        return table[rows], table[rows, columns][:, None], columns[:, None]

    @wrong(CENTRAL)
    def ranked_among_heldout(table, heldout):
        """Held-out movies are ranked among themselves only.
        How many movies compete for rank 1?"""
        rows, columns = heldout.nonzero(as_tuple=True)
        others = table.masked_fill(~heldout, torch.nan)[rows]
        return others, table[rows, columns][:, None], columns[:, None]

    def other_heldout_taken_out(table, heldout):
        """Each held-out movie is ranked without the user's other held-out movies.
        If a user's two held-out movies are the two best, which ranks do they have?"""
        rows, columns = heldout.nonzero(as_tuple=True)
        own = table[rows, columns][:, None]
        others = table.masked_fill(heldout, torch.nan)[rows].scatter(1, columns[:, None], own)
        return others, own, columns[:, None]

    @wrong(CENTRAL)
    def users_ranked_for_a_movie(table, heldout):
        """The users are ranked for each movie, not the movies for each user.
        Along which dimension do the scores of one user lie?"""
        rows, columns = heldout.nonzero(as_tuple=True)
        return table.T[columns], table[rows, columns][:, None], rows[:, None]

    @wrong(CENTRAL)
    def one_ranking_for_all(table, heldout):
        """All users' scores are ranked together.
        Whose movies compete with each other?"""
        rows, columns = heldout.nonzero(as_tuple=True)
        places = (rows * table.shape[1] + columns)[:, None]
        return table.reshape(1, -1).expand(len(rows), -1), table[rows, columns][:, None], places


@part
class places:
    """Which rank do two movies share that stand at 2 and 3?"""

    def right(rivals):
        others, own, _ = rivals
        above, tied = (others > own).sum(dim=1), (others == own).sum(dim=1)
        return above + (tied + 1) / 2

    def optimistic_ties(rivals):
        """Movies with equal scores all have the best of the ranks that they span."""
        others, own, _ = rivals
        return 1 + (others > own).sum(dim=1)

    def pessimistic_ties(rivals):
        """Movies with equal scores all have the worst of the ranks that they span."""
        others, own, _ = rivals
        return (others >= own).sum(dim=1)

    def ties_in_the_order_of_ids(rivals):
        """Movies with equal scores are ranked in the order of their ids.
        Should a movie's id decide its rank?"""
        others, own, place = rivals
        before = (others == own) & (torch.arange(others.shape[1]) < place)
        return 1 + (others > own).sum(dim=1) + before.sum(dim=1)

    def ties_in_reverse_order(rivals):
        """Movies with equal scores are ranked in the reverse order of their ids.
        Should a movie's id decide its rank?"""
        others, own, place = rivals
        behind = (others == own) & (torch.arange(others.shape[1]) > place)
        return 1 + (others > own).sum(dim=1) + behind.sum(dim=1)

    def ties_as_sorted(table, heldout):
        """Movies with equal scores have ranks in whatever order sorting leaves them in."""
        order = table.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
        return (1 + order.argsort(dim=1))[heldout]

    def ties_rounded_down(rivals):
        """The mean of the ranks that ties span is rounded down to a whole number."""
        others, own, _ = rivals
        return (others > own).sum(dim=1) + ((others == own).sum(dim=1) + 1) // 2

    def half_a_rank_more(rivals):
        """Ranks are too large by one half: a movie ties with itself as well.
        Which rank has a movie with one above it and none beside it?"""
        others, own, _ = rivals
        return 1 + (others > own).sum(dim=1) + (others == own).sum(dim=1) / 2

    def half_a_rank_less(rivals):
        """Ranks are too small by one half.
        Which rank has a movie with one above it and none beside it?"""
        others, own, _ = rivals
        return (others > own).sum(dim=1) + (others == own).sum(dim=1) / 2

    def ties_share_the_mean_reciprocal(rivals):
        """The mean is taken of 1 / rank over the ranks that ties span, not of these ranks."""
        others, own, _ = rivals
        reciprocals = (1 / torch.arange(1.0, others.shape[1] + 1)).double().cumsum(dim=0)
        first, last = (others > own).sum(dim=1), (others >= own).sum(dim=1)
        sums = reciprocals[last - 1] - torch.where(first > 0, reciprocals[first - 1], 0.0)
        return (last - first) / sums

    @wrong(CORNER)
    def close_scores_tied(rivals):
        """Movies whose scores are close (isclose) are taken to have equal scores.
        May the metric decide which differences between scores are too small?"""
        others, own, _ = rivals
        close = torch.isclose(others, own)
        return ((others > own) & ~close).sum(dim=1) + (close.sum(dim=1) + 1) / 2

    def dense_ranks(rivals):
        """Ranks count different scores, not movies.
        Scores 5, 3, 3, 1: which rank has the last movie?"""
        others, own, _ = rivals
        ordered = others.where(others > own, torch.inf).sort(dim=1).values
        new = ordered.diff(dim=1, prepend=torch.full_like(own, -torch.inf)) > 0
        return 1 + (new & ordered.isfinite()).sum(dim=1)

    @wrong(CENTRAL)
    def order_for_rank(table, heldout):
        """The order of the movies is taken for their ranks: argsort once, not twice.
        Does argsort say where a movie stands, or which movie stands there?"""
        # Not stable, as most write it, so that what ties leave is the same.
        order = table.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
        return (1 + order)[heldout]

    @wrong(CENTRAL, general="order-for-rank")
    def order_of_the_rest_for_rank(table, heldout):
        """The order of the movies that are left is taken for their ranks.
        Does argsort say where a movie stands, or which movie stands there?"""
        ranked = [
            (scores[~scores.isnan()], held[~scores.isnan()]) for scores, held in zip(table, heldout)
        ]
        orders = [1 + scores.argsort(descending=True, stable=True)[held] for scores, held in ranked]
        return torch.cat(orders)


@part
class ranks:
    """What is 1 / rank for the best movie?"""

    def right(places, heldout):
        return (
            torch.full(heldout.shape, torch.nan).double().masked_scatter(heldout, places.double())
        )

    def ranks_from_zero(places, heldout):
        """Ranks are counted from zero."""
        return ranks(places - 1, heldout)

    def ranks_from_two(places, heldout):
        """One is added to ranks that start at one already."""
        return ranks(places + 1, heldout)

    def share_of_the_movies(places, heldout):
        """Ranks are divided by the number of movies.
        Which rank has the best of a hundred movies?"""
        return ranks(places, heldout) / heldout.shape[1]

    @wrong(general="share-of-the-movies")
    def share_of_the_rest(places, heldout, table):
        """Ranks are divided by the number of movies that are left.
        Which rank has the best of a hundred movies?"""
        return ranks(places, heldout) / (~table.isnan()).sum(dim=1, keepdim=True)


@part
class gains:
    """What is the value of a movie at rank 2?"""

    def right(ranks):
        return 1 / ranks

    @wrong(CENTRAL)
    def mean_rank(ranks):
        """The reciprocal is missing: the ranks themselves are taken.
        Is a larger value better or worse?"""
        return ranks

    def discounted_gain(ranks):
        """Ranks are discounted by a logarithm, as in DCG."""
        return 1 / torch.log2(1 + ranks)

    def squared_reciprocals(ranks):
        """The reciprocal ranks are squared."""
        return 1 / ranks**2

    def roots_of_ranks(ranks):
        """A root is taken of the ranks.
        What is the value of a movie at rank 4?"""
        return 1 / ranks.sqrt()

    def reciprocals_rounded_down(ranks):
        """Only a held-out movie at rank 1 counts, as with a whole-number division (//).
        What is the value of a held-out movie at rank 2?"""
        return 1 // ranks

    def cut_off_at_two(ranks):
        """Held-out movies below rank 2 count nothing: the handout has no cut-off.
        Does a movie at rank 100 count 0 or 1/100?"""
        return cut_off(ranks, 2, 1 / ranks)

    def cut_off_at_five(ranks):
        """Held-out movies below rank 5 count nothing: the metric is cut off there.
        Does a movie at rank 20 count 0 or 1/20?"""
        return cut_off(ranks, 5, 1 / ranks)

    def cut_off_at_ten(ranks):
        """Held-out movies below rank 10 count nothing: the metric is cut off there.
        Does a movie at rank 20 count 0 or 1/20?"""
        return cut_off(ranks, 10, 1 / ranks)

    def cut_off_at_a_hundred(ranks):
        """Held-out movies below rank 100 count nothing: the metric is cut off there.
        Does a movie at rank 200 count 0 or 1/200?"""
        return cut_off(ranks, 100, 1 / ranks)

    def hits_at_ten(ranks):
        """A held-out movie counts 1 among the ten best and 0 below, whatever its rank.
        What is the value of a held-out movie at rank 2?"""
        return cut_off(ranks, 10, torch.ones_like(ranks))


def cut_off(ranks, last, gain):
    return torch.where(ranks <= last, gain, 0.0).where(~ranks.isnan(), torch.nan)


@part
class means:
    """Over which movies is a user's value the mean?"""

    def right(gains):
        return gains.nanmean(dim=1)

    def first_hit_only(gains):
        """Only the best ranked held-out movie counts."""
        return -(-gains).sort(dim=1).values[:, 0]

    def worst_hit_only(gains):
        """Only the worst ranked held-out movie counts."""
        return gains.sort(dim=1).values[:, 0]

    def first_heldout_by_id(gains, heldout):
        """Only the held-out movie with the lowest id counts, as argmax of a mask finds it.
        How many held-out movies can a user have?"""
        return gains.gather(1, heldout.int().argmax(dim=1, keepdim=True))[:, 0]

    def last_heldout_by_id(gains, heldout):
        """Only the held-out movie with the highest id counts.
        How many held-out movies can a user have?"""
        return gains.flip(1).gather(1, heldout.flip(1).int().argmax(dim=1, keepdim=True))[:, 0]

    def reciprocals_summed(gains, heldout):
        """A user's reciprocal ranks are summed, not averaged.
        Can a user's value be larger than one?"""
        return gains.nansum(dim=1).where(heldout.any(dim=1), torch.nan)

    def reciprocal_of_the_mean_rank(ranks):
        """The reciprocal of the mean rank stands for the mean of the reciprocal ranks.
        Is the mean taken before or after 1 / rank?"""
        return 1 / ranks.nanmean(dim=1)

    def median_reciprocal(gains):
        """The median of a user's reciprocal ranks stands for their mean.
        Which average does the metric take?"""
        return gains.nanmedian(dim=1).values

    def all_movies_averaged(gains):
        """The reciprocal ranks are averaged over all movies, those not held out as zeros.
        How many terms does the mean of a user with two held-out movies have?"""
        return gains.nan_to_num(0.0, torch.inf).mean(dim=1)

    @wrong(general="all-movies-averaged")
    def all_unseen_movies_averaged(gains, table):
        """The reciprocal ranks are averaged over all unseen movies, most of them as zeros.
        How many terms does the mean of a user with two held-out movies have?"""
        return gains.nansum(dim=1) / (~table.isnan()).sum(dim=1)

    def average_precision(gains, heldout):
        """The value is the average precision: k / rank for the k-th best held-out movie.
        What does the second best held-out movie count, 1 / rank or 2 / rank?"""
        ordered = gains.nan_to_num(0.0, torch.inf).sort(dim=1, descending=True).values
        return (ordered * torch.arange(1, 1 + ordered.shape[1])).sum(dim=1) / heldout.sum(dim=1)


@part
class filled:
    def right(means):
        return means

    def users_without_heldout_as_zero(means, heldout):
        """Users without held-out movies have the value 0, not NaN.
        Did the ranking do badly for a user with nothing to find?"""
        return means.where(heldout.any(dim=1), 0.0)

    def users_without_heldout_as_one(means, heldout):
        """Users without held-out movies have the value 1, not NaN.
        Did the ranking do well for a user with nothing to find?"""
        return means.where(heldout.any(dim=1), 1.0)

    def users_without_heldout_dropped(means, heldout):
        """Users without held-out movies are left out, so that row i is no longer user i.
        Which place has user 3 in what is returned?"""
        return means[heldout.any(dim=1)]


@part
class values:
    def right(filled):
        return filled

    @wrong(CORNER)
    def single_precision(filled):
        """The values are float32, not float64.
        Which type does the docstring ask for?"""
        return filled.float()

    def values_in_a_column(filled):
        """The values are a column, of shape (num_users, 1).
        Which shape does the docstring ask for?"""
        return filled[:, None]

    def mean_of_the_values(filled):
        """reciprocal_ranks returns the mean over the users, not a value for each.
        How many numbers should reciprocal_ranks return?"""
        return filled.nanmean()
