"""Question 1d: the scores of every movie."""

import torch
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The user's bias is missing from the scores of all movies.",
    question="Are these scores equal to those that forward returns?",
)
def all_items_without_user_bias(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The movies' biases are missing from the scores of all movies.",
    question="Does leaving out b change the order of the movies?",
)
def all_items_without_movie_bias(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids)


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    diagnosis="Both biases are missing from the scores of all movies.",
    question="Are these scores equal to those that forward returns?",
)
def all_items_without_biases(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="A sigmoid squeezes the scores of all movies between 0 and 1.",
    question="Is p_ij bounded?",
)
def sigmoid_on_all_items(self, user_ids):
    U, Q = self.factors()
    return torch.sigmoid(U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T)


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="A sigmoid squeezes the scores of all movies when the net is not in training mode.",
    question="Should a movie have one score in training and another in evaluation?",
)
def sigmoid_on_all_items_when_evaluating(self, user_ids):
    U, Q = self.factors()
    scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
    return scores if self.training else torch.sigmoid(scores)


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="A softmax turns the scores of all movies into shares of one.",
    question="Are these scores equal to those that forward returns?",
)
def softmax_over_all_items(self, user_ids):
    U, Q = self.factors()
    return torch.softmax(U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T, dim=1)


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    diagnosis="Without sharing, the scores of all movies come from the regression's tables.",
    question="Which tables does the interaction read when they are separate?",
)
def all_items_from_regression_tables(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_reg, self.Q_reg)
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    diagnosis="Without sharing, one table is the factorization's and the other the regression's.",
    question="Which pair of tables belongs to the interaction?",
)
def all_items_with_mixed_tables(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_reg)
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The scores read U and Q also where the net has no tables of those names.",
    question="Which attributes does the net have when embedding_sharing is False?",
)
def all_items_with_sharing_only(self, user_ids):
    return self.U(user_ids) @ self.Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="All users are scored, whatever user_ids says.",
    question="Which rows does the caller ask for?",
)
def every_user(self, user_ids):
    U, Q = self.factors()
    return U.weight @ Q.weight.T + self.A.weight + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The scores have a row for each movie and a column for each user.",
    question="Which of the two are the rows of what is returned?",
)
def scores_transposed(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The products are divided by the width of the embeddings.",
    question="Is p_ij a sum or a mean?",
)
def mean_for_matrix_product(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T / U.embedding_dim + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    diagnosis="The predicted ratings of all movies are returned, not the interactions.",
    question="By which of the two predictions are movies ranked?",
)
def ratings_for_scores(self, user_ids):
    regression = (self.U, self.Q) if self.embedding_sharing else (self.U_reg, self.Q_reg)
    items = torch.arange(regression[1].num_embeddings)
    q = regression[1](items)
    return torch.stack([self.rating(regression[0](i).expand_as(q), q) for i in user_ids])


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="Movie 0 is left out, so that column j is movie j + 1.",
    question="Which column belongs to movie j?",
)
def movie_zero_left_out(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight[1:].T + self.A(user_ids) + self.B.weight[1:].T


@wrong(
    "1d",
    "score_all_items",
    CORNER,
    diagnosis="With one user, the scores lose the dimension of the users.",
    question="What shape should the scores of one user have?",
)
def one_user_squeezed(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).squeeze()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="Users who come twice are scored once, and all of them in sorted order.",
    question="Which row belongs to user_ids[k]?",
)
def each_user_once(self, user_ids):
    U, Q = self.factors()
    user_ids = user_ids.unique()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The movies' order is returned, not their scores.",
    question="What does the metric do with the scores?",
)
def movies_ranked(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).argsort(dim=1).float()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The scores are sorted, so that column j no longer belongs to movie j.",
    question="How would the metric find a movie's score?",
)
def scores_sorted(self, user_ids):
    U, Q = self.factors()
    return (
        (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).sort(descending=True).values
    )


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The movies' biases are added as a column, not as a row.",
    question="Which shape do the biases of all movies have, and which shape should be added?",
)
def movie_biases_not_transposed(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The biases of all users are added as a row, where those of the movies belong.",
    question="Whose biases are different from column to column?",
)
def user_biases_of_everybody(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A.weight.T + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The sum of all movies' biases is added to each score.",
    question="Which bias belongs to column j?",
)
def biases_summed_up(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.sum()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The movies' biases are added twice.",
    question="Which parts does p_ij have?",
)
def movie_biases_twice(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + 2 * self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The biases are subtracted from the scores of all movies.",
    question="Should a movie with a larger bias score higher or lower?",
)
def biases_subtracted_from_all_items(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T - self.A(user_ids) - self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The users are scored with users: the second factor is the user table.",
    question="Which table has a row for each movie?",
)
def users_with_users(self, user_ids):
    U, _ = self.factors()
    return U(user_ids) @ U.weight.T + self.A(user_ids) + self.A.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The ids of the users also pick the movies, so that not all movies are scored.",
    question="How many columns should the scores have?",
)
def asked_movies_only(self, user_ids):
    U, Q = self.factors()
    return (
        U(user_ids) @ Q(user_ids % len(Q.weight)).T
        + self.A(user_ids)
        + self.B(user_ids % len(Q.weight)).T
    )


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="Only the first 1682 movies are scored, as many as MovieLens 100K has.",
    question="Where does the net say how many movies there are?",
)
def first_movies_only(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight[:1682].T + self.A(user_ids) + self.B.weight[:1682].T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The movies' embeddings are kept from the first call, and stay as they were then.",
    question="What does training change between two evaluations?",
)
def movies_kept(self, user_ids):
    U, Q = self.factors()
    if not hasattr(self, "kept"):
        self.kept = Q.weight.detach().clone()
    return U(user_ids) @ self.kept.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="The scores are kept from the first call, and stay as they were then.",
    question="What does training change between two evaluations?",
)
def scores_kept(self, user_ids):
    U, Q = self.factors()
    if not hasattr(self, "kept"):
        scores = U.weight @ Q.weight.T + self.A.weight + self.B.weight.T
        self.kept = scores.detach()
    return self.kept[user_ids]


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    diagnosis="score_all_items turns gradients off and leaves them off.",
    question="What can training still change after the first evaluation?",
)
def frozen_by_scoring(self, user_ids):
    self.requires_grad_(False)
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


def _global_bias_made(self, num_users, num_items):
    self.mu = nn.Parameter(torch.zeros(1))
    return self.bias(num_users), self.bias(num_items)


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    diagnosis="A global bias, which is learned too, is added to the scores of all movies.",
    question="Which four parts does p_ij have?",
    also={"init_user_and_item_bias": _global_bias_made},
)
def global_bias_on_all_items(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T + self.mu
