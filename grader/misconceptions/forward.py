"""Question 1c: the forward passes.

Both branches have the same parts: with sharing, both tasks take their tables from one pair.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from grader import adapter
from grader.engine.calls import Submission
from grader.engine.composition import Composition
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong

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
    shared, *separate = PIPELINE.mistakes["embeddings-kept"].choices
    keeping = [shared] if net["sizes"]["embedding_sharing"] else separate
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
    def user_ids_shifted(user_ids):
        """One is subtracted from the users' ids before the tables are read.
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

    @wrong(general="ids-of-another-table")
    def item_ids_shifted(item_ids):
        """One is subtracted from the movies' ids before the tables are read.
        Do the tables have a row for id 0?"""
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

    def embeddings_kept(net):
        """The embeddings are kept from an earlier call, and stay as they were then.
        What happens to the embeddings between two calls in training?"""
        return kept(net, "kept_tables", (net.U, net.Q))


def kept(net, name, tables):
    if not hasattr(net, name):
        weights = [table.weight.detach().clone() for table in tables]
        setattr(net, name, tuple(nn.Embedding.from_pretrained(weight) for weight in weights))
    return getattr(net, name)


@part
class regression_tables:
    """Which pair of tables belongs to each task?"""

    def right(net):
        return net.U_reg, net.Q_reg

    def users_and_movies_exchanged(net):
        return net.Q_reg, net.U_reg

    def embeddings_kept(net):
        return kept(net, "kept_regression_tables", (net.U_reg, net.Q_reg))

    @wrong(CENTRAL)
    def rating_reads_factorization_tables(net):
        """Without sharing, the rating reads the tables of the factorization.
        Which tables does the regression loss train, and which should it never touch?"""
        return net.U_fact, net.Q_fact

    @wrong(CENTRAL)
    def rating_reads_factorization_users(net):
        """Without sharing, the rating reads the users of the factorization."""
        return net.U_fact, net.Q_reg

    @wrong(CENTRAL)
    def rating_reads_factorization_movies(net):
        """Without sharing, the rating reads the movies of the factorization."""
        return net.U_reg, net.Q_fact


@part
class factorization_tables:
    """Which pair of tables belongs to each task?"""

    def right(net):
        return net.U_fact, net.Q_fact

    def users_and_movies_exchanged(net):
        return net.Q_fact, net.U_fact

    def embeddings_kept(net):
        return kept(net, "kept_factorization_tables", (net.U_fact, net.Q_fact))

    @wrong(CENTRAL)
    def interaction_reads_regression_tables(net):
        """Without sharing, the interaction reads the tables of the regression.
        Which tables does the factorization loss train, and which should it never touch?"""
        return net.U_reg, net.Q_reg

    @wrong(CENTRAL)
    def interaction_reads_regression_users(net):
        """Without sharing, the interaction reads the users of the regression."""
        return net.U_reg, net.Q_fact

    @wrong(CENTRAL)
    def interaction_reads_regression_movies(net):
        """Without sharing, the interaction reads the movies of the regression."""
        return net.U_fact, net.Q_reg


@part
class u_reg:
    def right(regression_tables, users):
        return regression_tables[0](users)

    @wrong(general="ids-of-another-table")
    def users_by_item_ids(regression_tables, item_ids):
        """The users' embeddings are looked up with the ids of the movies.
        Which ids number the rows of the user table?"""
        return regression_tables[0](item_ids)

    @wrong(CENTRAL)
    def users_detached(regression_tables, users):
        """The users' embeddings are cut out of the graph, and never trained.
        What does detach (or .data) do to the gradients of the user table?"""
        return regression_tables[0](users).detach()


@part
class q_reg:
    def right(regression_tables, movies):
        return regression_tables[1](movies)

    @wrong(general="ids-of-another-table")
    def movies_by_user_ids(regression_tables, user_ids):
        """The movies' embeddings are looked up with the ids of the users.
        Which ids number the rows of the movie table?"""
        return regression_tables[1](user_ids)

    @wrong(CENTRAL)
    def movies_detached(regression_tables, movies):
        """The movies' embeddings are cut out of the graph, and never trained.
        What does detach (or .data) do to the gradients of the movie table?"""
        return regression_tables[1](movies).detach()


@part
class u_fact:
    def right(factorization_tables, users):
        return factorization_tables[0](users)

    def users_by_item_ids(factorization_tables, item_ids):
        return factorization_tables[0](item_ids)

    def users_detached(factorization_tables, users):
        return factorization_tables[0](users).detach()


@part
class q_fact:
    def right(factorization_tables, movies):
        return factorization_tables[1](movies)

    def movies_by_user_ids(factorization_tables, user_ids):
        return factorization_tables[1](user_ids)

    def movies_detached(factorization_tables, movies):
        return factorization_tables[1](movies).detach()


@part
class a:
    def right(net, users):
        return net.A(users)

    def user_bias_missing(users):
        """The user's bias a is missing from the interaction.
        Which four parts does p_ij have?"""
        return torch.zeros(len(users), 1)

    def movie_bias_twice(net, movies):
        """The movie's bias stands where the user's belongs.
        Which table gives the user's bias?"""
        return net.B(movies)

    @wrong(general="ids-of-another-table")
    def user_bias_by_item_ids(net, item_ids):
        """The user's bias is looked up with the ids of the movies.
        Which ids number the rows of A?"""
        return net.A(item_ids)

    def user_bias_subtracted(net, users):
        """The user's bias is subtracted.
        Should a user with a larger bias score movies higher or lower?"""
        return -net.A(users)

    def user_bias_detached(net, users):
        """The user's bias is cut out of the graph, and never trained.
        What does detach (or .data) do to the gradients of A?"""
        return net.A(users).detach()


@part
class b:
    def right(net, movies):
        return net.B(movies)

    def movie_bias_missing(movies):
        """The movie's bias b is missing from the interaction.
        Which four parts does p_ij have?"""
        return torch.zeros(len(movies), 1)

    def user_bias_twice(net, users):
        """The user's bias stands where the movie's belongs.
        Which table gives the movie's bias?"""
        return net.A(users)

    @wrong(general="ids-of-another-table")
    def movie_bias_by_user_ids(net, user_ids):
        """The movie's bias is looked up with the ids of the users.
        Which ids number the rows of B?"""
        return net.B(user_ids)

    def movie_bias_subtracted(net, movies):
        """The movie's bias is subtracted.
        Should a movie with a larger bias score higher or lower?"""
        return -net.B(movies)

    def movie_bias_detached(net, movies):
        """The movie's bias is cut out of the graph, and never trained.
        What does detach (or .data) do to the gradients of B?"""
        return net.B(movies).detach()


# The rating


@part
class product:
    """What can a dense layer compute from u and q itself, and what can it not?"""

    def right(u_reg, q_reg):
        return u_reg * q_reg

    def sum_for_product(u_reg, q_reg):
        """The sum u + q stands where the MLP's input has the product u * q."""
        return u_reg + q_reg

    def difference_for_product(u_reg, q_reg):
        """The difference u - q stands where the MLP's input has the product u * q."""
        return u_reg - q_reg

    def opposite_difference_for_product(u_reg, q_reg):
        """The difference q - u stands where the MLP's input has the product u * q."""
        return q_reg - u_reg

    def distance_for_product(u_reg, q_reg):
        """The distance |u - q| stands where the MLP's input has the product u * q.
        Which operation joins u and q, number by number, in the MLP's third input?"""
        return (u_reg - q_reg).abs()

    def squared_difference_for_product(u_reg, q_reg):
        """The squares (u - q)^2 stand where the MLP's input has the product u * q.
        Which operation joins u and q, number by number, in the MLP's third input?"""
        return (u_reg - q_reg) ** 2

    def mean_for_product(u_reg, q_reg):
        """The mean of u and q stands where the MLP's input has the product u * q."""
        return (u_reg + q_reg) / 2

    def dot_for_product(u_reg, q_reg):
        """The dot product, one number, stands where the MLP's input has u * q.
        How wide is u * q before it is summed?"""
        return (u_reg * q_reg).sum(dim=1, keepdim=True)

    def dot_in_every_column(u_reg, q_reg):
        """The dot product fills all columns where the MLP's input has u * q.
        How many different numbers does u * q have for one pair?"""
        return (u_reg * q_reg).sum(dim=1, keepdim=True).expand_as(u_reg)

    def movie_squared(q_reg):
        """The product is q * q where the MLP's input has u * q.
        Which two embeddings does the product take?"""
        return q_reg * q_reg

    def user_squared(u_reg):
        """The product is u * u where the MLP's input has u * q.
        Which two embeddings does the product take?"""
        return u_reg * u_reg

    def sigmoid_on_the_product(u_reg, q_reg):
        """A sigmoid squeezes the product in the MLP's input.
        Which activations does the handout have before the first dense layer?"""
        return torch.sigmoid(u_reg * q_reg)

    @wrong(CENTRAL)
    def product_from_the_other_tables(u_fact, q_fact):
        """In the MLP's input, the product comes from the factorization's tables.
        From which tables do u and q in u * q come?"""
        return u_fact * q_fact

    def product_detached(u_reg, q_reg):
        """The product is cut out of the graph: no gradient flows through it.
        What does detach (or .data) do to the gradients of u and q?"""
        return (u_reg * q_reg).detach()


@part
class features:
    """In which order does the handout list the MLP's inputs?"""

    def right(u_reg, q_reg, product):
        return torch.cat([u_reg, q_reg, product], dim=1)

    @wrong(CENTRAL)
    def product_missing(u_reg, q_reg):
        """The product u * q is missing from the MLP's input.
        Which three parts does the MLP's input have?"""
        return torch.cat([u_reg, q_reg], dim=1)

    def user_twice(u_reg, product):
        """The MLP reads the user's embedding twice, and the movie's in the product only.
        Which three parts does the MLP's input have?"""
        return torch.cat([u_reg, u_reg, product], dim=1)

    def movie_twice(q_reg, product):
        """The MLP reads the movie's embedding twice, and the user's in the product only.
        Which three parts does the MLP's input have?"""
        return torch.cat([q_reg, q_reg, product], dim=1)

    def movie_first(u_reg, q_reg, product):
        """The MLP's input is in the order [q, u, u * q]: the movie comes first."""
        return torch.cat([q_reg, u_reg, product], dim=1)

    def product_first(u_reg, q_reg, product):
        """The MLP's input is in the order [u * q, u, q]: the product comes first."""
        return torch.cat([product, u_reg, q_reg], dim=1)

    def product_in_the_middle(u_reg, q_reg, product):
        """The MLP's input is in the order [u, u * q, q]: the product is in the middle."""
        return torch.cat([u_reg, product, q_reg], dim=1)

    def user_last(u_reg, q_reg, product):
        """The MLP's input is in the order [q, u * q, u]."""
        return torch.cat([q_reg, product, u_reg], dim=1)

    def features_backwards(u_reg, q_reg, product):
        """The MLP's input is in the order [u * q, q, u]."""
        return torch.cat([product, q_reg, u_reg], dim=1)

    def interleaved(u_reg, q_reg, product):
        """The three parts of the MLP's input alternate, column by column.
        Does stacking and then flattening keep u's columns next to each other?"""
        return torch.stack([u_reg, q_reg, product], dim=2).flatten(1)

    def joined_along_the_batch(u_reg, q_reg, product):
        """The parts of the MLP's input are joined along the batch, not side by side.
        Which dimension is the batch, and which should grow to 3 * embedding_dim?"""
        return torch.cat([u_reg, q_reg, product], dim=0)

    def parts_added_up(u_reg, q_reg, product):
        """The MLP's input is only as wide as one embedding: its three parts are not joined.
        How wide should the MLP's input be?"""
        return u_reg + q_reg + product

    def normalised_features(u_reg, q_reg):
        """The embeddings are normalised to length one before the MLP.
        Does the length of u or q carry information?"""
        u, q = F.normalize(u_reg, dim=1), F.normalize(q_reg, dim=1)
        return torch.cat([u, q, u * q], dim=1)

    @wrong(CORNER)
    def first_columns_only(u_reg, q_reg, product):
        """The MLP's input is cut to 96 columns, those of embeddings with 32 each.
        How wide are u and q when embedding_dim is larger than 32?"""
        return torch.cat([u_reg[:, :32], q_reg[:, :32], product[:, :32]], dim=1)


@part
class inputs:
    def right(features):
        return features

    def dropout_on_features(features):
        """Dropout makes the MLP's input random at each call, also when evaluating.
        Should the same pair get the same rating twice?"""
        return F.dropout(features)

    def relu_on_the_features(features):
        """A ReLU cuts the negative numbers of the MLP's input to zero.
        Between which layers does the handout have a ReLU?"""
        return features.relu()

    @wrong(CENTRAL)
    def rating_does_not_train_tables(features):
        """The embeddings are cut out of the rating's graph: it trains none of them.
        Which parameters should the regression loss train?"""
        return features.detach()

    def hard_coded_width(features):
        """The batch is reshaped to rows of 96 numbers whatever embedding_dim is.
        How wide is the MLP's input when embedding_dim is not 32?"""
        return features.reshape(-1, 96)


@part
class mlp:
    """With three or four layer_sizes, which layers does a ReLU follow?"""

    def right(net, inputs):
        return net.mlp_layers(inputs)

    def forward_skips_relu(net, inputs):
        """forward applies the dense layers without a ReLU between them.
        What can several linear layers in a row compute that one cannot?"""
        for layer in net.mlp_layers:
            inputs = layer(inputs) if isinstance(layer, nn.Linear) else inputs
        return inputs

    @wrong(CORNER)
    def forward_relu_before_the_last_layer_only(net, inputs):
        """forward applies a ReLU before the last dense layer only."""
        *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        for layer in first:
            inputs = layer(inputs)
        return last(inputs.relu() if first else inputs)

    @wrong(CORNER)
    def forward_relu_after_the_first_layer_only(net, inputs):
        """forward applies a ReLU after the first dense layer only."""
        first, *others = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        inputs = first(inputs).relu() if others else first(inputs)
        for layer in others:
            inputs = layer(inputs)
        return inputs

    def sigmoid_between_layers(net, inputs):
        """forward applies a sigmoid between the dense layers, not a ReLU.
        Which activation does the handout have between the dense layers?"""
        *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        for layer in first:
            inputs = layer(inputs).sigmoid()
        return last(inputs)

    def tanh_between_layers(net, inputs):
        """forward applies a tanh between the dense layers, not a ReLU.
        Which activation does the handout have between the dense layers?"""
        *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        for layer in first:
            inputs = layer(inputs).tanh()
        return last(inputs)

    def leaky_relu_between_layers(net, inputs):
        """forward applies a leaky ReLU between the dense layers.
        What does a ReLU return for a negative number?"""
        *first, last = [layer for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        for layer in first:
            inputs = F.leaky_relu(layer(inputs))
        return last(inputs)

    def first_and_last_layer_only(net, inputs):
        """forward applies only the first and the last of the dense layers.
        With three or four layer_sizes, which layers does an input pass?"""
        return net.mlp_layers[-1](net.mlp_layers[0](inputs).relu())

    def layers_made_in_forward(net, inputs):
        """The dense layers are made anew inside forward, so nothing that they learn is kept.
        Which layers does the optimizer know, and which ones does forward use?"""
        widths = [layer.in_features for layer in net.mlp_layers if isinstance(layer, nn.Linear)]
        return net.init_mlp_layers(widths)(inputs)


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
        """A sigmoid squeezes the ratings between 0 and 1.
        Which values do observed ratings take?"""
        return torch.sigmoid(mlp)

    def tanh_on_the_rating(mlp):
        """A tanh squeezes the ratings between -1 and 1.
        Which values do observed ratings take?"""
        return torch.tanh(mlp)

    def softmax_on_the_rating(mlp):
        """A softmax over the batch makes each rating depend on the others.
        May a pair's rating depend on who else is in the batch?"""
        return torch.softmax(mlp, dim=0)

    def clamped_rating(mlp):
        """The ratings are clamped to 1 to 5, which stops their gradients outside.
        What gradient does a clamped prediction get?"""
        return mlp.clamp(1, 5)

    def rating_squeezed_into_the_scale(mlp):
        """A scaled sigmoid squeezes the ratings between 1 and 5."""
        return 1 + 4 * torch.sigmoid(mlp)

    def five_sigmoids(mlp):
        """A scaled sigmoid squeezes the ratings between 0 and 5."""
        return 5 * torch.sigmoid(mlp)

    def tanh_into_the_scale(mlp):
        """A scaled tanh squeezes the ratings between 1 and 5."""
        return 3 + 2 * torch.tanh(mlp)

    def rounded_rating(mlp):
        """The ratings are rounded to whole stars, which has no useful gradient.
        What is the derivative of rounding?"""
        return mlp.round()

    @wrong(CORNER)
    def clamped_when_evaluating(net, mlp):
        """The ratings are clamped to 1 to 5 when the net is not in training mode.
        Should the same pair have one rating in training and another in evaluation?"""
        return mlp if net.training else mlp.clamp(1, 5)

    def three_stars_added(mlp):
        """A constant of three stars is added to the ratings.
        Which part of the MLP can learn the mean rating?"""
        return mlp + 3


def rating_biases(net):
    net.A_reg, net.B_reg = nn.Embedding(*net.A.weight.shape), nn.Embedding(*net.B.weight.shape)


@part
class offset:
    def right(stars):
        return stars

    def biases_on_the_rating(stars, a, b):
        """The biases a and b are added to the rating.
        Which of the two predictions has biases a and b?"""
        return stars + a + b

    def dot_product_on_the_rating(stars, u_reg, q_reg):
        """The dot product of u and q is added to the rating.
        What does r_ij depend on besides the MLP?"""
        return stars + (u_reg * q_reg).sum(dim=1, keepdim=True)

    @wrong(setup=rating_biases)
    def rating_biases_of_its_own(net, stars, user_ids, item_ids):
        """The rating has biases of its own, which the handout's r_ij does not have.
        Which parameters does r_ij depend on?"""
        return stars + net.A_reg(user_ids) + net.B_reg(item_ids)


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

    def rating_transposed(offset):
        """The ratings are a row of shape (1, batch)."""
        return offset.T

    def rating_averaged_over_the_batch(offset):
        """The rating is averaged over the batch.
        How many ratings should a batch of pairs have?"""
        return offset.mean().expand(len(offset))

    def one_rating_for_the_batch(offset):
        """The ratings of the batch are averaged into a single number.
        How many ratings should a batch of pairs have?"""
        return offset.mean()


# The interaction


@part
class dot:
    """Which entries of u @ q.T belong to the pairs that were asked for?"""

    def right(u_fact, q_fact):
        return (u_fact * q_fact).sum(dim=1)

    def mean_for_dot_product(u_fact, q_fact):
        """The product u * q is averaged, not summed.
        What is the difference between a dot product and a mean?"""
        return (u_fact * q_fact).mean(dim=1)

    def sum_for_dot_product(u_fact, q_fact):
        """The sum of u and q stands for their dot product.
        What is the formula of a dot product?"""
        return (u_fact + q_fact).sum(dim=1)

    def summed_over_everything(u_fact, q_fact):
        """The product is summed over the batch as well: all pairs get the same dot product.
        Over which dimension does a dot product sum?"""
        return (u_fact * q_fact).sum()

    def summed_over_the_batch(u_fact, q_fact):
        """The product is summed over the batch and not over the columns.
        Over which dimension does a dot product sum?"""
        return (u_fact * q_fact).sum(dim=0)

    def matrix_product(u_fact, q_fact):
        """A matrix product scores every user of the batch with every movie of the batch."""
        return u_fact @ q_fact.T

    def matrix_product_summed(u_fact, q_fact):
        """A matrix product is summed over the movies: a user is scored with all of the batch."""
        return (u_fact @ q_fact.T).sum(dim=1)

    def matrix_product_summed_over_users(u_fact, q_fact):
        """A matrix product is summed over the users: a movie is scored by all of the batch."""
        return (u_fact @ q_fact.T).sum(dim=0)

    def cosine_for_dot_product(u_fact, q_fact):
        """The cosine of the angle between u and q stands for their dot product.
        Does the length of an embedding matter in a dot product?"""
        return F.cosine_similarity(u_fact, q_fact, dim=1)

    def negative_distance(u_fact, q_fact):
        """The negative squared distance of u and q stands for their dot product.
        What is the formula of a dot product?"""
        return -((u_fact - q_fact) ** 2).sum(dim=1)


def learned_factor(net):
    net.scale = nn.Parameter(torch.ones(1))


@part
class scaled:
    def right(dot):
        return dot

    def sigmoid_before_the_biases(dot):
        """A sigmoid squeezes the dot product before the biases are added.
        Which activation does p_ij have?"""
        return torch.sigmoid(dot)

    def scaled_dot_product(dot, u_fact):
        """The dot product is divided by the square root of its width.
        Is there a scale in p_ij?"""
        return dot / u_fact.shape[1] ** 0.5

    @wrong(CENTRAL)
    def interaction_does_not_train_tables(dot):
        """The embeddings are cut out of the interaction's graph: it trains none of them.
        Which parameters should the factorization loss train?"""
        return dot.detach()

    @wrong(setup=learned_factor)
    def learned_scale(net, dot):
        """The dot product is multiplied by a scale, which is learned too.
        Which parameters does p_ij depend on?"""
        return net.scale * dot


@part
class biased:
    """To which shape does PyTorch broadcast (N, 1) and (N,)?"""

    def right(scaled, a, b):
        return scaled + a.squeeze(1) + b.squeeze(1)

    def biases_missing(scaled):
        """Both biases are missing from the interaction, or their line is not part of the sum.
        Does the line with a and b continue the one before it?"""
        return scaled

    def biases_subtracted(scaled, a, b):
        """The biases are subtracted from the interaction.
        Should a movie with a larger bias score higher or lower?"""
        return scaled - a.squeeze(1) - b.squeeze(1)

    def biases_multiplied(scaled, a, b):
        """The dot product is multiplied by the biases.
        What is p_ij at the start, when all biases are zero, and what is its gradient?"""
        return scaled * a.squeeze(1) * b.squeeze(1)

    def biases_averaged_over_the_batch(scaled, a, b):
        """The biases are averaged over the batch.
        Whose bias belongs to row k of the batch?"""
        return scaled + a.mean() + b.mean()

    def biases_summed_over_the_batch(scaled, a, b):
        """The biases are summed over the batch.
        Whose bias belongs to row k of the batch?"""
        return scaled + a.sum() + b.sum()

    def biases_inside_the_sum(u_fact, q_fact, a, b):
        """The biases stand inside of the sum over the columns.
        How often should a and b be added to one dot product?"""
        return (u_fact * q_fact + a + b).sum(dim=1)

    def biases_detached(scaled, a, b):
        """Both biases are cut out of the graph and never trained.
        What does detach (or .data) do to the gradients of A and B?"""
        return scaled + a.detach().squeeze(1) + b.detach().squeeze(1)

    def column_plus_row(scaled, a, b):
        """Biases of shape (N, 1) are added to products of shape (N,), which makes (N, N)."""
        return scaled + a + b

    def user_bias_as_column(scaled, a, b):
        """One bias is a column and the other one a row, which makes (N, N)."""
        return scaled + a + b.squeeze(1)

    def movie_bias_as_column(scaled, a, b):
        """One bias is a row and the other one a column, which makes (N, N)."""
        return scaled + a.squeeze(1) + b

    def product_not_summed(u_fact, q_fact, a, b):
        """The product u * q is not summed: one number for each column is left.
        How many numbers is a dot product?"""
        return u_fact * q_fact + a + b


@part
class bounded:
    def right(biased):
        return biased

    def sigmoid_on_the_interaction(biased):
        """A sigmoid squeezes the interaction between 0 and 1.
        Is p_ij a probability or a number without bounds, and where is the sigmoid applied?"""
        return torch.sigmoid(biased)

    def tanh_on_the_interaction(biased):
        """A tanh squeezes the interaction between -1 and 1.
        Is p_ij bounded?"""
        return torch.tanh(biased)

    def relu_on_the_interaction(biased):
        """A ReLU cuts negative interactions to zero.
        May an interaction be negative, and what gradient would it get?"""
        return torch.relu(biased)

    def log_sigmoid_on_the_interaction(biased):
        """A log-sigmoid is applied to the interaction.
        In which function does the sigmoid of p_ij belong?"""
        return F.logsigmoid(biased)

    def interaction_in_stars(biased):
        """A scaled sigmoid squeezes the interaction between 1 and 5.
        Which of the two predictions is a number of stars?"""
        return 1 + 4 * torch.sigmoid(biased)

    @wrong(CORNER)
    def sigmoid_when_evaluating(net, biased):
        """A sigmoid squeezes the interaction when the net is not in training mode.
        Should the same pair have one interaction in training and another in evaluation?"""
        return biased if net.training else torch.sigmoid(biased)

    def softmax_over_the_batch(biased):
        """A softmax over the batch makes each pair's interaction depend on the others.
        May a pair's interaction depend on who else is in the batch?"""
        return torch.softmax(biased, dim=0)


def global_bias(net):
    net.mu = nn.Parameter(torch.zeros(1))


@part
class complete:
    def right(bounded):
        return bounded

    def rating_added_to_the_interaction(bounded, rating):
        """The rating is added to the interaction.
        Which parts does p_ij have?"""
        return bounded + rating

    @wrong(setup=global_bias)
    def global_bias_added(net, bounded):
        """A global bias, which is learned too, is added to the interaction.
        Which four parts does p_ij have?"""
        return bounded + net.mu


@part
class interaction:
    """How many interactions should a batch of pairs have?"""

    def right(complete):
        return complete

    def interaction_not_squeezed(complete):
        """The interaction keeps a last dimension: shape (batch, 1).
        Which shape should predictions have, and which has an embedding of one column?"""
        return complete[:, None]

    @wrong(CORNER)
    def interaction_squeezed_away(complete):
        """squeeze() without a dimension removes the interaction's batch of one pair.
        What shape is left when a tensor of shape (1, 1) is squeezed?"""
        return complete.squeeze()

    def one_interaction_for_the_batch(complete):
        """The interactions of the batch are summed into a single number."""
        return complete.sum()

    def mean_interaction_for_the_batch(complete):
        """The interactions of the batch are averaged into a single number."""
        return complete.mean()


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
    def interaction_without_graph(interaction):
        """The interactions have no graph, so that the factorization loss trains nothing.
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

    @wrong(CENTRAL)
    def rating_without_graph(rating):
        """The ratings have no graph, so that the regression loss trains nothing.
        Which operations (detach, .data, .item, no_grad) end the flow of gradients?"""
        return rating.detach()


@PIPELINE.whole("forward")
@wrong(CORNER)
def forward_in_the_other_order(self, user_ids, item_ids):
    """forward returns the two results in the other order than the method that it calls.
    Which of the two does forward return first?"""
    if self.embedding_sharing:
        predictions, score = self.forward_with_embedding_sharing(user_ids, item_ids)
    else:
        predictions, score = self.forward_without_embedding_sharing(user_ids, item_ids)
    return score, predictions


@PIPELINE.whole("both")
def ids_changed_in_place(self, interaction, rating, user_ids, item_ids):
    """The ids are changed in place, so the caller of forward finds other ids afterwards.
    Whose tensors are user_ids and item_ids after the call?"""
    returned = interaction(self, user_ids, item_ids), rating(self, user_ids, item_ids)
    user_ids += 1
    item_ids += 1
    return returned


@PIPELINE.whole("both")
@wrong(CENTRAL)
def forward_under_no_grad(self, interaction, rating, user_ids, item_ids):
    """forward runs under no_grad, so that neither loss can train anything.
    When is no_grad the right context: in training, or only in evaluation?"""
    with torch.no_grad():
        return interaction(self, user_ids, item_ids), rating(self, user_ids, item_ids)
