"""Question 2d: the ranks of each user's movies, and the means that are made of them."""

import torch

from grader import adapter, oracle
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, each, wrong


def given(scores, heldout, seen=None):
    start = dict(zip(("scores", "heldout"), adapter.tensors(scores, heldout)))
    return start | {"seen": None if seen is None else adapter.tensor(seen)}


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
    def right(scores):
        return scores

    @wrong(CENTRAL)
    def ascending(scores):
        """The lowest score has rank 1.
        Is the best movie the one with the highest or the lowest score?"""
        return -scores

    def sigmoid_before_ranking(scores):
        """A sigmoid comes before the ranking, and makes scores tie that are far from zero.
        What are the sigmoids of 30 and of 40 as a computer's numbers?"""
        return torch.sigmoid(scores)


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

    @each("value", seen_set_to_zero=0, seen_set_to_minus_one=-1, seen_set_to_minus_ten=-10)
    def seen_set_to(numbers, seen, value):
        """The scores of seen movies are set to {value}, and other scores can be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, value)

    @wrong(CORNER)
    def seen_set_to_minus_hundred(numbers, seen):
        """The scores of seen movies are set to a number such as -100; others may be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -100)

    @wrong(CORNER, general="seen-set-to-minus-hundred")
    def seen_set_to_minus_thousand(numbers, seen):
        """The scores of seen movies are set to a number such as -1000; others may be lower."""
        return numbers if seen is None else numbers.masked_fill(seen, -1000)

    def seen_set_to_the_minimum(numbers, seen):
        """The scores of seen movies are set to the lowest one, and tie with the last movie.
        What is the rank of the last movie that the user has not seen?"""
        lowest = numbers.amin(dim=1, keepdim=True)
        return numbers if seen is None else torch.where(seen, lowest, numbers)

    @wrong(CENTRAL)
    def seen_on_top(numbers, seen):
        """Seen movies are put on top of the ranking, not taken out of it.
        Should a movie that the user has watched already push others down?"""
        return numbers if seen is None else numbers.masked_fill(seen, torch.inf)

    @wrong(CENTRAL)
    @each("value", unseen_set_to_minus_infinity="-infinity", unseen_set_to_zero="0")
    def unseen_set_to(numbers, seen, value):
        """The scores of all movies but the seen ones are set to {value}.
        Which movies does seen remove from the ranking?"""
        return numbers if seen is None else numbers.masked_fill(~seen, float(value))


@part
def own(kept, heldout):
    return kept[heldout][:, None]


@part
class others:
    """Which movies compete for rank 1?"""

    def right(kept, heldout):
        return kept[heldout.nonzero()[:, 0]]

    @wrong(CENTRAL)
    def ranked_among_heldout(kept, heldout):
        """Held-out movies are ranked among themselves only."""
        return kept.masked_fill(~heldout, torch.nan)[heldout.nonzero()[:, 0]]

    def other_heldout_taken_out(kept, heldout, own):
        """Each held-out movie is ranked without the user's other held-out movies.
        If a user's two held-out movies are the two best, which ranks do they have?"""
        rows, columns = heldout.nonzero(as_tuple=True)
        return kept.masked_fill(heldout, torch.nan)[rows].scatter(1, columns[:, None], own)

    @wrong(CENTRAL)
    def users_ranked_for_a_movie(kept, heldout):
        """The users are ranked for each movie, not the movies for each user.
        Along which dimension do the scores of one user lie?"""
        return kept.T[heldout.nonzero()[:, 1]]


@part
def above(own, others):
    return (others > own).sum(dim=1)


@part
def tied(own, others):
    return (others == own).sum(dim=1)  # with the movie itself


@part
class places:
    """Which rank do two movies share that stand at 2 and 3?"""

    def right(above, tied):
        return above + (tied + 1) / 2

    def optimistic_ties(above):
        """Movies with equal scores all have the best of the ranks that they span."""
        return 1 + above

    def pessimistic_ties(above, tied):
        """Movies with equal scores all have the worst of the ranks that they span."""
        return above + tied

    def ties_rounded_down(above, tied):
        """The mean of the ranks that ties span is rounded down to a whole number."""
        return above + (tied + 1) // 2

    @each("size", half_a_rank_more="large", half_a_rank_less="small")
    def half_a_rank_off(above, tied, size):
        """Ranks are too {size} by one half.
        Which rank has a movie with one above it and none beside it?"""
        return above + tied / 2 + (size == "large")

    @each("order", ties_in_the_order_of_ids="order", ties_in_reverse_order="reverse order")
    def ties_by_id(above, own, others, heldout, order):
        """Movies with equal scores are ranked in the {order} of their ids.
        Should a movie's id decide its rank?"""
        distance = heldout.nonzero()[:, 1:] - torch.arange(others.shape[1])
        before = distance > 0 if order == "order" else distance < 0
        return 1 + above + ((others == own) & before).sum(dim=1)

    def ties_as_sorted(kept, heldout):
        """Movies with equal scores have ranks in whatever order sorting leaves them in."""
        order = kept.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
        return (1 + order.argsort(dim=1))[heldout]

    def dense_ranks(own, others):
        """Ranks count different scores, not movies.
        Scores 5, 3, 3, 1: which rank has the last movie?"""
        ordered = others.where(others > own, torch.inf).sort(dim=1).values
        new = ordered.diff(dim=1, prepend=torch.full_like(own, -torch.inf)) > 0
        return 1 + (new & ordered.isfinite()).sum(dim=1)

    @wrong(CENTRAL)
    def order_for_rank(kept, heldout):
        """The order of the movies is taken for their ranks: argsort once, not twice.
        Does argsort say where a movie stands, or which movie stands there?"""
        # Not stable, as most write it, so that what ties leave is the same.
        order = kept.nan_to_num(-torch.inf, torch.inf).argsort(dim=1, descending=True)
        return (1 + order)[heldout]

    @wrong(CENTRAL, general="order-for-rank")
    def order_of_the_rest_for_rank(kept, heldout):
        """The order of the movies that are left is taken for their ranks.
        Does argsort say where a movie stands, or which movie stands there?"""
        left = [(row[~row.isnan()], held[~row.isnan()]) for row, held in zip(kept, heldout)]
        orders = [1 + row.argsort(descending=True, stable=True)[held] for row, held in left]
        return torch.cat(orders)


@part
class ranks:
    """What is 1 / rank for the best movie?"""

    def right(places, heldout):
        empty = torch.full(heldout.shape, torch.nan).double()
        return empty.masked_scatter(heldout, places.double())

    @each("start", ranks_from_zero="zero", ranks_from_two="two")
    def counted_from(places, heldout, start):
        """Ranks are counted from {start}."""
        return ranks(places - 1 if start == "zero" else places + 1, heldout)


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

    @each("last", cut_off_at_two=2, cut_off_at_five=5, cut_off_at_ten=10, cut_off_at_a_hundred=100)
    def cut_off(ranks, last):
        """Held-out movies below rank {last} count nothing: the metric is cut off there.
        Does a movie at rank 200 count 0 or 1/200?"""
        return (1 / ranks).masked_fill(ranks > last, 0)

    def hits_at_ten(ranks):
        """A held-out movie counts 1 among the ten best and 0 below, whatever its rank."""
        return (ranks / ranks).masked_fill(ranks > 10, 0)


@part
class means:
    """Over which movies is a user's value the mean?"""

    def right(gains):
        return gains.nanmean(dim=1)

    @each("which", first_hit_only="best", worst_hit_only="worst")
    def one_hit_only(gains, which):
        """Only the {which} ranked held-out movie counts."""
        sign = -1 if which == "best" else 1
        return sign * (sign * gains).sort(dim=1).values[:, 0]

    @each("which", first_heldout_by_id="lowest", last_heldout_by_id="highest")
    def one_id_only(gains, heldout, which):
        """Only the held-out movie with the {which} id counts.
        How many held-out movies can a user have?"""
        found = heldout.int() if which == "lowest" else heldout.cumsum(dim=1)
        return gains.gather(1, found.argmax(dim=1, keepdim=True))[:, 0]

    def reciprocals_summed(gains, heldout):
        """A user's reciprocal ranks are summed, not averaged.
        Can a user's value be larger than one?"""
        return gains.nansum(dim=1).where(heldout.any(dim=1), torch.nan)

    def reciprocal_of_the_mean_rank(ranks):
        """The reciprocal of the mean rank stands for the mean of the reciprocal ranks.
        Is the mean taken before or after 1 / rank?"""
        return 1 / ranks.nanmean(dim=1)

    def all_movies_averaged(gains):
        """The reciprocal ranks are averaged over all movies, those not held out as zeros."""
        return gains.nan_to_num(0.0, torch.inf).mean(dim=1)

    def average_precision(gains, heldout):
        """The value is the average precision: k / rank for the k-th best held-out movie.
        What does the second best held-out movie count, 1 / rank or 2 / rank?"""
        ordered = gains.nan_to_num(0.0, torch.inf).sort(dim=1, descending=True).values
        return (ordered * torch.arange(1, 1 + ordered.shape[1])).sum(dim=1) / heldout.sum(dim=1)


@part
class filled:
    """Did the ranking do well or badly for a user with nothing to find?"""

    def right(means):
        return means

    @each("value", users_without_heldout_as_zero=0, users_without_heldout_as_one=1)
    def users_without_heldout(means, heldout, value):
        """Users without held-out movies have the value {value}, not NaN."""
        return means.where(heldout.any(dim=1), value)

    def users_without_heldout_dropped(means, heldout):
        """Users without held-out movies are left out, so that row i is no longer user i.
        Which place has user 3 in what is returned?"""
        return means[heldout.any(dim=1)]


@part
class values:
    """Which type and which shape does the docstring ask for?"""

    def right(filled):
        return filled

    @wrong(CORNER)
    def single_precision(filled):
        """The values are float32, not float64."""
        return filled.float()

    def values_in_a_column(filled):
        """The values are a column, of shape (num_users, 1)."""
        return filled[:, None]

    def mean_of_the_values(filled):
        """reciprocal_ranks returns the mean over the users, not a value for each."""
        return filled.nanmean()


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
    """Over what is the mean taken?"""

    def right(users):
        return users.nanmean().item()

    def users_without_value_count_as_zero(users):
        """mrr_score divides by the number of all users, also those with nothing held out.
        How many users have a value?"""
        return users.nan_to_num(0.0).mean().item()

    def mean_over_movies(users, heldout):
        """mrr_score is the mean over held-out movies: users with many count more."""
        counts = heldout.sum(dim=1)
        return ((users.nan_to_num(0.0) * counts).sum() / counts.sum()).item()

    def mean_with_nan(users):
        """mrr_score is NaN as soon as one user has no held-out movie.
        Which users should the mean leave out?"""
        return users.mean().item()

    def values_summed(users):
        """mrr_score is the sum over the users, not the mean."""
        return users.nansum().item()

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
    heights = own(scores, heldout), others(scores, heldout)
    return means(gains(ranks(places(above(*heights), tied(*heights)), heldout)))
