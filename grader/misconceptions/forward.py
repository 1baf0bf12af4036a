"""Question 1c: the forward passes.

Both branches have the same parts: with sharing, both tasks take their tables from one pair.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from grader import adapter
from grader.engine.calls import Submission
from grader.engine.composition import Composition
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, each, wrong

SHARED = {"regression_tables": "shared_tables", "factorization_tables": "shared_tables"}
BRANCHES = {"shared": "with sharing", "separate": "without sharing"}


def only_in(found, possible):
    """Return in which prediction, or in which branch, a mistake is that may be in others too."""
    (predictions, branches), (all_predictions, all_branches) = (
        [{topic.rpartition(", ")[place] for topic in topics} for place in (0, 2)]
        for topics in (found, possible)
    )
    if len(found) < len(predictions) * len(branches):
        return ""
    words = [f"in the {name}" for name in predictions if predictions < all_predictions]
    words += [BRANCHES[name] for name in branches if branches < all_branches]
    return " ".join(words).capitalize()


def right_net(net):
    """Return a right net with the weights that a test gives."""
    built, _ = adapter.loaded(Submission(Composition(PIPELINE).load), net)
    return built


def start(net, users, movies, cotangents):
    user_ids, item_ids = adapter.tensors(users, movies)
    return {"net": right_net(net), "user_ids": user_ids, "item_ids": item_ids}


PIPELINE = Pipeline(
    "1c",
    *(
        Output(
            f"{name}_{branch}(net, user_ids, item_ids)",
            value,
            f"{name}, {branch}",
            SHARED if branch == "shared" else {},
            observed=(test, f"the {name}"),
            given=start,
        )
        for name, value, branch, test in (
            ("interaction", "first", "shared", "1c-5"),
            ("rating", "second", "shared", "1c-6"),
            ("interaction", "first", "separate", "1c-7"),
            ("rating", "second", "separate", "1c-8"),
        )
    ),
)
PIPELINE.only_in = only_in
part = PIPELINE.part


# Ids and tables


PIPELINE.claim(
    "ids-of-another-table",
    diagnosis="A table is read with ids that it has no rows for.",
    question="Which ids number the rows of each table, and where do they begin?",
)


@part
class users:
    def right(user_ids):
        return user_ids

    @wrong(general="ids-of-another-table")
    def ids_shifted(user_ids):
        """One is subtracted from the ids before the tables are read.
        Do the tables have a row for id 0?"""
        return user_ids - 1

    def first_user_for_all(user_ids):
        """All pairs of the batch get its first user.
        Whose row belongs to pair k?"""
        return user_ids[:1].expand(len(user_ids))


@part
class movies:
    def right(item_ids):
        return item_ids

    def ids_shifted(item_ids):
        return item_ids - 1

    def first_movie_for_all(item_ids):
        """All pairs of the batch get its first movie.
        Which movie belongs to pair k?"""
        return item_ids[:1].expand(len(item_ids))


@part
class shared_tables:
    def right(net):
        return net.U, net.Q

    @wrong(general="ids-of-another-table")
    def users_and_movies_exchanged(net):
        """The two tables are exchanged: users are looked up in Q and movies in U.
        Which table has a row for each movie?"""
        return net.Q, net.U


def mixed(own, other, read):
    """Return the two tables that are read, where users, movies or both are the other task's."""
    return own[0] if read == "movies" else other[0], own[1] if read == "users" else other[1]


@part
class regression_tables:
    """Which tables does the regression loss train, and which should it never touch?"""

    def right(net):
        return net.U_reg, net.Q_reg

    def users_and_movies_exchanged(net):
        return net.Q_reg, net.U_reg

    @wrong(CENTRAL)
    @each(
        "read",
        rating_reads_factorization_tables="tables",
        rating_reads_factorization_users="users",
        rating_reads_factorization_movies="movies",
    )
    def read_by_the_rating(net, read):
        """Without sharing, the rating reads the {read} of the factorization."""
        return mixed((net.U_reg, net.Q_reg), (net.U_fact, net.Q_fact), read)


@part
class factorization_tables:
    """Which tables does the factorization loss train, and which should it never touch?"""

    def right(net):
        return net.U_fact, net.Q_fact

    def users_and_movies_exchanged(net):
        return net.Q_fact, net.U_fact

    @wrong(CENTRAL)
    @each(
        "read",
        interaction_reads_regression_tables="tables",
        interaction_reads_regression_users="users",
        interaction_reads_regression_movies="movies",
    )
    def read_by_the_interaction(net, read):
        """Without sharing, the interaction reads the {read} of the regression."""
        return mixed((net.U_fact, net.Q_fact), (net.U_reg, net.Q_reg), read)


@part
class u_reg:
    def right(regression_tables, users):
        return regression_tables[0](users)

    @wrong(general="ids-of-another-table")
    def users_by_item_ids(regression_tables, item_ids):
        """The users' embeddings are looked up with the ids of the movies.
        Which ids number the rows of the user table?"""
        return regression_tables[0](item_ids)


@part
class q_reg:
    def right(regression_tables, movies):
        return regression_tables[1](movies)

    @wrong(general="ids-of-another-table")
    def movies_by_user_ids(regression_tables, user_ids):
        """The movies' embeddings are looked up with the ids of the users.
        Which ids number the rows of the movie table?"""
        return regression_tables[1](user_ids)


@part
class u_fact:
    def right(factorization_tables, users):
        return factorization_tables[0](users)

    def users_by_item_ids(factorization_tables, item_ids):
        return factorization_tables[0](item_ids)


@part
class q_fact:
    def right(factorization_tables, movies):
        return factorization_tables[1](movies)

    def movies_by_user_ids(factorization_tables, user_ids):
        return factorization_tables[1](user_ids)

    def first_movies_row_for_all(factorization_tables, movies):
        """The dot product has the first movie's row in all pairs of the batch.
        Whose row belongs to pair k?"""
        return factorization_tables[1](movies[:1]).expand(len(movies), -1)


@part
class a:
    """Which table gives the user's bias, and which ids number its rows?"""

    def right(net, users):
        return net.A(users)

    def user_bias_missing(users):
        """The user's bias a is missing from the interaction.
        Which four parts does p_ij have?"""
        return torch.zeros(len(users), 1)

    def movie_bias_twice(net, movies):
        """The movie's bias stands where the user's belongs."""
        return net.B(movies)

    @wrong(general="ids-of-another-table")
    def user_bias_by_item_ids(net, item_ids):
        """The user's bias is looked up with the ids of the movies."""
        return net.A(item_ids)

    def bias_detached(net, users):
        """A bias of the interaction is cut out of the graph, and never trained.
        What does detach (or .data) do to its gradient?"""
        return net.A(users).detach()


@part
class b:
    """Which table gives the movie's bias, and which ids number its rows?"""

    def right(net, movies):
        return net.B(movies)

    def movie_bias_missing(movies):
        """The movie's bias b is missing from the interaction.
        Which four parts does p_ij have?"""
        return torch.zeros(len(movies), 1)

    def user_bias_twice(net, users):
        """The user's bias stands where the movie's belongs."""
        return net.A(users)

    @wrong(general="ids-of-another-table")
    def movie_bias_by_user_ids(net, user_ids):
        """The movie's bias is looked up with the ids of the users."""
        return net.B(user_ids)

    def bias_detached(net, movies):
        return net.B(movies).detach()


# The rating


@part
class product:
    """Which operation joins u and q, number by number, in the MLP's third input?"""

    def right(u_reg, q_reg):
        return u_reg * q_reg

    @each(
        "formula",
        sum_for_product="sum u + q",
        difference_for_product="difference u - q",
        distance_for_product="distance |u - q|",
        squared_difference_for_product="square (u - q)^2",
        user_squared="square u * u",
        movie_squared="square q * q",
        dot_for_product="dot product of u and q",
    )
    def other_operations(u_reg, q_reg, formula):
        """The {formula} stands where the MLP's input has the product u * q."""
        u, q = u_reg, q_reg
        return {
            "sum u + q": u + q,
            "difference u - q": u - q,
            "distance |u - q|": (u - q).abs(),
            "square (u - q)^2": (u - q) ** 2,
            "square u * u": u * u,
            "square q * q": q * q,
            "dot product of u and q": (u * q).sum(dim=1, keepdim=True),
        }[formula]

    @wrong(CENTRAL)
    def product_from_the_other_tables(u_fact, q_fact):
        """In the MLP's input, the product comes from the factorization's tables.
        From which tables do u and q in u * q come?"""
        return u_fact * q_fact


@part
class features:
    """Which three parts does the MLP's input have, and in which order?"""

    def right(u_reg, q_reg, product):
        return torch.cat([u_reg, q_reg, product], dim=1)

    @wrong(CENTRAL)
    def product_missing(u_reg, q_reg):
        """The product u * q is missing from the MLP's input."""
        return torch.cat([u_reg, q_reg], dim=1)

    @each(
        "order",
        movie_first="q, u, u * q",
        product_first="u * q, u, q",
        product_in_the_middle="u, u * q, q",
        user_last="q, u * q, u",
        features_backwards="u * q, q, u",
        user_twice="u, u, u * q",
        movie_twice="q, q, u * q",
    )
    def other_orders(u_reg, q_reg, product, order):
        """The MLP's input is in the order [{order}]."""
        parts = {"u": u_reg, "q": q_reg, "u * q": product}
        return torch.cat([parts[name] for name in order.split(", ")], dim=1)

    def joined_along_the_batch(u_reg, q_reg, product):
        """The parts of the MLP's input are joined along the batch, not side by side.
        Which dimension is the batch, and which should grow to 3 * embedding_dim?"""
        return torch.cat([u_reg, q_reg, product], dim=0)


def linear_layers(net):
    return [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]


@part
class mlp:
    """Which layers does a ReLU follow, and what can they compute that linear ones cannot?"""

    def right(net, features):
        return net.mlp_layers(features)

    def relu_on_the_features(net, features):
        """A ReLU cuts the negative numbers of the MLP's input to zero."""
        return net.mlp_layers(features.relu())

    @wrong(CENTRAL)
    def rating_does_not_train_tables(net, features):
        """The embeddings are cut out of the rating's graph: it trains none of them.
        Which parameters should the regression loss train?"""
        return net.mlp_layers(features.detach())

    def forward_skips_relu(net, features):
        """forward applies the dense layers without a ReLU between them."""
        for layer in linear_layers(net):
            features = layer(features)
        return features

    @wrong(CORNER)
    def forward_relu_before_the_last_layer_only(net, features):
        """forward applies a ReLU before the last dense layer only."""
        *first, last = linear_layers(net)
        for layer in first:
            features = layer(features)
        return last(features.relu() if first else features)

    @each(
        "activation",
        sigmoid_between_layers="sigmoid",
        tanh_between_layers="tanh",
        leaky_relu_between_layers="leaky_relu",
    )
    def other_activations(net, features, activation):
        """forward applies a {activation} between the dense layers, not a ReLU.
        Which activation does the handout have between the dense layers?"""
        *first, last = linear_layers(net)
        for layer in first:
            features = getattr(F, activation)(layer(features))
        return last(features)


@part
class stars:
    """Is there an activation on the MLP's output in the handout?"""

    def right(mlp):
        return mlp

    def relu_on_the_rating(mlp):
        """A ReLU follows the MLP.
        What gradient does a rating get when the last layer's output is negative?"""
        return mlp.relu()

    def sigmoid_on_the_rating(mlp):
        """A sigmoid squeezes the ratings between 0 and 1."""
        return torch.sigmoid(mlp)

    @each("low", rating_squeezed_into_the_scale=1, five_sigmoids=0)
    def scaled_sigmoid(mlp, low):
        """A scaled sigmoid squeezes the ratings between {low} and 5."""
        return low + (5 - low) * torch.sigmoid(mlp)

    def tanh_into_the_scale(mlp):
        """A scaled tanh squeezes the ratings between 1 and 5."""
        return 3 + 2 * torch.tanh(mlp)

    def clamped_rating(mlp):
        """The ratings are clamped to 1 to 5, which stops their gradients outside.
        What gradient does a clamped prediction get?"""
        return mlp.clamp(1, 5)

    @wrong(CORNER)
    def clamped_when_evaluating(net, mlp):
        """The ratings are clamped to 1 to 5 when the net is not in training mode.
        Should the same pair have one rating in training and another in evaluation?"""
        return mlp if net.training else mlp.clamp(1, 5)


@part
class offset:
    """Which of the two predictions has biases?"""

    def right(stars):
        return stars

    def biases_on_the_rating(stars, a, b):
        """The biases a and b are added to the rating."""
        return stars + a + b


@part
class rating:
    """Which shape should score have, and which has the output of the MLP?"""

    def right(offset):
        return offset.squeeze(1)

    def rating_not_squeezed(offset):
        """The ratings keep the MLP's last dimension: shape (batch, 1)."""
        return offset

    @wrong(CORNER)
    def rating_squeezed_away(offset):
        """squeeze() without a dimension also removes the ratings' batch of one pair.
        What shape is left when a tensor of shape (1, 1) is squeezed?"""
        return offset.squeeze()


# The interaction


@part
class dot:
    """What is the formula of a dot product, and over which dimension does it sum?"""

    def right(u_fact, q_fact):
        return (u_fact * q_fact).sum(dim=1)

    def mean_for_dot_product(u_fact, q_fact):
        """The product u * q is averaged, not summed."""
        return (u_fact * q_fact).mean(dim=1)

    def sum_for_dot_product(u_fact, q_fact):
        """The sum of u and q stands for their dot product."""
        return (u_fact + q_fact).sum(dim=1)

    def summed_over_everything(u_fact, q_fact):
        """The product is summed over the batch as well: all pairs get the same dot product."""
        return (u_fact * q_fact).sum()

    def summed_over_the_batch(u_fact, q_fact):
        """The product is summed over the batch and not over the columns."""
        return (u_fact * q_fact).sum(dim=0)

    def matrix_product(u_fact, q_fact):
        """A matrix product scores every user of the batch with every movie of the batch.
        Which entries of u @ q.T belong to the pairs that were asked for?"""
        return u_fact @ q_fact.T

    def matrix_product_summed(u_fact, q_fact):
        """A matrix product is summed over the movies: a user is scored with all of the batch.
        Which entries of u @ q.T belong to the pairs that were asked for?"""
        return (u_fact @ q_fact.T).sum(dim=1)

    def matrix_product_summed_over_users(u_fact, q_fact):
        """A matrix product is summed over the users: a movie is scored by all of the batch.
        Which entries of u @ q.T belong to the pairs that were asked for?"""
        return (u_fact @ q_fact.T).sum(dim=0)

    def cosine_for_dot_product(u_fact, q_fact):
        """The cosine of the angle between u and q stands for their dot product.
        Does the length of an embedding matter in a dot product?"""
        return F.cosine_similarity(u_fact, q_fact, dim=1)

    def sigmoid_before_the_biases(u_fact, q_fact):
        """A sigmoid squeezes the dot product before the biases are added.
        Which activation does p_ij have?"""
        return torch.sigmoid((u_fact * q_fact).sum(dim=1))

    def scaled_dot_product(u_fact, q_fact):
        """The dot product is divided by the square root of its width.
        Is there a scale in p_ij?"""
        return (u_fact * q_fact).sum(dim=1) / u_fact.shape[1] ** 0.5

    @wrong(CENTRAL)
    def interaction_does_not_train_tables(u_fact, q_fact):
        """The embeddings are cut out of the interaction's graph: it trains none of them.
        Which parameters should the factorization loss train?"""
        return (u_fact * q_fact).sum(dim=1).detach()


@part
class biased:
    """How often is a bias added to one dot product, and whose bias is it?"""

    def right(dot, a, b):
        return dot + a.squeeze(1) + b.squeeze(1)

    def biases_missing(dot):
        """Both biases are missing from the interaction, or their line is not part of the sum.
        Does the line with a and b continue the one before it?"""
        return dot

    def biases_subtracted(dot, a, b):
        """The biases are subtracted from the interaction.
        Should a movie with a larger bias score higher or lower?"""
        return dot - a.squeeze(1) - b.squeeze(1)

    @each("made", biases_averaged_over_the_batch="mean", biases_summed_over_the_batch="sum")
    def biases_of_the_batch(dot, a, b, made):
        """The {made} of each bias over the batch is added to all interactions."""
        return dot + getattr(a, made)() + getattr(b, made)()

    def biases_inside_the_sum(u_fact, q_fact, a, b):
        """The biases stand inside of the sum over the columns."""
        return (u_fact * q_fact + a + b).sum(dim=1)

    def column_plus_row(dot, a, b):
        """Biases of shape (N, 1) are added to products of shape (N,), which makes (N, N).
        To which shape does PyTorch broadcast (N, 1) and (N,)?"""
        return dot + a + b

    def product_not_summed(u_fact, q_fact, a, b):
        """The product u * q is not summed: one number for each column is left.
        How many numbers is a dot product?"""
        return u_fact * q_fact + a + b


@part
class bounded:
    """Which values can p_ij take, and in which function does a sigmoid belong?"""

    def right(biased):
        return biased

    def sigmoid_on_the_interaction(biased):
        """A sigmoid squeezes the interaction between 0 and 1."""
        return torch.sigmoid(biased)

    def relu_on_the_interaction(biased):
        """A ReLU cuts negative interactions to zero."""
        return torch.relu(biased)

    def log_sigmoid_on_the_interaction(biased):
        """A log-sigmoid is applied to the interaction."""
        return F.logsigmoid(biased)


@part
class interaction:
    """How many interactions should a batch of pairs have, and in which shape?"""

    def right(bounded):
        return bounded

    def interaction_not_squeezed(bounded):
        """The interaction keeps a last dimension: shape (batch, 1)."""
        return bounded[:, None]

    @wrong(CORNER)
    def interaction_squeezed_away(bounded):
        """squeeze() without a dimension removes the interaction's batch of one pair.
        What shape is left when a tensor of shape (1, 1) is squeezed?"""
        return bounded.squeeze()

    @each("made", one_interaction_for_the_batch="sum", mean_interaction_for_the_batch="mean")
    def one_number(bounded, made):
        """The {made} of the batch's interactions is returned, a single number."""
        return getattr(bounded, made)()


# What is returned


@part
class first:
    def right(interaction):
        return interaction

    @wrong(CENTRAL)
    def rating_first(rating):
        """The rating is returned first, where the interaction belongs.
        Which of the two does forward return first?"""
        return rating

    @wrong(CENTRAL)
    def no_graph(interaction):
        """A result is returned without its graph, so that its loss trains nothing.
        Which operations (detach, .data, .item, no_grad) end the flow of gradients?"""
        return interaction.detach()


@part
class second:
    def right(rating):
        return rating

    @wrong(CENTRAL)
    def interaction_second(interaction):
        """The interaction is returned second, where the rating belongs.
        Which of the two does forward return second?"""
        return interaction

    def no_graph(rating):
        return rating.detach()
