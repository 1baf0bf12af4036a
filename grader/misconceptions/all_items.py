"""Question 1d: the scores of every movie."""

import torch
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline
from grader.misconceptions.forward import any_net


def start(net, users):
    """Return a net that every choice can compute with, and the ids."""
    tables = shared_tables if net["sizes"]["embedding_sharing"] else separate_tables
    ids = torch.from_numpy(users)

    def keep(net):
        movies_kept(net, tables(net))
        scores_kept(net, tables(net), ids)

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
part, wrong, also = PIPELINE.part, PIPELINE.wrong, PIPELINE.also


@part
def shared_tables(net):
    return net.U, net.Q


@part
def shared_regression_tables(net):
    return net.U, net.Q


@part
def separate_tables(net):
    return net.U_fact, net.Q_fact


@part
def separate_regression_tables(net):
    return net.U_reg, net.Q_reg


@wrong(
    "separate_tables",
    CENTRAL,
    diagnosis="Without sharing, the scores of all movies come from the regression's tables.",
    question="Which tables does the interaction read when they are separate?",
)
def all_items_from_regression_tables(net):
    return net.U_reg, net.Q_reg


@wrong(
    "separate_tables",
    CENTRAL,
    diagnosis="Without sharing, the scores read the movies of the regression.",
    question="Which pair of tables belongs to the interaction?",
)
def all_items_with_regression_movies(net):
    return net.U_fact, net.Q_reg


@wrong(
    "separate_tables",
    CENTRAL,
    diagnosis="Without sharing, the scores read the users of the regression.",
    question="Which pair of tables belongs to the interaction?",
)
def all_items_with_regression_users(net):
    return net.U_reg, net.Q_fact


@wrong(
    "separate_tables",
    PARTIAL,
    diagnosis="The scores read U and Q also where the net has no tables of those names.",
    question="Which attributes does the net have when embedding_sharing is False?",
)
def all_items_with_sharing_only(net):
    return net.U, net.Q


@part
def rows(user_ids):
    return user_ids


@wrong(
    "rows",
    PARTIAL,
    diagnosis="All users are scored, whatever user_ids says.",
    question="Which rows does the caller ask for?",
)
def every_user(net):
    return torch.arange(net.A.num_embeddings)


@wrong(
    "rows",
    PARTIAL,
    diagnosis="Users who come twice are scored once, and all of them in sorted order.",
    question="Which row belongs to user_ids[k]?",
)
def each_user_once(user_ids):
    return user_ids.unique()


@wrong(
    "rows",
    PARTIAL,
    diagnosis="One is subtracted from the ids before the tables are read.",
    question="Do the tables have a row for id 0?",
)
def asked_users_shifted(user_ids):
    return user_ids - 1


@part
def u(tables, rows):
    return tables[0](rows)


@part
def q(tables):
    return tables[1].weight


@wrong(
    "q",
    PARTIAL,
    diagnosis="The users are scored with users: the second factor is the user table.",
    question="Which table has a row for each movie?",
)
def users_with_users(tables):
    return tables[0].weight


@wrong(
    "q",
    PARTIAL,
    diagnosis="The ids of the users also pick the movies, so that not all movies are scored.",
    question="How many columns should the scores have?",
)
def asked_movies_only(tables, rows):
    return tables[1](rows % tables[1].num_embeddings)


@wrong(
    "q",
    PARTIAL,
    diagnosis="The movies' embeddings are kept from the first call, and stay as they were then.",
    question="What does training change between two evaluations?",
)
def movies_kept(net, tables):
    if not hasattr(net, "kept_q"):
        net.kept_q = tables[1].weight.detach().clone()
    return net.kept_q


@part
def products(u, q):
    return u @ q.T


@wrong(
    "products",
    PARTIAL,
    diagnosis="The products are divided by the width of the embeddings.",
    question="Is p_ij a sum or a mean?",
)
def mean_for_matrix_product(u, q):
    return u @ q.T / q.shape[1]


@wrong(
    "products",
    PARTIAL,
    diagnosis="The products are divided by the square root of the embeddings' width.",
    question="Is there a scale in p_ij?",
)
def scaled_matrix_product(u, q):
    return u @ q.T / q.shape[1] ** 0.5


@wrong(
    "products",
    PARTIAL,
    diagnosis="A sigmoid squeezes the products before the biases are added.",
    question="Which activation does p_ij have?",
)
def sigmoid_on_the_products(u, q):
    return torch.sigmoid(u @ q.T)


@wrong(
    "products",
    PARTIAL,
    diagnosis="The cosine of the angle between u and q stands for their dot product.",
    question="Does the length of an embedding matter in a dot product?",
)
def cosines_of_all_items(u, q):
    return nn.functional.cosine_similarity(u[:, None], q, dim=2)


@part
def a(net, rows):
    return net.A(rows)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias is missing from the scores of all movies.",
    question="Are these scores equal to those that forward returns?",
)
def all_items_without_user_bias(rows):
    return torch.zeros(len(rows), 1)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias is subtracted from the scores of all movies.",
    question="Should a user with a larger bias score movies higher or lower?",
)
def user_bias_subtracted_from_all_items(net, rows):
    return -net.A(rows)


@part
def b(net):
    return net.B.weight


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movies' biases are missing from the scores of all movies.",
    question="Does leaving out b change the order of the movies?",
)
def all_items_without_movie_bias(q):
    return torch.zeros(len(q), 1)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movies' biases are added twice.",
    question="Which parts does p_ij have?",
)
def movie_biases_twice(net):
    return 2 * net.B.weight


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movies' biases are subtracted.",
    question="Should a movie with a larger bias score higher or lower?",
)
def movie_biases_subtracted(net):
    return -net.B.weight


@wrong(
    "b",
    PARTIAL,
    diagnosis="The sum of all movies' biases is added to each score.",
    question="Which bias belongs to column j?",
)
def biases_summed_up(net):
    return net.B.weight.sum().reshape(1, 1)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The mean of all movies' biases is added to each score.",
    question="Which bias belongs to column j?",
)
def biases_averaged(net):
    return net.B.weight.mean().reshape(1, 1)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movies' biases are added as a column, not as a row.",
    question="Which shape do the biases of all movies have, and which shape should be added?",
)
def movie_biases_not_transposed(net):
    return net.B.weight.T


@wrong(
    "b",
    PARTIAL,
    diagnosis="The biases of all users are added as a row, where those of the movies belong.",
    question="Whose biases are different from column to column?",
)
def user_biases_of_everybody(net):
    return net.A.weight


@also("asked-movies-only", "b")
def biases_of_asked_movies(net, rows):
    return net.B(rows % net.B.num_embeddings)


def rated(net, u, q):
    return net.mlp_layers(torch.cat([u, q, u * q], dim=1)).squeeze(1)


def global_bias(net):
    net.mu = nn.Parameter(torch.zeros(1))


@part
def summed(products, a, b):
    return products + a + b.T


@wrong(
    "summed",
    CENTRAL,
    diagnosis="Both biases are missing from the scores of all movies.",
    question="Are these scores equal to those that forward returns?",
)
def all_items_without_biases(products):
    return products


@wrong(
    "summed",
    PARTIAL,
    diagnosis="The biases are subtracted from the scores of all movies.",
    question="Should a movie with a larger bias score higher or lower?",
)
def biases_subtracted_from_all_items(products, a, b):
    return products - a - b.T


@wrong(
    "summed",
    PARTIAL,
    diagnosis="The products are multiplied by the biases.",
    question="What are the scores at the start, when all biases are zero?",
)
def biases_multiplied_with_all_items(products, a, b):
    return products * a * b.T


@wrong(
    "summed",
    CENTRAL,
    diagnosis="The predicted ratings of all movies are returned, not the interactions.",
    question="By which of the two predictions are movies ranked?",
)
def ratings_for_scores(net, regression_tables, rows):
    u, q = regression_tables[0](rows), regression_tables[1].weight
    return torch.stack([rated(net, each.expand_as(q), q) for each in u])


@wrong(
    "summed",
    PARTIAL,
    diagnosis="The scores are kept from the first call, and stay as they were then.",
    question="What does training change between two evaluations?",
)
def scores_kept(net, tables, rows):
    if not hasattr(net, "kept"):
        U, Q = tables
        net.kept = (U.weight @ Q.weight.T + net.A.weight + net.B.weight.T).detach()
    return net.kept[rows]


@wrong(
    "summed",
    PARTIAL,
    diagnosis="A global bias, which is learned too, is added to the scores of all movies.",
    question="Which four parts does p_ij have?",
    setup=global_bias,
)
def global_bias_on_all_items(net, products, a, b):
    return products + a + b.T + net.mu


@part
def bounded(summed):
    return summed


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A sigmoid squeezes the scores of all movies between 0 and 1.",
    question="Is p_ij bounded?",
)
def sigmoid_on_all_items(summed):
    return torch.sigmoid(summed)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A ReLU cuts negative scores to zero.",
    question="May an interaction be negative?",
)
def relu_on_all_items(summed):
    return summed.relu()


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A tanh squeezes the scores of all movies between -1 and 1.",
    question="Is p_ij bounded?",
)
def tanh_on_all_items(summed):
    return summed.tanh()


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A sigmoid squeezes the scores of all movies when the net is not in training mode.",
    question="Should a movie have one score in training and another in evaluation?",
)
def sigmoid_on_all_items_when_evaluating(net, summed):
    return summed if net.training else torch.sigmoid(summed)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A softmax turns the scores of all movies into shares of one.",
    question="Are these scores equal to those that forward returns?",
)
def softmax_over_all_items(summed):
    return torch.softmax(summed, dim=1)


@part
def columns(bounded):
    return bounded


@wrong(
    "columns",
    PARTIAL,
    diagnosis="Movie 0 is left out, so that column j is movie j + 1.",
    question="Which column belongs to movie j?",
)
def movie_zero_left_out(bounded):
    return bounded[:, 1:]


@wrong(
    "columns",
    PARTIAL,
    diagnosis="Only the first 1682 movies are scored, as many as MovieLens 100K has.",
    question="Where does the net say how many movies there are?",
)
def first_movies_only(bounded):
    return bounded[:, :1682]


@wrong(
    "columns",
    PARTIAL,
    diagnosis="The movies' order is returned, not their scores.",
    question="What does the metric do with the scores?",
)
def movies_ranked(bounded):
    return bounded.argsort(dim=1).float()


@wrong(
    "columns",
    PARTIAL,
    diagnosis="The movies' order is returned, best first, not their scores.",
    question="What does the metric do with the scores?",
)
def movies_ranked_best_first(bounded):
    return bounded.argsort(dim=1, descending=True).float()


@wrong(
    "columns",
    PARTIAL,
    diagnosis="The scores are sorted, so that column j no longer belongs to movie j.",
    question="How would the metric find a movie's score?",
)
def scores_sorted(bounded):
    return bounded.sort(descending=True).values


@part
def scores(columns):
    return columns


@wrong(
    "scores",
    PARTIAL,
    diagnosis="The scores have a row for each movie and a column for each user.",
    question="Which of the two are the rows of what is returned?",
)
def scores_transposed(columns):
    return columns.T


@wrong(
    "scores",
    CORNER,
    diagnosis="With one user, the scores lose the dimension of the users.",
    question="What shape should the scores of one user have?",
)
def one_user_squeezed(columns):
    return columns.squeeze()


@wrong(
    "scores",
    PARTIAL,
    diagnosis="The scores of all users are in one row.",
    question="Which shape should the scores have?",
)
def scores_in_one_row(columns):
    return columns.flatten()


@wrong(
    "scores",
    CENTRAL,
    diagnosis="score_all_items turns gradients off and leaves them off.",
    question="What can training still change after the first evaluation?",
)
def frozen_by_scoring(net, columns):
    net.requires_grad_(False)
    return columns
