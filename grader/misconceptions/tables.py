"""Question 1a: embedding tables and biases."""

import copy

import torch
from torch import nn

from grader.misconceptions.entry import CENTRAL, CORNER, PARTIAL, Catalogue
from grader.reference.model import ScaledEmbedding, ZeroEmbedding

CATALOGUE = Catalogue()
wrong = CATALOGUE.wrong

SHARED = "init_shared_user_and_item_embeddings"
SEPARATE = "init_separate_user_and_item_embeddings"
BIAS = "init_user_and_item_bias"


def _seed_inside_separate(self, num_users, num_items, embedding_dim):
    torch.manual_seed(42)
    return (
        self.table(num_users, embedding_dim),
        self.table(num_items, embedding_dim),
        self.table(num_users, embedding_dim),
        self.table(num_items, embedding_dim),
    )


@wrong(
    "1a",
    SHARED,
    CORNER,
    diagnosis="A seed is set where the tables are made, so that every net starts the same.",
    question="What should another seed of the experiment change?",
    also={SEPARATE: _seed_inside_separate},
)
def seed_inside(self, num_users, num_items, embedding_dim):
    torch.manual_seed(42)
    return self.table(num_users, embedding_dim), self.table(num_items, embedding_dim)


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embedding tables are nn.Embedding with its default start, standard deviation 1.",
    question="Which class at the top of the file starts an embedding the way the handout says?",
)
def default_initialisation(self, rows, columns):
    return nn.Embedding(rows, columns)


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start with variance, not standard deviation, 1/embedding_dim.",
    question="A standard deviation is the square root of a variance: which one does std take?",
)
def variance_for_deviation(self, rows, columns):
    table = nn.Embedding(rows, columns)
    nn.init.normal_(table.weight, std=columns**-0.5)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start uniform, not normal.",
    question="Which distribution should the first numbers of a table have?",
)
def uniform_start(self, rows, columns):
    table = nn.Embedding(rows, columns)
    nn.init.uniform_(table.weight, -1 / columns, 1 / columns)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start with positive numbers only, so that every product is positive.",
    question="Around which number should the first numbers of a table lie?",
)
def positive_start(self, rows, columns):
    table = nn.Embedding(rows, columns)
    with torch.no_grad():
        table.weight.copy_(torch.rand(rows, columns) / columns)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start with Xavier initialisation, whose spread depends on the rows.",
    question="The handout's spread depends on one size of the table only: which one?",
)
def xavier_start(self, rows, columns):
    table = nn.Embedding(rows, columns)
    nn.init.xavier_uniform_(table.weight)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start with standard deviation 0.01 whatever their width.",
    question="How does the spread at the start depend on the number of columns?",
)
def fixed_spread(self, rows, columns):
    table = nn.Embedding(rows, columns)
    nn.init.normal_(table.weight, std=0.01)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embeddings start at zero, like the biases.",
    question="If all users and movies start the same, what are the gradients of u . q?",
)
def zero_tables(self, rows, columns):
    return ZeroEmbedding(rows, columns)


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The embedding tables are frozen: their weights do not require gradients.",
    question="Should an optimizer change these tables?",
)
def frozen_tables(self, rows, columns):
    table = ScaledEmbedding(rows, columns)
    table.weight.requires_grad_(False)
    return table


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="Row 0 is declared as padding, so that it gets no gradient.",
    question="Is id 0 drawn as a negative movie, and should its row then be trained?",
)
def padding_row(self, rows, columns):
    return ScaledEmbedding(rows, columns, padding_idx=0)


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The tables have one row more than num_users and num_items.",
    question="Does num_users already count the unused id 0?",
)
def one_row_more(self, rows, columns):
    return ScaledEmbedding(rows + 1, columns)


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The tables have a column, not a row, for each user or movie.",
    question="In which order does nn.Embedding take the number of rows and their width?",
)
def transposed_tables(self, rows, columns):
    return ScaledEmbedding(columns, rows)


@wrong(
    "1a",
    "table",
    CENTRAL,
    diagnosis="Plain tensors stand in for embedding tables, so the optimizer never sees them.",
    question="What makes nn.Module list a weight among its parameters?",
)
def tensors_for_tables(self, rows, columns):
    return torch.randn(rows, columns) / columns


@wrong(
    "1a",
    "table",
    PARTIAL,
    diagnosis="The tables have 32 columns whatever embedding_dim is.",
    question="What happens when an experiment asks for another embedding_dim?",
)
def hard_coded_columns(self, rows, columns):
    return ScaledEmbedding(rows, 32)


def _swapped_separate(self, num_users, num_items, embedding_dim):
    return (
        self.table(num_items, embedding_dim),
        self.table(num_users, embedding_dim),
        self.table(num_items, embedding_dim),
        self.table(num_users, embedding_dim),
    )


@wrong(
    "1a",
    SHARED,
    PARTIAL,
    diagnosis="The user tables have a row for each movie, and the movie tables one for each user.",
    question="Which ids will be looked up in U, and which in Q?",
    also={SEPARATE: _swapped_separate},
)
def users_and_movies_swapped(self, num_users, num_items, embedding_dim):
    return self.table(num_items, embedding_dim), self.table(num_users, embedding_dim)


def _factorization_first(self, num_users, num_items, embedding_dim):
    rows = (num_users, num_items, num_users, num_items)
    U_fact, Q_fact, U_reg, Q_reg = (self.table(count, embedding_dim) for count in rows)
    return U_reg, Q_reg, U_fact, Q_fact


@wrong(
    "1a",
    SHARED,
    CORNER,
    diagnosis="The tables are made in another order than the one in which they are returned.",
    question="With the seed fixed, which table should get the first random numbers?",
    also={SEPARATE: _factorization_first},
)
def movies_made_first(self, num_users, num_items, embedding_dim):
    Q = self.table(num_items, embedding_dim)
    return self.table(num_users, embedding_dim), Q


def _users_everywhere(self, num_users, num_items, embedding_dim):
    return tuple(self.table(num_users, embedding_dim) for _ in range(4))


@wrong(
    "1a",
    SHARED,
    PARTIAL,
    diagnosis="The movie tables have a row for each user.",
    question="How many different ids are looked up in Q?",
    also={SEPARATE: _users_everywhere},
)
def movies_counted_as_users(self, num_users, num_items, embedding_dim):
    return self.table(num_users, embedding_dim), self.table(num_users, embedding_dim)


def _movielens_rows(self, num_users, num_items, embedding_dim):
    return tuple(self.table(rows, embedding_dim) for rows in (944, 1683, 944, 1683))


@wrong(
    "1a",
    SHARED,
    PARTIAL,
    diagnosis="The tables have MovieLens's 944 and 1683 rows whatever num_users and num_items are.",
    question="Should the same class work on a smaller data set?",
    also={SEPARATE: _movielens_rows},
)
def hard_coded_rows(self, num_users, num_items, embedding_dim):
    return self.table(944, embedding_dim), self.table(1683, embedding_dim)


@wrong(
    "1a",
    SHARED,
    CENTRAL,
    diagnosis="U and Q are one and the same table.",
    question="Does a = b = f() call f once or twice?",
)
def one_table_for_users_and_movies(self, num_users, num_items, embedding_dim):
    U = Q = self.table(num_users, embedding_dim)
    return U, Q


@wrong(
    "1a",
    SEPARATE,
    CENTRAL,
    diagnosis="The tables called separate share their numbers: both tasks train the same ones.",
    question="If one task's step changes a table, does the other task's table change too?",
)
def one_table_for_both_tasks(self, num_users, num_items, embedding_dim):
    U, Q = self.table(num_users, embedding_dim), self.table(num_items, embedding_dim)
    return U, Q, U, Q


@wrong(
    "1a",
    SEPARATE,
    CENTRAL,
    diagnosis="The tables called separate share one weight: both tasks train the same numbers.",
    question="If one task's step changes a table, does the other task's table change too?",
    indistinguishable_from="one-table-for-both-tasks",
)
def tied_weights(self, num_users, num_items, embedding_dim):
    tables = [self.table(rows, embedding_dim) for rows in (num_users, num_items) * 2]
    tables[2].weight, tables[3].weight = tables[0].weight, tables[1].weight
    return tuple(tables)


@wrong(
    "1a",
    SEPARATE,
    CORNER,
    diagnosis="The factorization's tables start as copies of the regression's.",
    question="Should two separate tables start with the same random numbers?",
)
def copied_tables(self, num_users, num_items, embedding_dim):
    U, Q = self.table(num_users, embedding_dim), self.table(num_items, embedding_dim)
    return U, Q, copy.deepcopy(U), copy.deepcopy(Q)


@wrong(
    "1a",
    SEPARATE,
    PARTIAL,
    diagnosis="The four tables are returned with both user tables first.",
    question="In which order does __init__ unpack the four tables?",
)
def user_tables_first(self, num_users, num_items, embedding_dim):
    rows = (num_users, num_users, num_items, num_items)
    return tuple(self.table(count, embedding_dim) for count in rows)


@wrong(
    "1a",
    "bias",
    CORNER,
    diagnosis="The biases do not start at zero, but with numbers that differ.",
    question="Which class at the top of the file starts a bias where the handout says?",
)
def random_biases(self, rows):
    return nn.Embedding(rows, 1)


@wrong(
    "1a",
    "bias",
    CORNER,
    diagnosis="The biases are scaled embeddings, which start with standard deviation 1.",
    question="With one column, what is 1/embedding_dim, and where should a bias start?",
    indistinguishable_from="random-biases",
)
def scaled_biases(self, rows):
    return ScaledEmbedding(rows, 1)


@wrong(
    "1a",
    "bias",
    PARTIAL,
    diagnosis="The biases are as wide as the embeddings.",
    question="How many numbers does one user's bias have in u . q + a + b?",
)
def wide_biases(self, rows):
    return ZeroEmbedding(rows, self.embedding_dim)


@wrong(
    "1a",
    "bias",
    PARTIAL,
    diagnosis="There is one bias for all users and one for all movies.",
    question="Does a_i depend on the user, and b_j on the movie?",
)
def one_bias_for_all(self, rows):
    return ZeroEmbedding(1, 1)


@wrong(
    "1a",
    "bias",
    PARTIAL,
    diagnosis="The biases are frozen: they do not require gradients and stay at zero.",
    question="What would a bias that stays zero tell of a popular movie?",
)
def frozen_biases(self, rows):
    table = ZeroEmbedding(rows, 1)
    table.weight.requires_grad_(False)
    return table


@wrong(
    "1a",
    BIAS,
    PARTIAL,
    diagnosis="A has a row for each movie and B a row for each user.",
    question="Which ids will be looked up in A, and which in B?",
)
def biases_swapped(self, num_users, num_items):
    return self.bias(num_items), self.bias(num_users)


@wrong(
    "1a",
    BIAS,
    PARTIAL,
    diagnosis="A and B are one and the same table.",
    question="Should training a user's bias change a movie's?",
)
def one_table_of_biases(self, num_users, num_items):
    A = B = self.bias(num_users)
    return A, B
