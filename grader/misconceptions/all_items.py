"""Question 1d: the scores of every movie."""

import torch
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong
from grader.misconceptions.forward import any_net


def start(net, users):
    """Return a net that every choice can compute with, and the ids."""
    tables = shared_tables if net["sizes"]["embedding_sharing"] else separate_tables
    ids = torch.from_numpy(users)

    def keep(net):
        PIPELINE.mistakes["movies-kept"].choices[0](net, tables(net))
        PIPELINE.mistakes["scores-kept"].choices[0](net, tables(net), ids)

    return {"net": any_net(PIPELINE, net, keep), "user_ids": ids}


PIPELINE = Pipeline(
    "1d",
    *(
        Output(
            f"scores_{branch}(net, user_ids)",
            "scores",
            branch,
            {"tables": f"{branch}_tables", "regression_tables": f"{branch}_regression_tables"},
            observed=(test, "the table of scores"),
            given=start,
        )
        for branch, test in (("shared", "1d-2"), ("separate", "1d-3"))
    ),
)
part = PIPELINE.part


@part
def shared_tables(net):
    return net.U, net.Q


@part
def shared_regression_tables(net):
    return net.U, net.Q


@part
class separate_tables:
    """Which pair of tables belongs to the interaction?"""

    def right(net):
        return net.U_fact, net.Q_fact

    @wrong(CENTRAL)
    def all_items_from_regression_tables(net):
        """Without sharing, the scores of all movies come from the regression's tables.
        Which tables does the interaction read when they are separate?"""
        return net.U_reg, net.Q_reg

    @wrong(CENTRAL)
    def all_items_with_regression_movies(net):
        """Without sharing, the scores read the movies of the regression."""
        return net.U_fact, net.Q_reg

    @wrong(CENTRAL)
    def all_items_with_regression_users(net):
        """Without sharing, the scores read the users of the regression."""
        return net.U_reg, net.Q_fact

    def all_items_with_sharing_only(net):
        """The scores read U and Q also where the net has no tables of those names.
        Which attributes does the net have when embedding_sharing is False?"""
        return net.U, net.Q


@part
def separate_regression_tables(net):
    return net.U_reg, net.Q_reg


@part
class rows:
    def right(user_ids):
        return user_ids

    def every_user(net):
        """All users are scored, whatever user_ids says.
        Which rows does the caller ask for?"""
        return torch.arange(net.A.num_embeddings)

    def each_user_once(user_ids):
        """Users who come twice are scored once, and all of them in sorted order.
        Which row belongs to user_ids[k]?"""
        return user_ids.unique()

    def asked_users_shifted(user_ids):
        """One is subtracted from the ids before the tables are read.
        Do the tables have a row for id 0?"""
        return user_ids - 1


@part
def u(tables, rows):
    return tables[0](rows)


@part
class q:
    def right(tables):
        return tables[1].weight

    def users_with_users(tables):
        """The users are scored with users: the second factor is the user table.
        Which table has a row for each movie?"""
        return tables[0].weight

    def asked_movies_only(tables, rows):
        """The ids of the users also pick the movies, so that not all movies are scored.
        How many columns should the scores have?"""
        return tables[1](rows % tables[1].num_embeddings)

    def movies_kept(net, tables):
        """The movies' embeddings are kept from the first call, and stay as they were then.
        What does training change between two evaluations?"""
        if not hasattr(net, "kept_q"):
            net.kept_q = tables[1].weight.detach().clone()
        return net.kept_q


@part
class products:
    def right(u, q):
        return u @ q.T

    def mean_for_matrix_product(u, q):
        """The products are divided by the width of the embeddings.
        Is p_ij a sum or a mean?"""
        return u @ q.T / q.shape[1]

    def scaled_matrix_product(u, q):
        """The products are divided by the square root of the embeddings' width.
        Is there a scale in p_ij?"""
        return u @ q.T / q.shape[1] ** 0.5

    def sigmoid_on_the_products(u, q):
        """A sigmoid squeezes the products before the biases are added.
        Which activation does p_ij have?"""
        return torch.sigmoid(u @ q.T)

    def cosines_of_all_items(u, q):
        """The cosine of the angle between u and q stands for their dot product.
        Does the length of an embedding matter in a dot product?"""
        return nn.functional.cosine_similarity(u[:, None], q, dim=2)


@part
class a:
    def right(net, rows):
        return net.A(rows)

    def all_items_without_user_bias(rows):
        """The user's bias is missing from the scores of all movies.
        Are these scores equal to those that forward returns?"""
        return torch.zeros(len(rows), 1)

    def user_bias_subtracted_from_all_items(net, rows):
        """The user's bias is subtracted from the scores of all movies.
        Should a user with a larger bias score movies higher or lower?"""
        return -net.A(rows)


@part
class b:
    """Which bias belongs to column j?"""

    def right(net):
        return net.B.weight

    def all_items_without_movie_bias(q):
        """The movies' biases are missing from the scores of all movies.
        Does leaving out b change the order of the movies?"""
        return torch.zeros(len(q), 1)

    def movie_biases_twice(net):
        """The movies' biases are added twice.
        Which parts does p_ij have?"""
        return 2 * net.B.weight

    def movie_biases_subtracted(net):
        """The movies' biases are subtracted.
        Should a movie with a larger bias score higher or lower?"""
        return -net.B.weight

    def biases_summed_up(net):
        """The sum of all movies' biases is added to each score."""
        return net.B.weight.sum().reshape(1, 1)

    def biases_averaged(net):
        """The mean of all movies' biases is added to each score."""
        return net.B.weight.mean().reshape(1, 1)

    def movie_biases_not_transposed(net):
        """The movies' biases are added as a column, not as a row.
        Which shape do the biases of all movies have, and which shape should be added?"""
        return net.B.weight.T

    def user_biases_of_everybody(net):
        """The biases of all users are added as a row, where those of the movies belong.
        Whose biases are different from column to column?"""
        return net.A.weight

    def asked_movies_only(net, rows):
        return net.B(rows % net.B.num_embeddings)


def rated(net, u, q):
    return net.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)


def global_bias(net):
    net.mu = nn.Parameter(torch.zeros(1))


@part
class summed:
    def right(products, a, b):
        return products + a + b.T

    @wrong(CENTRAL)
    def all_items_without_biases(products):
        """Both biases are missing from the scores of all movies.
        Are these scores equal to those that forward returns?"""
        return products

    def biases_subtracted_from_all_items(products, a, b):
        """The biases are subtracted from the scores of all movies.
        Should a movie with a larger bias score higher or lower?"""
        return products - a - b.T

    def biases_multiplied_with_all_items(products, a, b):
        """The products are multiplied by the biases.
        What are the scores at the start, when all biases are zero?"""
        return products * a * b.T

    @wrong(CENTRAL)
    def ratings_for_scores(net, regression_tables, rows):
        """The predicted ratings of all movies are returned, not the interactions.
        By which of the two predictions are movies ranked?"""
        u, q = regression_tables[0](rows), regression_tables[1].weight
        return torch.stack([rated(net, each.expand_as(q), q) for each in u])

    def scores_kept(net, tables, rows):
        """The scores are kept from the first call, and stay as they were then.
        What does training change between two evaluations?"""
        if not hasattr(net, "kept"):
            U, Q = tables
            net.kept = (U.weight @ Q.weight.T + net.A.weight + net.B.weight.T).detach()
        return net.kept[rows]

    @wrong(setup=global_bias)
    def global_bias_on_all_items(net, products, a, b):
        """A global bias, which is learned too, is added to the scores of all movies.
        Which four parts does p_ij have?"""
        return products + a + b.T + net.mu


@part
class bounded:
    """Is p_ij bounded?"""

    def right(summed):
        return summed

    def sigmoid_on_all_items(summed):
        """A sigmoid squeezes the scores of all movies between 0 and 1."""
        return torch.sigmoid(summed)

    def relu_on_all_items(summed):
        """A ReLU cuts negative scores to zero.
        May an interaction be negative?"""
        return summed.relu()

    def tanh_on_all_items(summed):
        """A tanh squeezes the scores of all movies between -1 and 1."""
        return summed.tanh()

    def sigmoid_on_all_items_when_evaluating(net, summed):
        """A sigmoid squeezes the scores of all movies when the net is not in training mode.
        Should a movie have one score in training and another in evaluation?"""
        return summed if net.training else torch.sigmoid(summed)

    def softmax_over_all_items(summed):
        """A softmax turns the scores of all movies into shares of one.
        Are these scores equal to those that forward returns?"""
        return torch.softmax(summed, dim=1)


@part
class columns:
    """What does the metric do with the scores?"""

    def right(bounded):
        return bounded

    def movie_zero_left_out(bounded):
        """Movie 0 is left out, so that column j is movie j + 1.
        Which column belongs to movie j?"""
        return bounded[:, 1:]

    def first_movies_only(bounded):
        """Only the first 1682 movies are scored, as many as MovieLens 100K has.
        Where does the net say how many movies there are?"""
        return bounded[:, :1682]

    def movies_ranked(bounded):
        """The movies' order is returned, not their scores."""
        return bounded.argsort(dim=1).float()

    def movies_ranked_best_first(bounded):
        """The movies' order is returned, best first, not their scores."""
        return bounded.argsort(dim=1, descending=True).float()

    def scores_sorted(bounded):
        """The scores are sorted, so that column j no longer belongs to movie j.
        How would the metric find a movie's score?"""
        return bounded.sort(descending=True).values


@part
class scores:
    def right(columns):
        return columns

    def scores_transposed(columns):
        """The scores have a row for each movie and a column for each user.
        Which of the two are the rows of what is returned?"""
        return columns.T

    @wrong(CORNER)
    def one_user_squeezed(columns):
        """With one user, the scores lose the dimension of the users.
        What shape should the scores of one user have?"""
        return columns.squeeze()

    def scores_in_one_row(columns):
        """The scores of all users are in one row.
        Which shape should the scores have?"""
        return columns.flatten()

    @wrong(CENTRAL)
    def frozen_by_scoring(net, columns):
        """score_all_items turns gradients off and leaves them off.
        What can training still change after the first evaluation?"""
        net.requires_grad_(False)
        return columns
