"""Question 1d: the scores of every movie."""

import torch
from torch import nn

from grader import adapter
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, each, wrong
from grader.misconceptions.forward import only_in, right_net


def start(net, users):
    (user_ids,) = adapter.tensors(users)
    return {"net": right_net(net), "user_ids": user_ids}


PIPELINE = Pipeline(
    "1d",
    *(
        Output(
            f"scores_{branch}(net, user_ids)",
            "scores",
            branch,
            {"tables": f"{branch}_tables"},
            observed=(test, "the table of scores"),
            given=start,
        )
        for branch, test in (("shared", "1d-2"), ("separate", "1d-3"))
    ),
)
PIPELINE.only_in = only_in
part = PIPELINE.part


@part
def shared_tables(net):
    return net.U, net.Q


@part
class separate_tables:
    """Which pair of tables belongs to the interaction?"""

    def right(net):
        return net.U_fact, net.Q_fact

    @wrong(CENTRAL)
    @each(
        "read",
        all_items_from_regression_tables="tables",
        all_items_with_regression_users="users",
        all_items_with_regression_movies="movies",
    )
    def read_by_the_scores(net, read):
        """Without sharing, the scores read the {read} of the regression."""
        U = net.U_fact if read == "movies" else net.U_reg
        Q = net.Q_fact if read == "users" else net.Q_reg
        return U, Q

    def all_items_with_sharing_only(net):
        """The scores read U and Q also where the net has no tables of those names.
        Which attributes does the net have when embedding_sharing is False?"""
        return net.U, net.Q


@part
class rows:
    def right(user_ids):
        return user_ids

    def every_user(net):
        """All users are scored, whatever user_ids says.
        Which rows does the caller ask for?"""
        return torch.arange(net.A.num_embeddings)

    def asked_users_shifted(user_ids):
        """One is subtracted from the ids before the tables are read.
        Do the tables have a row for id 0?"""
        return user_ids - 1


@part
def u(tables, rows):
    return tables[0](rows)


@part
def q(tables):
    return tables[1].weight


@part
class products:
    """Is there a scale or an activation in p_ij?"""

    def right(u, q):
        return u @ q.T

    def mean_for_matrix_product(u, q):
        """The products are divided by the width of the embeddings."""
        return u @ q.T / q.shape[1]

    def scaled_matrix_product(u, q):
        """The products are divided by the square root of the embeddings' width."""
        return u @ q.T / q.shape[1] ** 0.5

    def sigmoid_on_the_products(u, q):
        """A sigmoid squeezes the products before the biases are added."""
        return torch.sigmoid(u @ q.T)

    def cosines_of_all_items(u, q):
        """The cosine of the angle between u and q stands for their dot product.
        Does the length of an embedding matter in a dot product?"""
        return nn.functional.cosine_similarity(u[:, None], q, dim=2)


@part
def a(net, rows):
    return net.A(rows)


@part
class b:
    """Which bias belongs to column j?"""

    def right(net):
        return net.B.weight

    @each("made", biases_summed_up="sum", biases_averaged="mean")
    def bias_of_all_movies(net, made):
        """The {made} of all movies' biases is added to each score."""
        return getattr(net.B.weight, made)().reshape(1, 1)

    def movie_biases_not_transposed(net):
        """The movies' biases are added as a column, not as a row.
        Which shape do the biases of all movies have, and which shape should be added?"""
        return net.B.weight.T

    def user_biases_of_everybody(net):
        """The biases of all users are added as a row, where those of the movies belong."""
        return net.A.weight


@part
class summed:
    """Are these scores equal to those that forward returns?"""

    def right(products, a, b):
        return products + a + b.T

    @wrong(CENTRAL)
    def all_items_without_biases(products):
        """Both biases are missing from the scores of all movies."""
        return products

    def all_items_without_user_bias(products, b):
        """The user's bias is missing from the scores of all movies."""
        return products + b.T

    def all_items_without_movie_bias(products, a):
        """The movies' biases are missing from the scores of all movies.
        Does leaving out b change the order of the movies?"""
        return products + a

    def biases_subtracted_from_all_items(products, a, b):
        """The biases are subtracted from the scores of all movies.
        Should a movie with a larger bias score higher or lower?"""
        return products - a - b.T

    @wrong(CENTRAL)
    def ratings_for_scores(net, rows):
        """The predicted ratings of all movies are returned, not the interactions.
        By which of the two predictions are movies ranked?"""
        U, Q = (net.U, net.Q) if net.embedding_sharing else (net.U_reg, net.Q_reg)
        u, q = torch.broadcast_tensors(U(rows)[:, None], Q.weight)
        return net.mlp_layers(torch.cat([u, q, u * q], dim=2)).squeeze(2)


@part
class bounded:
    """Is p_ij bounded?"""

    def right(summed):
        return summed

    def sigmoid_on_all_items(summed):
        """A sigmoid squeezes the scores of all movies between 0 and 1."""
        return torch.sigmoid(summed)

    def relu_on_all_items(summed):
        """A ReLU cuts negative scores to zero."""
        return summed.relu()

    def softmax_over_all_items(summed):
        """A softmax turns the scores of all movies into shares of one.
        Are these scores equal to those that forward returns?"""
        return torch.softmax(summed, dim=1)


@part
class scores:
    """Which shape should the scores have, and which of the two are its rows?"""

    def right(bounded):
        return bounded

    def scores_transposed(bounded):
        """The scores have a row for each movie and a column for each user."""
        return bounded.T

    @wrong(CORNER)
    def one_user_squeezed(bounded):
        """With one user, the scores lose the dimension of the users.
        What shape should the scores of one user have?"""
        return bounded.squeeze()

    def scores_in_one_row(bounded):
        """The scores of all users are in one row."""
        return bounded.flatten()

    def movie_zero_left_out(bounded):
        """Movie 0 is left out, so that column j is movie j + 1.
        Which column belongs to movie j?"""
        return bounded[:, 1:]

    def first_movies_only(bounded):
        """Only the first 1682 movies are scored, as many as MovieLens 100K has.
        Where does the net say how many movies there are?"""
        return bounded[:, :1682]

    @each("first", movies_ranked="worst", movies_ranked_best_first="best")
    def order_of_the_movies(bounded, first):
        """The movies' order is returned, {first} first, not their scores."""
        return bounded.argsort(dim=1, descending=first == "best")


@PIPELINE.whole("score_all_items")
def scores_kept(net, user_ids):
    """The scores are kept from the first call, and stay as they were then.
    After the next step of training, which scores do the movies have?"""
    U, Q = (net.U, net.Q) if net.embedding_sharing else (net.U_fact, net.Q_fact)
    if not hasattr(net, "kept"):
        net.kept = (U.weight @ Q.weight.T + net.A.weight + net.B.weight.T).detach()
    return net.kept[user_ids]
