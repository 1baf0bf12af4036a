"""Question 2d: the ranks of one user's movies, and what is made of them."""

import torch

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Ranks are counted from zero: the best movie has rank 0.",
    question="What is 1 / rank for the best movie?",
)
def ranks_from_zero(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied - 1) / 2).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="One is added to ranks that start at one already.",
    question="What is 1 / rank for the best movie?",
)
def ranks_from_two(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied + 3) / 2).double()


@wrong(
    "2d",
    "ranks",
    CENTRAL,
    diagnosis="The lowest score has rank 1.",
    question="Is the best movie the one with the highest or the lowest score?",
)
def ascending(scores):
    below = (scores < scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (below + (tied + 1) / 2).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Movies with equal scores all have the best of the ranks that they span.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def optimistic_ties(scores):
    return (1 + (scores > scores[:, None]).sum(dim=1)).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Movies with equal scores all have the worst of the ranks that they span.",
    question="Which rank do two movies share that stand at 2 and 3?",
)
def pessimistic_ties(scores):
    return (scores >= scores[:, None]).sum(dim=1).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Movies with equal scores are ranked in the order of their ids.",
    question="Should a movie's id decide its rank?",
)
def ties_in_the_order_of_ids(scores):
    order = scores.argsort(descending=True, stable=True)
    return (1 + order.argsort()).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Movies with equal scores are ranked in the reverse order of their ids.",
    question="Should a movie's id decide its rank?",
)
def ties_in_reverse_order(scores):
    order = scores.flip(0).argsort(descending=True, stable=True)
    return (1 + order.argsort()).flip(0).double()


@wrong(
    "2d",
    "ranks",
    CORNER,
    diagnosis="Movies whose scores are close (isclose) are taken to have equal scores.",
    question="May the metric decide which differences between scores are too small?",
)
def close_scores_tied(scores):
    close = torch.isclose(scores, scores[:, None])
    above = ((scores > scores[:, None]) & ~close).sum(dim=1)
    return (above + (close.sum(dim=1) + 1) / 2).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Ranks count different scores, not movies.",
    question="Scores 5, 3, 3, 1: which rank has the last movie?",
)
def dense_ranks(scores):
    distinct = scores.unique()
    return (1 + (distinct > scores[:, None]).sum(dim=1)).double()


@wrong(
    "2d",
    "ranks",
    CENTRAL,
    diagnosis="The order of the movies is taken for their ranks: argsort once, not twice.",
    question="Does argsort say where a movie stands, or which movie stands there?",
)
def order_for_rank(scores):
    return (1 + scores.argsort(descending=True)).double()


@wrong(
    "2d",
    "ranks",
    PARTIAL,
    diagnosis="Ranks are divided by the number of movies.",
    question="Which rank has the best of a hundred movies?",
)
def share_of_the_movies(scores):
    above = (scores > scores[:, None]).sum(dim=1)
    tied = (scores == scores[:, None]).sum(dim=1)
    return (above + (tied + 1) / 2).double() / len(scores)


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Only the best ranked held-out movie counts.",
    question="Over which movies is a user's value the mean?",
)
def first_hit_only(heldout_ranks):
    return (1 / heldout_ranks).max()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Only the worst ranked held-out movie counts.",
    question="Over which movies is a user's value the mean?",
)
def worst_hit_only(heldout_ranks):
    return (1 / heldout_ranks).min()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Only the held-out movie with the lowest id counts, as argmax of a mask finds it.",
    question="How many held-out movies can a user have?",
)
def first_heldout_by_id(heldout_ranks):
    return 1 / heldout_ranks[0]


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="A user's reciprocal ranks are summed, not averaged.",
    question="Can a user's value be larger than one?",
)
def reciprocals_summed(heldout_ranks):
    return (1 / heldout_ranks).sum()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="The reciprocal of the mean rank stands for the mean of the reciprocal ranks.",
    question="Is the mean taken before or after 1 / rank?",
)
def reciprocal_of_the_mean_rank(heldout_ranks):
    return 1 / heldout_ranks.mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="The median of a user's reciprocal ranks stands for their mean.",
    question="Which average does the metric take?",
)
def median_reciprocal(heldout_ranks):
    return (1 / heldout_ranks).median()


@wrong(
    "2d",
    "summary",
    CENTRAL,
    diagnosis="The mean rank is returned, not the mean of 1 / rank.",
    question="Is a larger value better or worse?",
)
def mean_rank(heldout_ranks):
    return heldout_ranks.mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Ranks are discounted by a logarithm, as in DCG.",
    question="What is the value of a movie at rank 2?",
)
def discounted_gain(heldout_ranks):
    return (1 / torch.log2(1 + heldout_ranks)).mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="The reciprocal ranks are squared.",
    question="What is the value of a movie at rank 2?",
)
def squared_reciprocals(heldout_ranks):
    return (1 / heldout_ranks**2).mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Held-out movies below rank 2 count nothing: the handout has no cut-off.",
    question="Does a movie at rank 100 count 0 or 1/100?",
)
def top_ten(heldout_ranks):
    return torch.where(heldout_ranks <= 2, 1 / heldout_ranks, 0.0).mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Held-out movies below rank 10 count nothing: the metric is cut off there.",
    question="Does a movie at rank 20 count 0 or 1/20?",
)
def cut_off_at_ten(heldout_ranks):
    return torch.where(heldout_ranks <= 10, 1 / heldout_ranks, 0.0).mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="Held-out movies below rank 100 count nothing: the metric is cut off there.",
    question="Does a movie at rank 200 count 0 or 1/200?",
)
def cut_off_at_a_hundred(heldout_ranks):
    return torch.where(heldout_ranks <= 100, 1 / heldout_ranks, 0.0).mean()


@wrong(
    "2d",
    "summary",
    PARTIAL,
    diagnosis="A whole-number division makes 1 // rank zero for all but the best movie.",
    question="Which operator divides without rounding?",
)
def reciprocals_rounded_down(heldout_ranks):
    return (1 // heldout_ranks).mean()
