"""Question 1c: the rating, and which tables each prediction reads."""

import torch
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong

BOTH = "both"
SEPARATE = "forward_without_embedding_sharing"


@wrong(
    "1c",
    "rating",
    CENTRAL,
    diagnosis="The ratings have no graph, so that the regression loss trains nothing.",
    question="Which operations (detach, .data, .item, no_grad) end the flow of gradients?",
)
def rating_without_graph(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze(1).detach()


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The ratings keep the MLP's last dimension: shape (batch, 1).",
    question="Which shape should score have, and which has the output of the MLP?",
)
def rating_not_squeezed(self, u, q):
    return self.mlp_layers(self.features(u, q))


@wrong(
    "1c",
    "rating",
    CORNER,
    diagnosis="squeeze() without a dimension also removes the batch when it holds one pair.",
    question="What shape is left when a tensor of shape (1, 1) is squeezed?",
)
def rating_squeezed_away(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze()


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="A ReLU follows the MLP, so that no rating can be below zero.",
    question="What gradient does a rating get when the last layer's output is negative?",
)
def relu_on_the_rating(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze(1).relu()


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="A sigmoid squeezes the ratings between 0 and 1.",
    question="Which values do observed ratings take?",
)
def sigmoid_on_the_rating(self, u, q):
    return torch.sigmoid(self.mlp_layers(self.features(u, q)).squeeze(1))


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The ratings are clamped to 1 to 5, which stops their gradients outside.",
    question="What gradient does a clamped prediction get?",
)
def clamped_rating(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze(1).clamp(1, 5)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="A scaled sigmoid squeezes the ratings between 1 and 5.",
    question="Is there an activation on the MLP's output in the handout?",
)
def rating_squeezed_into_the_scale(self, u, q):
    return 1 + 4 * torch.sigmoid(self.mlp_layers(self.features(u, q)).squeeze(1))


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The ratings are rounded to whole stars, which has no useful gradient.",
    question="What is the derivative of rounding?",
)
def rounded_rating(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze(1).round()


@wrong(
    "1c",
    "rating",
    CORNER,
    diagnosis="The ratings are clamped to 1 to 5 when the net is not in training mode.",
    question="Should the same pair have one rating in training and another in evaluation?",
)
def clamped_when_evaluating(self, u, q):
    rating = self.mlp_layers(self.features(u, q)).squeeze(1)
    return rating if self.training else rating.clamp(1, 5)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="A constant of three stars is added to the ratings.",
    question="Which part of the MLP can learn the mean rating?",
)
def three_stars_added(self, u, q):
    return self.mlp_layers(self.features(u, q)).squeeze(1) + 3


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="forward applies the dense layers without a ReLU between them.",
    question="What can several linear layers in a row compute that one cannot?",
)
def forward_skips_relu(self, u, q):
    x = self.features(u, q)
    for layer in self.mlp_layers:
        x = layer(x) if isinstance(layer, nn.Linear) else x
    return x.squeeze(1)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="forward applies only the first and the last of the dense layers.",
    question="With three or four layer_sizes, which layers does an input pass?",
)
def first_and_last_layer_only(self, u, q):
    return self.mlp_layers[-1](self.mlp_layers[0](self.features(u, q)).relu()).squeeze(1)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The dense layers are made anew inside forward, so nothing that they learn is kept.",
    question="Which layers does the optimizer know, and which ones does forward use?",
)
def layers_made_in_forward(self, u, q):
    widths = [layer.in_features for layer in self.mlp_layers if isinstance(layer, nn.Linear)]
    return self.init_mlp_layers(widths)(self.features(u, q)).squeeze(1)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The batch is reshaped to rows of 96 numbers whatever embedding_dim is.",
    question="How wide is the MLP's input when embedding_dim is not 32?",
)
def hard_coded_width(self, u, q):
    return self.mlp_layers(self.features(u, q).reshape(-1, 96)).squeeze(1)


@wrong(
    "1c",
    "rating",
    PARTIAL,
    diagnosis="The rating is averaged over the batch.",
    question="How many ratings should a batch of pairs have?",
)
def rating_averaged_over_the_batch(self, u, q):
    rating = self.mlp_layers(self.features(u, q)).squeeze(1)
    return rating.mean().expand_as(rating)


@wrong(
    "1c",
    BOTH,
    PARTIAL,
    diagnosis="The biases are added to the rating as well.",
    question="Which of the two predictions has biases a and b?",
)
def biases_on_the_rating(self, regression, factorization, user_ids, item_ids):
    a, b = self.A(user_ids), self.B(item_ids)
    rating = self.rating(regression[0](user_ids), regression[1](item_ids))
    u, q = factorization[0](user_ids), factorization[1](item_ids)
    return self.interaction(u, q, a, b), rating + a.squeeze(1) + b.squeeze(1)


def _rating_biases_made(self, num_users, num_items):
    self.A_reg, self.B_reg = self.bias(num_users), self.bias(num_items)
    return self.bias(num_users), self.bias(num_items)


@wrong(
    "1c",
    BOTH,
    PARTIAL,
    diagnosis="The rating has biases of its own, which the handout's r_ij does not have.",
    question="Which parameters does r_ij depend on?",
    also={"init_user_and_item_bias": _rating_biases_made},
)
def rating_biases_of_its_own(self, regression, factorization, user_ids, item_ids):
    rating = self.rating(regression[0](user_ids), regression[1](item_ids))
    rating = rating + (self.A_reg(user_ids) + self.B_reg(item_ids)).squeeze(1)
    u, q = factorization[0](user_ids), factorization[1](item_ids)
    return self.interaction(u, q, self.A(user_ids), self.B(item_ids)), rating


@wrong(
    "1c",
    BOTH,
    CENTRAL,
    diagnosis="The two results come in the other order: the rating first.",
    question="Which of the two does forward return first?",
)
def results_swapped(self, regression, factorization, user_ids, item_ids):
    rating = self.rating(regression[0](user_ids), regression[1](item_ids))
    u, q = factorization[0](user_ids), factorization[1](item_ids)
    return rating, self.interaction(u, q, self.A(user_ids), self.B(item_ids))


@wrong(
    "1c",
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


@wrong(
    "1c",
    SEPARATE,
    CENTRAL,
    diagnosis="The tables are swapped: each task reads those of the other.",
    question="Which tables belong to the regression, and which prediction is that?",
)
def tables_swapped(self, user_ids, item_ids):
    regression, factorization = (self.U_reg, self.Q_reg), (self.U_fact, self.Q_fact)
    return self.both(factorization, regression, user_ids, item_ids)


@wrong(
    "1c",
    SEPARATE,
    CENTRAL,
    diagnosis="Without sharing, the rating reads the tables of the factorization too.",
    question="Which tables would the regression loss train, and which would it never touch?",
)
def rating_reads_factorization_tables(self, user_ids, item_ids):
    factorization = (self.U_fact, self.Q_fact)
    return self.both(factorization, factorization, user_ids, item_ids)


@wrong(
    "1c",
    SEPARATE,
    CENTRAL,
    diagnosis="Without sharing, the interaction reads the tables of the regression too.",
    question="Which tables would the factorization loss train, and which would it never touch?",
)
def interaction_reads_regression_tables(self, user_ids, item_ids):
    regression = (self.U_reg, self.Q_reg)
    return self.both(regression, regression, user_ids, item_ids)


@wrong(
    "1c",
    SEPARATE,
    CENTRAL,
    diagnosis="The user tables are mixed up: each task reads the other's users and its own movies.",
    question="Which pair of tables belongs to each task?",
)
def user_tables_mixed_up(self, user_ids, item_ids):
    regression, factorization = (self.U_fact, self.Q_reg), (self.U_reg, self.Q_fact)
    return self.both(regression, factorization, user_ids, item_ids)


@wrong(
    "1c",
    SEPARATE,
    CENTRAL,
    diagnosis="In the MLP's input, the product comes from the factorization's tables.",
    question="From which tables do u and q in u * q come?",
)
def product_from_the_other_tables(self, user_ids, item_ids):
    u, q = self.U_fact(user_ids), self.Q_fact(item_ids)
    x = torch.cat([self.U_reg(user_ids), self.Q_reg(item_ids), u * q], dim=1)
    predictions = self.interaction(u, q, self.A(user_ids), self.B(item_ids))
    return predictions, self.mlp_layers(x).squeeze(1)


@wrong(
    "1c",
    BOTH,
    CENTRAL,
    diagnosis="forward runs under no_grad, so that neither loss can train anything.",
    question="When is no_grad the right context: in training, or only in evaluation?",
)
def forward_under_no_grad(self, regression, factorization, user_ids, item_ids):
    with torch.no_grad():
        rating = self.rating(regression[0](user_ids), regression[1](item_ids))
        u, q = factorization[0](user_ids), factorization[1](item_ids)
        return self.interaction(u, q, self.A(user_ids), self.B(item_ids)), rating


@wrong(
    "1c",
    BOTH,
    PARTIAL,
    diagnosis="One is subtracted from the ids before the tables are read.",
    question="Do the tables have a row for id 0?",
)
def ids_shifted(self, regression, factorization, user_ids, item_ids):
    user_ids, item_ids = user_ids - 1, item_ids - 1
    rating = self.rating(regression[0](user_ids), regression[1](item_ids))
    u, q = factorization[0](user_ids), factorization[1](item_ids)
    return self.interaction(u, q, self.A(user_ids), self.B(item_ids)), rating


@wrong(
    "1c",
    BOTH,
    PARTIAL,
    diagnosis="The ids are changed in place, so the caller of forward finds other ids afterwards.",
    question="Whose tensors are user_ids and item_ids after the call?",
)
def ids_changed_in_place(self, regression, factorization, user_ids, item_ids):
    rating = self.rating(regression[0](user_ids), regression[1](item_ids))
    u, q = factorization[0](user_ids), factorization[1](item_ids)
    interaction = self.interaction(u, q, self.A(user_ids), self.B(item_ids))
    user_ids += 1
    item_ids += 1
    return interaction, rating


@wrong(
    "1c",
    BOTH,
    PARTIAL,
    diagnosis="The embeddings are kept from an earlier call, and stay as they were then.",
    question="What happens to the embeddings between two calls in training?",
)
def embeddings_kept(self, regression, factorization, user_ids, item_ids):
    if not hasattr(self, "kept"):
        tables = (*regression, *factorization)
        self.kept = [table.weight.detach().clone() for table in tables]
    U_reg, Q_reg, U_fact, Q_fact = self.kept
    rating = self.rating(U_reg[user_ids], Q_reg[item_ids])
    u, q = U_fact[user_ids], Q_fact[item_ids]
    return self.interaction(u, q, self.A(user_ids), self.B(item_ids)), rating
