"""Question 1c: the interaction."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong

BIAS = "init_user_and_item_bias"


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The user's bias a is missing from the interaction.",
    question="Which four parts does p_ij have?",
)
def user_bias_missing(self, u, q, a, b):
    return (u * q).sum(dim=1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The movie's bias b is missing from the interaction.",
    question="Which four parts does p_ij have?",
)
def movie_bias_missing(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="Both biases are missing from the interaction.",
    question="What would tell a popular movie from an unpopular one?",
)
def biases_missing(self, u, q, a, b):
    return (u * q).sum(dim=1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The line with the biases is a statement of its own, whose value is lost.",
    question="Does a line that begins with a plus continue the line before it?",
    indistinguishable_from="biases-missing",
)
def bias_line_of_its_own(self, u, q, a, b):
    score = (u * q).sum(dim=1)
    +a.squeeze(1) + b.squeeze(1)
    return score


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The user's bias is added twice, the movie's not at all.",
    question="Which table gives the movie's bias?",
)
def user_bias_twice(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.squeeze(1) + a.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The movie's bias is added twice, the user's not at all.",
    question="Which table gives the user's bias?",
)
def movie_bias_twice(self, u, q, a, b):
    return (u * q).sum(dim=1) + b.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The biases are subtracted from the interaction.",
    question="Should a movie with a larger bias score higher or lower?",
)
def biases_subtracted(self, u, q, a, b):
    return (u * q).sum(dim=1) - a.squeeze(1) - b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The dot product is multiplied by the biases.",
    question="What is p_ij at the start, when all biases are zero, and what is its gradient?",
)
def biases_multiplied(self, u, q, a, b):
    return (u * q).sum(dim=1) * a.squeeze(1) * b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The biases are averaged over the batch.",
    question="Whose bias belongs to row k of the batch?",
)
def biases_averaged_over_the_batch(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.mean() + b.mean()


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The biases are cut out of the graph and never trained.",
    question="What does detach (or .data) do to the gradients of A and B?",
)
def biases_detached(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.detach().squeeze(1) + b.detach().squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="Biases of shape (N, 1) are added to products of shape (N,), which makes (N, N).",
    question="To which shape does PyTorch broadcast (N, 1) and (N,)?",
)
def column_plus_row(self, u, q, a, b):
    return (u * q).sum(dim=1) + a + b


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The interaction keeps a last dimension: shape (batch, 1).",
    question="Which shape should predictions have, and which has an embedding of one column?",
)
def interaction_not_squeezed(self, u, q, a, b):
    return (u * q).sum(dim=1, keepdim=True) + a + b


@wrong(
    "1c",
    "interaction",
    CORNER,
    diagnosis="squeeze() without a dimension removes the interaction's batch of one pair.",
    question="What shape is left when a tensor of shape (1, 1) is squeezed?",
)
def interaction_squeezed_away(self, u, q, a, b):
    return ((u * q).sum(dim=1, keepdim=True) + a + b).squeeze()


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A sigmoid squeezes the interaction between 0 and 1.",
    question="Is p_ij a probability or a number without bounds, and where is the sigmoid applied?",
)
def sigmoid_on_the_interaction(self, u, q, a, b):
    return torch.sigmoid((u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1))


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A sigmoid squeezes the dot product before the biases are added.",
    question="Which activation does p_ij have?",
)
def sigmoid_before_the_biases(self, u, q, a, b):
    return torch.sigmoid((u * q).sum(dim=1)) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A tanh squeezes the interaction between -1 and 1.",
    question="Is p_ij bounded?",
)
def tanh_on_the_interaction(self, u, q, a, b):
    return torch.tanh((u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1))


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A ReLU cuts negative interactions to zero.",
    question="May an interaction be negative, and what gradient would it get?",
)
def relu_on_the_interaction(self, u, q, a, b):
    return torch.relu((u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1))


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The product u * q is not summed: one number for each column is left.",
    question="How many numbers is a dot product?",
)
def product_not_summed(self, u, q, a, b):
    return u * q + a + b


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The product u * q is averaged, not summed.",
    question="What is the difference between a dot product and a mean?",
)
def mean_for_dot_product(self, u, q, a, b):
    return (u * q).mean(dim=1) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The dot product is divided by the square root of its width.",
    question="Is there a scale in p_ij?",
)
def scaled_dot_product(self, u, q, a, b):
    return (u * q).sum(dim=1) / u.shape[1] ** 0.5 + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The product is summed over the batch as well: all pairs get the same dot product.",
    question="Over which dimension does a dot product sum?",
)
def summed_over_everything(self, u, q, a, b):
    return (u * q).sum() + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The product is summed over the batch and not over the columns.",
    question="Over which dimension does a dot product sum?",
)
def summed_over_the_batch(self, u, q, a, b):
    return (u * q).sum(dim=0) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A matrix product scores every user of the batch with every movie of the batch.",
    question="Which entries of u @ q.T belong to the pairs that were asked for?",
)
def matrix_product(self, u, q, a, b):
    return u @ q.T + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A matrix product is summed over the batch: a user is scored with all movies.",
    question="Which entries of u @ q.T belong to the pairs that were asked for?",
)
def matrix_product_summed(self, u, q, a, b):
    return (u @ q.T).sum(dim=1) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The cosine of the angle between u and q stands for their dot product.",
    question="Does the length of an embedding matter in a dot product?",
)
def cosine_for_dot_product(self, u, q, a, b):
    return F.cosine_similarity(u, q, dim=1) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The negative squared distance of u and q stands for their dot product.",
    question="What is the formula of a dot product?",
)
def negative_distance(self, u, q, a, b):
    return -((u - q) ** 2).sum(dim=1) + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    CENTRAL,
    diagnosis="The interactions have no graph, so that the factorization loss trains nothing.",
    question="Which operations (detach, .data, .item, no_grad) end the flow of gradients?",
)
def interaction_without_graph(self, u, q, a, b):
    return ((u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1)).detach()


@wrong(
    "1c",
    "interaction",
    CENTRAL,
    diagnosis="The embeddings are cut out of the interaction's graph: only the biases learn.",
    question="Which parameters should the factorization loss train?",
)
def interaction_does_not_train_tables(self, u, q, a, b):
    return (u * q).sum(dim=1).detach() + a.squeeze(1) + b.squeeze(1)


@wrong(
    "1c",
    "interaction",
    CORNER,
    diagnosis="A sigmoid squeezes the interaction when the net is not in training mode.",
    question="Should the same pair have one interaction in training and another in evaluation?",
)
def sigmoid_when_evaluating(self, u, q, a, b):
    score = (u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1)
    return score if self.training else torch.sigmoid(score)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A softmax over the batch makes each pair's interaction depend on the others.",
    question="May a pair's interaction depend on who else is in the batch?",
)
def softmax_over_the_batch(self, u, q, a, b):
    return torch.softmax((u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1), dim=0)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The rating is added to the interaction.",
    question="Which parts does p_ij have?",
)
def rating_added_to_the_interaction(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1) + self.rating(u, q)


def _global_bias_made(self, num_users, num_items):
    self.mu = nn.Parameter(torch.zeros(1))
    return self.bias(num_users), self.bias(num_items)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="A global bias, which is learned too, is added to the interaction.",
    question="Which four parts does p_ij have?",
    also={BIAS: _global_bias_made},
)
def global_bias_added(self, u, q, a, b):
    return (u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1) + self.mu


def _scale_made(self, num_users, num_items):
    self.scale = nn.Parameter(torch.ones(1))
    return self.bias(num_users), self.bias(num_items)


@wrong(
    "1c",
    "interaction",
    PARTIAL,
    diagnosis="The dot product is multiplied by a scale, which is learned too.",
    question="Which parameters does p_ij depend on?",
    also={BIAS: _scale_made},
)
def learned_scale(self, u, q, a, b):
    return self.scale * (u * q).sum(dim=1) + a.squeeze(1) + b.squeeze(1)
