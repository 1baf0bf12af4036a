"""Question 1c: the forward passes.

Both branches have the same parts: with sharing, both tasks take their tables from one pair.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from grader import adapter
from grader.engine.calls import Submission
from grader.engine.composition import Composition
from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Output, Pipeline

SHARED = {"regression_tables": "shared_tables", "factorization_tables": "shared_tables"}


def any_net(pipeline, net, *keeping):
    """Return a net with weights that every choice of a pipeline can compute with.

    The functions ``keeping`` are called before, while the net has its earlier weights.
    """
    built, _ = adapter.loaded(Submission(Composition(pipeline).load), net)
    known = set(built.parameters())
    for setup in pipeline.setups:
        setup(built)
    for parameter in set(built.parameters()) - known:
        nn.init.constant_(parameter, adapter.OTHER_PARAMETERS)
    if net["earlier"]:
        adapter.load(built, net["earlier"], [])
        for keep in keeping:
            keep(built)
        adapter.load(built, net["tables"], [])
    return built


def start(net, users, movies, cotangents):
    """Return that net, and the ids."""
    separate = regression_embeddings_kept, factorization_embeddings_kept
    keeping = (embeddings_kept,) if net["sizes"]["embedding_sharing"] else separate
    user_ids, item_ids = adapter.tensors(users, movies)
    return {"net": any_net(PIPELINE, net, *keeping), "user_ids": user_ids, "item_ids": item_ids}


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
part, wrong, also = PIPELINE.part, PIPELINE.wrong, PIPELINE.also


# Ids and tables

PIPELINE.claim(
    "ids-of-another-table",
    diagnosis="A table is read with ids that it has no rows for.",
    question="Which ids number the rows of each table, and where do they begin?",
)


@part
def users(user_ids):
    return user_ids


@wrong(
    "users",
    PARTIAL,
    diagnosis="One is subtracted from the users' ids before the tables are read.",
    question="Do the tables have a row for id 0?",
    general="ids-of-another-table",
)
def user_ids_shifted(user_ids):
    return user_ids - 1


@wrong(
    "users",
    PARTIAL,
    diagnosis="All pairs of the batch get its first user.",
    question="Whose row belongs to pair k?",
)
def first_user_for_all(user_ids):
    return user_ids[:1].expand(len(user_ids))


@part
def movies(item_ids):
    return item_ids


@wrong(
    "movies",
    PARTIAL,
    diagnosis="One is subtracted from the movies' ids before the tables are read.",
    question="Do the tables have a row for id 0?",
    general="ids-of-another-table",
)
def item_ids_shifted(item_ids):
    return item_ids - 1


@wrong(
    "movies",
    PARTIAL,
    diagnosis="All pairs of the batch get its first movie.",
    question="Which movie belongs to pair k?",
)
def first_movie_for_all(item_ids):
    return item_ids[:1].expand(len(item_ids))


@part
def shared_tables(net):
    return net.U, net.Q


@wrong(
    "shared_tables",
    PARTIAL,
    diagnosis="The two tables are exchanged: users are looked up in Q and movies in U.",
    question="Which table has a row for each movie?",
    general="ids-of-another-table",
)
def users_and_movies_exchanged(net):
    return net.Q, net.U


def kept(net, name, tables):
    if not hasattr(net, name):
        weights = [table.weight.detach().clone() for table in tables]
        setattr(net, name, tuple(nn.Embedding.from_pretrained(weight) for weight in weights))
    return getattr(net, name)


@wrong(
    "shared_tables",
    PARTIAL,
    diagnosis="The embeddings are kept from an earlier call, and stay as they were then.",
    question="What happens to the embeddings between two calls in training?",
)
def embeddings_kept(net):
    return kept(net, "kept_tables", (net.U, net.Q))


@part
def regression_tables(net):
    return net.U_reg, net.Q_reg


@also("users-and-movies-exchanged", "regression_tables")
def users_and_movies_exchanged_for_ratings(net):
    return net.Q_reg, net.U_reg


@also("embeddings-kept", "regression_tables")
def regression_embeddings_kept(net):
    return kept(net, "kept_regression_tables", (net.U_reg, net.Q_reg))


@wrong(
    "regression_tables",
    CENTRAL,
    diagnosis="Without sharing, the rating reads the tables of the factorization.",
    question="Which tables does the regression loss train, and which should it never touch?",
)
def rating_reads_factorization_tables(net):
    return net.U_fact, net.Q_fact


@wrong(
    "regression_tables",
    CENTRAL,
    diagnosis="Without sharing, the rating reads the users of the factorization.",
    question="Which pair of tables belongs to each task?",
)
def rating_reads_factorization_users(net):
    return net.U_fact, net.Q_reg


@wrong(
    "regression_tables",
    CENTRAL,
    diagnosis="Without sharing, the rating reads the movies of the factorization.",
    question="Which pair of tables belongs to each task?",
)
def rating_reads_factorization_movies(net):
    return net.U_reg, net.Q_fact


@part
def factorization_tables(net):
    return net.U_fact, net.Q_fact


@also("users-and-movies-exchanged", "factorization_tables")
def users_and_movies_exchanged_for_interactions(net):
    return net.Q_fact, net.U_fact


@also("embeddings-kept", "factorization_tables")
def factorization_embeddings_kept(net):
    return kept(net, "kept_factorization_tables", (net.U_fact, net.Q_fact))


@wrong(
    "factorization_tables",
    CENTRAL,
    diagnosis="Without sharing, the interaction reads the tables of the regression.",
    question="Which tables does the factorization loss train, and which should it never touch?",
)
def interaction_reads_regression_tables(net):
    return net.U_reg, net.Q_reg


@wrong(
    "factorization_tables",
    CENTRAL,
    diagnosis="Without sharing, the interaction reads the users of the regression.",
    question="Which pair of tables belongs to each task?",
)
def interaction_reads_regression_users(net):
    return net.U_reg, net.Q_fact


@wrong(
    "factorization_tables",
    CENTRAL,
    diagnosis="Without sharing, the interaction reads the movies of the regression.",
    question="Which pair of tables belongs to each task?",
)
def interaction_reads_regression_movies(net):
    return net.U_fact, net.Q_reg


@part
def u_reg(regression_tables, users):
    return regression_tables[0](users)


@wrong(
    "u_reg",
    PARTIAL,
    diagnosis="The users' embeddings are looked up with the ids of the movies.",
    question="Which ids number the rows of the user table?",
    general="ids-of-another-table",
)
def users_by_item_ids(regression_tables, item_ids):
    return regression_tables[0](item_ids)


@wrong(
    "u_reg",
    CENTRAL,
    diagnosis="The users' embeddings are cut out of the graph, and never trained.",
    question="What does detach (or .data) do to the gradients of the user table?",
)
def users_detached(regression_tables, users):
    return regression_tables[0](users).detach()


@part
def q_reg(regression_tables, movies):
    return regression_tables[1](movies)


@wrong(
    "q_reg",
    PARTIAL,
    diagnosis="The movies' embeddings are looked up with the ids of the users.",
    question="Which ids number the rows of the movie table?",
    general="ids-of-another-table",
)
def movies_by_user_ids(regression_tables, user_ids):
    return regression_tables[1](user_ids)


@wrong(
    "q_reg",
    CENTRAL,
    diagnosis="The movies' embeddings are cut out of the graph, and never trained.",
    question="What does detach (or .data) do to the gradients of the movie table?",
)
def movies_detached(regression_tables, movies):
    return regression_tables[1](movies).detach()


@part
def u_fact(factorization_tables, users):
    return factorization_tables[0](users)


@also("users-by-item-ids", "u_fact")
def factorization_users_by_item_ids(factorization_tables, item_ids):
    return factorization_tables[0](item_ids)


@also("users-detached", "u_fact")
def factorization_users_detached(factorization_tables, users):
    return factorization_tables[0](users).detach()


@part
def q_fact(factorization_tables, movies):
    return factorization_tables[1](movies)


@also("movies-by-user-ids", "q_fact")
def factorization_movies_by_user_ids(factorization_tables, user_ids):
    return factorization_tables[1](user_ids)


@also("movies-detached", "q_fact")
def factorization_movies_detached(factorization_tables, movies):
    return factorization_tables[1](movies).detach()


@part
def a(net, users):
    return net.A(users)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias a is missing from the interaction.",
    question="Which four parts does p_ij have?",
)
def user_bias_missing(users):
    return torch.zeros(len(users), 1)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The movie's bias stands where the user's belongs.",
    question="Which table gives the user's bias?",
)
def movie_bias_twice(net, movies):
    return net.B(movies)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias is looked up with the ids of the movies.",
    question="Which ids number the rows of A?",
    general="ids-of-another-table",
)
def user_bias_by_item_ids(net, item_ids):
    return net.A(item_ids)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias is subtracted.",
    question="Should a user with a larger bias score movies higher or lower?",
)
def user_bias_subtracted(net, users):
    return -net.A(users)


@wrong(
    "a",
    PARTIAL,
    diagnosis="The user's bias is cut out of the graph, and never trained.",
    question="What does detach (or .data) do to the gradients of A?",
)
def user_bias_detached(net, users):
    return net.A(users).detach()


@part
def b(net, movies):
    return net.B(movies)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movie's bias b is missing from the interaction.",
    question="Which four parts does p_ij have?",
)
def movie_bias_missing(movies):
    return torch.zeros(len(movies), 1)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The user's bias stands where the movie's belongs.",
    question="Which table gives the movie's bias?",
)
def user_bias_twice(net, users):
    return net.A(users)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movie's bias is looked up with the ids of the users.",
    question="Which ids number the rows of B?",
    general="ids-of-another-table",
)
def movie_bias_by_user_ids(net, user_ids):
    return net.B(user_ids)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movie's bias is subtracted.",
    question="Should a movie with a larger bias score higher or lower?",
)
def movie_bias_subtracted(net, movies):
    return -net.B(movies)


@wrong(
    "b",
    PARTIAL,
    diagnosis="The movie's bias is cut out of the graph, and never trained.",
    question="What does detach (or .data) do to the gradients of B?",
)
def movie_bias_detached(net, movies):
    return net.B(movies).detach()


# The rating


@part
def product(u_reg, q_reg):
    return u_reg * q_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="The sum u + q stands where the MLP's input has the product u * q.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def sum_for_product(u_reg, q_reg):
    return u_reg + q_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="The difference u - q stands where the MLP's input has the product u * q.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def difference_for_product(u_reg, q_reg):
    return u_reg - q_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="The difference q - u stands where the MLP's input has the product u * q.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def opposite_difference_for_product(u_reg, q_reg):
    return q_reg - u_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="The distance |u - q| stands where the MLP's input has the product u * q.",
    question="Which operation joins u and q, number by number, in the MLP's third input?",
)
def distance_for_product(u_reg, q_reg):
    return (u_reg - q_reg).abs()


@wrong(
    "product",
    PARTIAL,
    diagnosis="The squares (u - q)^2 stand where the MLP's input has the product u * q.",
    question="Which operation joins u and q, number by number, in the MLP's third input?",
)
def squared_difference_for_product(u_reg, q_reg):
    return (u_reg - q_reg) ** 2


@wrong(
    "product",
    PARTIAL,
    diagnosis="The mean of u and q stands where the MLP's input has the product u * q.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def mean_for_product(u_reg, q_reg):
    return (u_reg + q_reg) / 2


@wrong(
    "product",
    PARTIAL,
    diagnosis="The dot product, one number, stands where the MLP's input has u * q.",
    question="How wide is u * q before it is summed?",
)
def dot_for_product(u_reg, q_reg):
    return (u_reg * q_reg).sum(dim=1, keepdim=True)


@wrong(
    "product",
    PARTIAL,
    diagnosis="The dot product fills all columns where the MLP's input has u * q.",
    question="How many different numbers does u * q have for one pair?",
)
def dot_in_every_column(u_reg, q_reg):
    return (u_reg * q_reg).sum(dim=1, keepdim=True).expand_as(u_reg)


@wrong(
    "product",
    PARTIAL,
    diagnosis="The product is q * q where the MLP's input has u * q.",
    question="Which two embeddings does the product take?",
)
def movie_squared(q_reg):
    return q_reg * q_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="The product is u * u where the MLP's input has u * q.",
    question="Which two embeddings does the product take?",
)
def user_squared(u_reg):
    return u_reg * u_reg


@wrong(
    "product",
    PARTIAL,
    diagnosis="A sigmoid squeezes the product in the MLP's input.",
    question="Which activations does the handout have before the first dense layer?",
)
def sigmoid_on_the_product(u_reg, q_reg):
    return torch.sigmoid(u_reg * q_reg)


@wrong(
    "product",
    CENTRAL,
    diagnosis="In the MLP's input, the product comes from the factorization's tables.",
    question="From which tables do u and q in u * q come?",
)
def product_from_the_other_tables(u_fact, q_fact):
    return u_fact * q_fact


@wrong(
    "product",
    PARTIAL,
    diagnosis="The product is cut out of the graph: no gradient flows through it.",
    question="What does detach (or .data) do to the gradients of u and q?",
)
def product_detached(u_reg, q_reg):
    return (u_reg * q_reg).detach()


@part
def features(u_reg, q_reg, product):
    return torch.cat([u_reg, q_reg, product], dim=1)


@wrong(
    "features",
    CENTRAL,
    diagnosis="The product u * q is missing from the MLP's input.",
    question="Which three parts does the MLP's input have?",
)
def product_missing(u_reg, q_reg):
    return torch.cat([u_reg, q_reg], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP reads the user's embedding twice, and the movie's in the product only.",
    question="Which three parts does the MLP's input have?",
)
def user_twice(u_reg, product):
    return torch.cat([u_reg, u_reg, product], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP reads the movie's embedding twice, and the user's in the product only.",
    question="Which three parts does the MLP's input have?",
)
def movie_twice(q_reg, product):
    return torch.cat([q_reg, q_reg, product], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is in the order [q, u, u * q]: the movie comes first.",
    question="In which order does the handout list the MLP's inputs?",
)
def movie_first(u_reg, q_reg, product):
    return torch.cat([q_reg, u_reg, product], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is in the order [u * q, u, q]: the product comes first.",
    question="In which order does the handout list the MLP's inputs?",
)
def product_first(u_reg, q_reg, product):
    return torch.cat([product, u_reg, q_reg], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is in the order [u, u * q, q]: the product is in the middle.",
    question="In which order does the handout list the MLP's inputs?",
)
def product_in_the_middle(u_reg, q_reg, product):
    return torch.cat([u_reg, product, q_reg], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is in the order [q, u * q, u].",
    question="In which order does the handout list the MLP's inputs?",
)
def user_last(u_reg, q_reg, product):
    return torch.cat([q_reg, product, u_reg], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is in the order [u * q, q, u].",
    question="In which order does the handout list the MLP's inputs?",
)
def features_backwards(u_reg, q_reg, product):
    return torch.cat([product, q_reg, u_reg], dim=1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The three parts of the MLP's input alternate, column by column.",
    question="Does stacking and then flattening keep u's columns next to each other?",
)
def interleaved(u_reg, q_reg, product):
    return torch.stack([u_reg, q_reg, product], dim=2).flatten(1)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The parts of the MLP's input are joined along the batch, not side by side.",
    question="Which dimension is the batch, and which should grow to 3 * embedding_dim?",
)
def joined_along_the_batch(u_reg, q_reg, product):
    return torch.cat([u_reg, q_reg, product], dim=0)


@wrong(
    "features",
    PARTIAL,
    diagnosis="The MLP's input is only as wide as one embedding: its three parts are not joined.",
    question="How wide should the MLP's input be?",
)
def parts_added_up(u_reg, q_reg, product):
    return u_reg + q_reg + product


@wrong(
    "features",
    PARTIAL,
    diagnosis="The embeddings are normalised to length one before the MLP.",
    question="Does the length of u or q carry information?",
)
def normalised_features(u_reg, q_reg):
    u, q = F.normalize(u_reg, dim=1), F.normalize(q_reg, dim=1)
    return torch.cat([u, q, u * q], dim=1)


@wrong(
    "features",
    CORNER,
    diagnosis="The MLP's input is cut to 96 columns, those of embeddings with 32 each.",
    question="How wide are u and q when embedding_dim is larger than 32?",
)
def first_columns_only(u_reg, q_reg, product):
    return torch.cat([u_reg[:, :32], q_reg[:, :32], product[:, :32]], dim=1)


@part
def inputs(features):
    return features


@wrong(
    "inputs",
    PARTIAL,
    diagnosis="Dropout makes the MLP's input random at each call, also when evaluating.",
    question="Should the same pair get the same rating twice?",
)
def dropout_on_features(features):
    return F.dropout(features)


@wrong(
    "inputs",
    PARTIAL,
    diagnosis="A ReLU cuts the negative numbers of the MLP's input to zero.",
    question="Between which layers does the handout have a ReLU?",
)
def relu_on_the_features(features):
    return features.relu()


@wrong(
    "inputs",
    CENTRAL,
    diagnosis="The embeddings are cut out of the rating's graph: it trains none of them.",
    question="Which parameters should the regression loss train?",
)
def rating_does_not_train_tables(features):
    return features.detach()


@wrong(
    "inputs",
    PARTIAL,
    diagnosis="The batch is reshaped to rows of 96 numbers whatever embedding_dim is.",
    question="How wide is the MLP's input when embedding_dim is not 32?",
)
def hard_coded_width(features):
    return features.reshape(-1, 96)


@part
def mlp(net, inputs):
    return net.mlp_layers(inputs)


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="forward applies the dense layers without a ReLU between them.",
    question="What can several linear layers in a row compute that one cannot?",
)
def forward_skips_relu(net, inputs):
    for layer in net.mlp_layers:
        inputs = layer(inputs) if isinstance(layer, nn.Linear) else inputs
    return inputs


@wrong(
    "mlp",
    CORNER,
    diagnosis="forward applies a ReLU before the last dense layer only.",
    question="With three or four layer_sizes, which layers does a ReLU follow?",
)
def forward_relu_before_the_last_layer_only(net, inputs):
    *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    for layer in first:
        inputs = layer(inputs)
    return last(inputs.relu() if first else inputs)


@wrong(
    "mlp",
    CORNER,
    diagnosis="forward applies a ReLU after the first dense layer only.",
    question="With three or four layer_sizes, which layers does a ReLU follow?",
)
def forward_relu_after_the_first_layer_only(net, inputs):
    first, *others = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    inputs = first(inputs).relu() if others else first(inputs)
    for layer in others:
        inputs = layer(inputs)
    return inputs


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="forward applies a sigmoid between the dense layers, not a ReLU.",
    question="Which activation does the handout have between the dense layers?",
)
def sigmoid_between_layers(net, inputs):
    *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    for layer in first:
        inputs = layer(inputs).sigmoid()
    return last(inputs)


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="forward applies a tanh between the dense layers, not a ReLU.",
    question="Which activation does the handout have between the dense layers?",
)
def tanh_between_layers(net, inputs):
    *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    for layer in first:
        inputs = layer(inputs).tanh()
    return last(inputs)


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="forward applies a leaky ReLU between the dense layers.",
    question="What does a ReLU return for a negative number?",
)
def leaky_relu_between_layers(net, inputs):
    *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    for layer in first:
        inputs = F.leaky_relu(layer(inputs))
    return last(inputs)


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="forward applies only the first and the last of the dense layers.",
    question="With three or four layer_sizes, which layers does an input pass?",
)
def first_and_last_layer_only(net, inputs):
    return net.mlp_layers[-1](net.mlp_layers[0](inputs).relu())


@wrong(
    "mlp",
    PARTIAL,
    diagnosis="The dense layers are made anew inside forward, so nothing that they learn is kept.",
    question="Which layers does the optimizer know, and which ones does forward use?",
)
def layers_made_in_forward(net, inputs):
    widths = [layer.in_features for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
    return net.init_mlp_layers(widths)(inputs)


@part
def stars(mlp):
    return mlp


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A ReLU follows the MLP.",
    question="What gradient does a rating get when the last layer's output is negative?",
)
def relu_on_the_rating(mlp):
    return mlp.relu()


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A sigmoid squeezes the ratings between 0 and 1.",
    question="Which values do observed ratings take?",
)
def sigmoid_on_the_rating(mlp):
    return torch.sigmoid(mlp)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A tanh squeezes the ratings between -1 and 1.",
    question="Which values do observed ratings take?",
)
def tanh_on_the_rating(mlp):
    return torch.tanh(mlp)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A softmax over the batch makes each rating depend on the others.",
    question="May a pair's rating depend on who else is in the batch?",
)
def softmax_on_the_rating(mlp):
    return torch.softmax(mlp, dim=0)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="The ratings are clamped to 1 to 5, which stops their gradients outside.",
    question="What gradient does a clamped prediction get?",
)
def clamped_rating(mlp):
    return mlp.clamp(1, 5)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A scaled sigmoid squeezes the ratings between 1 and 5.",
    question="Is there an activation on the MLP's output in the handout?",
)
def rating_squeezed_into_the_scale(mlp):
    return 1 + 4 * torch.sigmoid(mlp)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A scaled sigmoid squeezes the ratings between 0 and 5.",
    question="Is there an activation on the MLP's output in the handout?",
)
def five_sigmoids(mlp):
    return 5 * torch.sigmoid(mlp)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A scaled tanh squeezes the ratings between 1 and 5.",
    question="Is there an activation on the MLP's output in the handout?",
)
def tanh_into_the_scale(mlp):
    return 3 + 2 * torch.tanh(mlp)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="The ratings are rounded to whole stars, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def rounded_rating(mlp):
    return mlp.round()


@wrong(
    "stars",
    CORNER,
    diagnosis="The ratings are clamped to 1 to 5 when the net is not in training mode.",
    question="Should the same pair have one rating in training and another in evaluation?",
)
def clamped_when_evaluating(net, mlp):
    return mlp if net.training else mlp.clamp(1, 5)


@wrong(
    "stars",
    PARTIAL,
    diagnosis="A constant of three stars is added to the ratings.",
    question="Which part of the MLP can learn the mean rating?",
)
def three_stars_added(mlp):
    return mlp + 3


@part
def offset(stars):
    return stars


@wrong(
    "offset",
    PARTIAL,
    diagnosis="The biases a and b are added to the rating.",
    question="Which of the two predictions has biases a and b?",
)
def biases_on_the_rating(stars, a, b):
    return stars + a + b


@wrong(
    "offset",
    PARTIAL,
    diagnosis="The dot product of u and q is added to the rating.",
    question="What does r_ij depend on besides the MLP?",
)
def dot_product_on_the_rating(stars, u_reg, q_reg):
    return stars + (u_reg * q_reg).sum(dim=1, keepdim=True)


def rating_biases(net):
    net.A_reg, net.B_reg = nn.Embedding(*net.A.weight.shape), nn.Embedding(*net.B.weight.shape)


@wrong(
    "offset",
    PARTIAL,
    diagnosis="The rating has biases of its own, which the handout's r_ij does not have.",
    question="Which parameters does r_ij depend on?",
    setup=rating_biases,
)
def rating_biases_of_its_own(net, stars, user_ids, item_ids):
    return stars + net.A_reg(user_ids) + net.B_reg(item_ids)


@part
def rating(offset):
    return offset.squeeze(1)


@wrong(
    "rating",
    PARTIAL,
    diagnosis="The ratings keep the MLP's last dimension: shape (batch, 1).",
    question="Which shape should score have, and which has the output of the MLP?",
)
def rating_not_squeezed(offset):
    return offset


@wrong(
    "rating",
    CORNER,
    diagnosis="squeeze() without a dimension also removes the ratings' batch of one pair.",
    question="What shape is left when a tensor of shape (1, 1) is squeezed?",
)
def rating_squeezed_away(offset):
    return offset.squeeze()


@wrong(
    "rating",
    PARTIAL,
    diagnosis="The ratings are a row of shape (1, batch).",
    question="Which shape should score have, and which has the output of the MLP?",
)
def rating_transposed(offset):
    return offset.T


@wrong(
    "rating",
    PARTIAL,
    diagnosis="The rating is averaged over the batch.",
    question="How many ratings should a batch of pairs have?",
)
def rating_averaged_over_the_batch(offset):
    return offset.mean().expand(len(offset))


@wrong(
    "rating",
    PARTIAL,
    diagnosis="The ratings of the batch are averaged into a single number.",
    question="How many ratings should a batch of pairs have?",
)
def one_rating_for_the_batch(offset):
    return offset.mean()


# The interaction


@part
def dot(u_fact, q_fact):
    return (u_fact * q_fact).sum(dim=1)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The product u * q is averaged, not summed.",
    question="What is the difference between a dot product and a mean?",
)
def mean_for_dot_product(u_fact, q_fact):
    return (u_fact * q_fact).mean(dim=1)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The sum of u and q stands for their dot product.",
    question="What is the formula of a dot product?",
)
def sum_for_dot_product(u_fact, q_fact):
    return (u_fact + q_fact).sum(dim=1)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The product is summed over the batch as well: all pairs get the same dot product.",
    question="Over which dimension does a dot product sum?",
)
def summed_over_everything(u_fact, q_fact):
    return (u_fact * q_fact).sum()


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The product is summed over the batch and not over the columns.",
    question="Over which dimension does a dot product sum?",
)
def summed_over_the_batch(u_fact, q_fact):
    return (u_fact * q_fact).sum(dim=0)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="A matrix product scores every user of the batch with every movie of the batch.",
    question="Which entries of u @ q.T belong to the pairs that were asked for?",
)
def matrix_product(u_fact, q_fact):
    return u_fact @ q_fact.T


@wrong(
    "dot",
    PARTIAL,
    diagnosis="A matrix product is summed over the movies: a user is scored with all of the batch.",
    question="Which entries of u @ q.T belong to the pairs that were asked for?",
)
def matrix_product_summed(u_fact, q_fact):
    return (u_fact @ q_fact.T).sum(dim=1)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="A matrix product is summed over the users: a movie is scored by all of the batch.",
    question="Which entries of u @ q.T belong to the pairs that were asked for?",
)
def matrix_product_summed_over_users(u_fact, q_fact):
    return (u_fact @ q_fact.T).sum(dim=0)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The cosine of the angle between u and q stands for their dot product.",
    question="Does the length of an embedding matter in a dot product?",
)
def cosine_for_dot_product(u_fact, q_fact):
    return F.cosine_similarity(u_fact, q_fact, dim=1)


@wrong(
    "dot",
    PARTIAL,
    diagnosis="The negative squared distance of u and q stands for their dot product.",
    question="What is the formula of a dot product?",
)
def negative_distance(u_fact, q_fact):
    return -((u_fact - q_fact) ** 2).sum(dim=1)


@part
def scaled(dot):
    return dot


@wrong(
    "scaled",
    PARTIAL,
    diagnosis="A sigmoid squeezes the dot product before the biases are added.",
    question="Which activation does p_ij have?",
)
def sigmoid_before_the_biases(dot):
    return torch.sigmoid(dot)


@wrong(
    "scaled",
    PARTIAL,
    diagnosis="The dot product is divided by the square root of its width.",
    question="Is there a scale in p_ij?",
)
def scaled_dot_product(dot, u_fact):
    return dot / u_fact.shape[1] ** 0.5


@wrong(
    "scaled",
    CENTRAL,
    diagnosis="The embeddings are cut out of the interaction's graph: it trains none of them.",
    question="Which parameters should the factorization loss train?",
)
def interaction_does_not_train_tables(dot):
    return dot.detach()


def learned_factor(net):
    net.scale = nn.Parameter(torch.ones(1))


@wrong(
    "scaled",
    PARTIAL,
    diagnosis="The dot product is multiplied by a scale, which is learned too.",
    question="Which parameters does p_ij depend on?",
    setup=learned_factor,
)
def learned_scale(net, dot):
    return net.scale * dot


@part
def biased(scaled, a, b):
    return scaled + a.squeeze(1) + b.squeeze(1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="Both biases are missing from the interaction, or their line is not part of the sum.",
    question="Does the line with a and b continue the one before it?",
)
def biases_missing(scaled):
    return scaled


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The biases are subtracted from the interaction.",
    question="Should a movie with a larger bias score higher or lower?",
)
def biases_subtracted(scaled, a, b):
    return scaled - a.squeeze(1) - b.squeeze(1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The dot product is multiplied by the biases.",
    question="What is p_ij at the start, when all biases are zero, and what is its gradient?",
)
def biases_multiplied(scaled, a, b):
    return scaled * a.squeeze(1) * b.squeeze(1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The biases are averaged over the batch.",
    question="Whose bias belongs to row k of the batch?",
)
def biases_averaged_over_the_batch(scaled, a, b):
    return scaled + a.mean() + b.mean()


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The biases are summed over the batch.",
    question="Whose bias belongs to row k of the batch?",
)
def biases_summed_over_the_batch(scaled, a, b):
    return scaled + a.sum() + b.sum()


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The biases stand inside of the sum over the columns.",
    question="How often should a and b be added to one dot product?",
)
def biases_inside_the_sum(u_fact, q_fact, a, b):
    return (u_fact * q_fact + a + b).sum(dim=1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="Both biases are cut out of the graph and never trained.",
    question="What does detach (or .data) do to the gradients of A and B?",
)
def biases_detached(scaled, a, b):
    return scaled + a.detach().squeeze(1) + b.detach().squeeze(1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="Biases of shape (N, 1) are added to products of shape (N,), which makes (N, N).",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def column_plus_row(scaled, a, b):
    return scaled + a + b


@wrong(
    "biased",
    PARTIAL,
    diagnosis="One bias is a column and the other one a row, which makes (N, N).",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def user_bias_as_column(scaled, a, b):
    return scaled + a + b.squeeze(1)


@wrong(
    "biased",
    PARTIAL,
    diagnosis="One bias is a row and the other one a column, which makes (N, N).",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def movie_bias_as_column(scaled, a, b):
    return scaled + a.squeeze(1) + b


@wrong(
    "biased",
    PARTIAL,
    diagnosis="The product u * q is not summed: one number for each column is left.",
    question="How many numbers is a dot product?",
)
def product_not_summed(u_fact, q_fact, a, b):
    return u_fact * q_fact + a + b


@part
def bounded(biased):
    return biased


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A sigmoid squeezes the interaction between 0 and 1.",
    question="Is p_ij a probability or a number without bounds, and where is the sigmoid applied?",
)
def sigmoid_on_the_interaction(biased):
    return torch.sigmoid(biased)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A tanh squeezes the interaction between -1 and 1.",
    question="Is p_ij bounded?",
)
def tanh_on_the_interaction(biased):
    return torch.tanh(biased)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A ReLU cuts negative interactions to zero.",
    question="May an interaction be negative, and what gradient would it get?",
)
def relu_on_the_interaction(biased):
    return torch.relu(biased)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A log-sigmoid is applied to the interaction.",
    question="In which function does the sigmoid of p_ij belong?",
)
def log_sigmoid_on_the_interaction(biased):
    return F.logsigmoid(biased)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A scaled sigmoid squeezes the interaction between 1 and 5.",
    question="Which of the two predictions is a number of stars?",
)
def interaction_in_stars(biased):
    return 1 + 4 * torch.sigmoid(biased)


@wrong(
    "bounded",
    CORNER,
    diagnosis="A sigmoid squeezes the interaction when the net is not in training mode.",
    question="Should the same pair have one interaction in training and another in evaluation?",
)
def sigmoid_when_evaluating(net, biased):
    return biased if net.training else torch.sigmoid(biased)


@wrong(
    "bounded",
    PARTIAL,
    diagnosis="A softmax over the batch makes each pair's interaction depend on the others.",
    question="May a pair's interaction depend on who else is in the batch?",
)
def softmax_over_the_batch(biased):
    return torch.softmax(biased, dim=0)


@part
def complete(bounded):
    return bounded


@wrong(
    "complete",
    PARTIAL,
    diagnosis="The rating is added to the interaction.",
    question="Which parts does p_ij have?",
)
def rating_added_to_the_interaction(bounded, rating):
    return bounded + rating


def global_bias(net):
    net.mu = nn.Parameter(torch.zeros(1))


@wrong(
    "complete",
    PARTIAL,
    diagnosis="A global bias, which is learned too, is added to the interaction.",
    question="Which four parts does p_ij have?",
    setup=global_bias,
)
def global_bias_added(net, bounded):
    return bounded + net.mu


@part
def interaction(complete):
    return complete


@wrong(
    "interaction",
    PARTIAL,
    diagnosis="The interaction keeps a last dimension: shape (batch, 1).",
    question="Which shape should predictions have, and which has an embedding of one column?",
)
def interaction_not_squeezed(complete):
    return complete[:, None]


@wrong(
    "interaction",
    CORNER,
    diagnosis="squeeze() without a dimension removes the interaction's batch of one pair.",
    question="What shape is left when a tensor of shape (1, 1) is squeezed?",
)
def interaction_squeezed_away(complete):
    return complete.squeeze()


@wrong(
    "interaction",
    PARTIAL,
    diagnosis="The interactions of the batch are summed into a single number.",
    question="How many interactions should a batch of pairs have?",
)
def one_interaction_for_the_batch(complete):
    return complete.sum()


@wrong(
    "interaction",
    PARTIAL,
    diagnosis="The interactions of the batch are averaged into a single number.",
    question="How many interactions should a batch of pairs have?",
)
def mean_interaction_for_the_batch(complete):
    return complete.mean()


# What is returned


@part
def first(interaction):
    return interaction


@wrong(
    "first",
    CENTRAL,
    diagnosis="The rating is returned first, where the interaction belongs.",
    question="Which of the two does forward return first?",
)
def rating_first(rating):
    return rating


@wrong(
    "first",
    CENTRAL,
    diagnosis="The interactions have no graph, so that the factorization loss trains nothing.",
    question="Which operations (detach, .data, .item, no_grad) end the flow of gradients?",
)
def interaction_without_graph(interaction):
    return interaction.detach()


@part
def second(rating):
    return rating


@wrong(
    "second",
    CENTRAL,
    diagnosis="The interaction is returned second, where the rating belongs.",
    question="Which of the two does forward return second?",
)
def interaction_second(interaction):
    return interaction


@wrong(
    "second",
    CENTRAL,
    diagnosis="The ratings have no graph, so that the regression loss trains nothing.",
    question="Which operations (detach, .data, .item, no_grad) end the flow of gradients?",
)
def rating_without_graph(rating):
    return rating.detach()


@PIPELINE.whole(
    "forward",
    CORNER,
    diagnosis="forward returns the two results in the other order than the method that it calls.",
    question="Which of the two does forward return first?",
)
def forward_in_the_other_order(self, user_ids, item_ids):
    if self.embedding_sharing:
        predictions, score = self.forward_with_embedding_sharing(user_ids, item_ids)
    else:
        predictions, score = self.forward_without_embedding_sharing(user_ids, item_ids)
    return score, predictions


@PIPELINE.whole(
    "both",
    PARTIAL,
    diagnosis="The ids are changed in place, so the caller of forward finds other ids afterwards.",
    question="Whose tensors are user_ids and item_ids after the call?",
)
def ids_changed_in_place(self, interaction, rating, user_ids, item_ids):
    returned = interaction(self, user_ids, item_ids), rating(self, user_ids, item_ids)
    user_ids += 1
    item_ids += 1
    return returned


@PIPELINE.whole(
    "both",
    CENTRAL,
    diagnosis="forward runs under no_grad, so that neither loss can train anything.",
    question="When is no_grad the right context: in training, or only in evaluation?",
)
def forward_under_no_grad(self, interaction, rating, user_ids, item_ids):
    with torch.no_grad():
        return interaction(self, user_ids, item_ids), rating(self, user_ids, item_ids)
