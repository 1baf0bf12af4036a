"""Question 1c: what goes into the MLP."""

import torch
import torch.nn.functional as F  # noqa: N812

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong

BOTH = "both"
SEPARATE = "forward_without_embedding_sharing"


@wrong(
    "1c",
    "features",
    CENTRAL,
    diagnosis="The product u * q is missing from the MLP's input.",
    question="Which three parts does the MLP's input have?",
)
def product_missing(self, u, q):
    return torch.cat([u, q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is the sum u + q, not the product.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def sum_for_product(self, u, q):
    return torch.cat([u, q, u + q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is the difference u - q, not the product.",
    question="What can a dense layer compute from u and q itself, and what can it not?",
)
def difference_for_product(self, u, q):
    return torch.cat([u, q, u - q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is the distance |u - q|, not the product.",
    question="Which operation joins u and q, number by number, in the MLP's third input?",
)
def distance_for_product(self, u, q):
    return torch.cat([u, q, (u - q).abs()], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is the dot product, one number, not the product of each pair.",
    question="How wide is u * q before it is summed?",
)
def dot_for_product(self, u, q):
    return torch.cat([u, q, (u * q).sum(dim=1, keepdim=True)], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is q * q, not u * q.",
    question="Which two embeddings does the product take?",
)
def movie_squared(self, u, q):
    return torch.cat([u, q, q * q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's third input is u * u, not u * q.",
    question="Which two embeddings does the product take?",
)
def user_squared(self, u, q):
    return torch.cat([u, q, u * u], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP reads the user's embedding twice and the movie's in the product only.",
    question="Which three parts does the MLP's input have?",
)
def user_twice(self, u, q):
    return torch.cat([u, u, u * q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP reads the movie's embedding twice and the user's in the product only.",
    question="Which three parts does the MLP's input have?",
)
def movie_twice(self, u, q):
    return torch.cat([q, q, u * q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's input starts with the movie's embedding: [q, u, u * q].",
    question="In which order does the handout list the MLP's inputs?",
)
def movie_first(self, u, q):
    return torch.cat([q, u, u * q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The MLP's input starts with the product: [u * q, u, q].",
    question="In which order does the handout list the MLP's inputs?",
)
def product_first(self, u, q):
    return torch.cat([u * q, u, q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The product stands in the middle of the MLP's input: [u, u * q, q].",
    question="In which order does the handout list the MLP's inputs?",
)
def product_in_the_middle(self, u, q):
    return torch.cat([u, u * q, q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The three parts of the MLP's input alternate, column by column.",
    question="Does stacking and then flattening keep u's columns next to each other?",
)
def interleaved(self, u, q):
    return torch.stack([u, q, u * q], dim=2).flatten(1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The parts of the MLP's input are joined along the batch, not side by side.",
    question="Which dimension is the batch, and which should grow to 3 * embedding_dim?",
)
def joined_along_the_batch(self, u, q):
    return torch.cat([u, q, u * q], dim=0)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The parts of the MLP's input are added up, not joined.",
    question="How wide should the MLP's input be?",
)
def parts_added_up(self, u, q):
    return u + q + u * q


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The embeddings are normalised to length one before the MLP.",
    question="Does the length of u or q carry information?",
)
def normalised_features(self, u, q):
    u, q = F.normalize(u, dim=1), F.normalize(q, dim=1)
    return torch.cat([u, q, u * q], dim=1)


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="Dropout makes the MLP's input random at each call, also when evaluating.",
    question="Should the same pair get the same rating twice?",
)
def dropout_on_features(self, u, q):
    return F.dropout(torch.cat([u, q, u * q], dim=1))


@wrong(
    "1c",
    "features",
    PARTIAL,
    diagnosis="The product is cut out of the graph: no gradient flows through it.",
    question="What does detach (or .data) do to the gradients of u and q?",
)
def product_detached(self, u, q):
    return torch.cat([u, q, (u * q).detach()], dim=1)


@wrong(
    "1c",
    "features",
    CENTRAL,
    diagnosis="The embeddings are cut out of the rating's graph: only the dense layers learn.",
    question="Which parameters should the regression loss train?",
)
def rating_does_not_train_tables(self, u, q):
    return torch.cat([u, q, u * q], dim=1).detach()


@wrong(
    "1c",
    "features",
    CORNER,
    diagnosis="The MLP's input is cut to 96 columns, those of embeddings with 32 each.",
    question="How wide are u and q when embedding_dim is larger than 32?",
)
def first_columns_only(self, u, q):
    u, q = u[:, :32], q[:, :32]
    return torch.cat([u, q, u * q], dim=1)
