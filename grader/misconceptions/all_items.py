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
    did="The user's bias is missing from the scores of all movies.",
    think="Are these scores equal to those that forward returns?",
)
def all_items_without_user_bias(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The movies' biases are missing from the scores of all movies.",
    think="Does leaving out b change the order of the movies?",
)
def all_items_without_movie_bias(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids)


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    did="Both biases are missing from the scores of all movies.",
    think="Are these scores equal to those that forward returns?",
)
def all_items_without_biases(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="A sigmoid squeezes the scores of all movies between 0 and 1.",
    think="Is p_ij bounded?",
)
def sigmoid_on_all_items(self, user_ids):
    U, Q = self.factors()
    return torch.sigmoid(U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T)


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="A sigmoid squeezes the scores of all movies when the net is not in training mode.",
    think="Should a movie have one score in training and another in evaluation?",
)
def sigmoid_on_all_items_when_evaluating(self, user_ids):
    U, Q = self.factors()
    scores = U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T
    return scores if self.training else torch.sigmoid(scores)


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="A softmax turns the scores of all movies into shares of one.",
    think="Are these scores equal to those that forward returns?",
)
def softmax_over_all_items(self, user_ids):
    U, Q = self.factors()
    return torch.softmax(U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T, dim=1)


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    did="Without sharing, the scores of all movies come from the regression's tables.",
    think="Which tables does the interaction read when they are separate?",
)
def all_items_from_regression_tables(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_reg, self.Q_reg)
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    did="Without sharing, one table is the factorization's and the other the regression's.",
    think="Which pair of tables belongs to the interaction?",
)
def all_items_with_mixed_tables(self, user_ids):
    U, Q = (self.U, self.Q) if self.embedding_sharing else (self.U_fact, self.Q_reg)
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The scores read U and Q also where the net has no tables of those names.",
    think="Which attributes does the net have when embedding_sharing is False?",
)
def all_items_with_sharing_only(self, user_ids):
    return self.U(user_ids) @ self.Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="All users are scored, whatever user_ids says.",
    think="Which rows does the caller ask for?",
)
def every_user(self, user_ids):
    U, Q = self.factors()
    return U.weight @ Q.weight.T + self.A.weight + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The scores have a row for each movie and a column for each user.",
    think="Which of the two are the rows of what is returned?",
)
def scores_transposed(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The products are divided by the width of the embeddings.",
    think="Is p_ij a sum or a mean?",
)
def mean_for_matrix_product(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T / U.embedding_dim + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    CENTRAL,
    did="The predicted ratings of all movies are returned, not the interactions.",
    think="By which of the two predictions are movies ranked?",
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
    did="Movie 0 is left out, so that column j is movie j + 1.",
    think="Which column belongs to movie j?",
)
def movie_zero_left_out(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight[1:].T + self.A(user_ids) + self.B.weight[1:].T


@wrong(
    "1d",
    "score_all_items",
    CORNER,
    did="With one user, the scores lose the dimension of the users.",
    think="What shape should the scores of one user have?",
)
def one_user_squeezed(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).squeeze()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="Users who come twice are scored once, and all of them in sorted order.",
    think="Which row belongs to user_ids[k]?",
)
def each_user_once(self, user_ids):
    U, Q = self.factors()
    user_ids = user_ids.unique()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The movies' order is returned, not their scores.",
    think="What does the metric do with the scores?",
)
def movies_ranked(self, user_ids):
    U, Q = self.factors()
    return (U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T).argsort(dim=1).float()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The scores are sorted, so that column j no longer belongs to movie j.",
    think="How would the metric find a movie's score?",
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
    did="The movies' biases are added as a column, not as a row.",
    think="Which shape do the biases of all movies have, and which shape should be added?",
)
def movie_biases_not_transposed(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The biases of all users are added as a row, where those of the movies belong.",
    think="Whose biases are different from column to column?",
)
def user_biases_of_everybody(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A.weight.T + self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The sum of all movies' biases is added to each score.",
    think="Which bias belongs to column j?",
)
def biases_summed_up(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.sum()


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The movies' biases are added twice.",
    think="Which parts does p_ij have?",
)
def movie_biases_twice(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + 2 * self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The biases are subtracted from the scores of all movies.",
    think="Should a movie with a larger bias score higher or lower?",
)
def biases_subtracted_from_all_items(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T - self.A(user_ids) - self.B.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The users are scored with users: the second factor is the user table.",
    think="Which table has a row for each movie?",
)
def users_with_users(self, user_ids):
    U, _ = self.factors()
    return U(user_ids) @ U.weight.T + self.A(user_ids) + self.A.weight.T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The ids of the users are also used to pick movies, so that not all movies are scored.",
    think="How many columns should the scores have?",
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
    did="Only the first 1682 movies are scored, as many as MovieLens 100K has.",
    think="Where does the net say how many movies there are?",
)
def first_movies_only(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight[:1682].T + self.A(user_ids) + self.B.weight[:1682].T


@wrong(
    "1d",
    "score_all_items",
    PARTIAL,
    did="The movies' embeddings are kept from the first call, and stay as they were then.",
    think="What does training change between two evaluations?",
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
    did="The scores are kept from the first call, and stay as they were then.",
    think="What does training change between two evaluations?",
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
    did="score_all_items turns gradients off and leaves them off.",
    think="What can training still change after the first evaluation?",
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
    did="A global bias, which is learned too, is added to the scores of all movies.",
    think="Which four parts does p_ij have?",
    also={"init_user_and_item_bias": _global_bias_made},
)
def global_bias_on_all_items(self, user_ids):
    U, Q = self.factors()
    return U(user_ids) @ Q.weight.T + self.A(user_ids) + self.B.weight.T + self.mu
