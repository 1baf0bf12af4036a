"""Question 1a: embedding tables and biases, each table an output of its own."""

from types import SimpleNamespace

import torch
from torch import nn

from grader.hidden_tests.test_1a_tables import spread
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, wrong
from grader.public_tests.example import SEPARATE, SHARED
from grader.public_tests.test_1a_tables import BIASES

CALLS = {
    "shared_tables(net, num_users, num_items)": SHARED,
    "separate_tables(net, num_users, num_items)": SEPARATE,
    "biases(net, num_users, num_items)": BIASES,
}
EMBEDDINGS = (*SHARED, *SEPARATE)
MOVIES = ("Q", "Q_reg", "Q_fact", "B")
NAMES = {
    "all tables": (*EMBEDDINGS, *BIASES),
    "the embedding tables": EMBEDDINGS,
    "the four separate tables": SEPARATE,
}


# The table of the users before a table of movies, and the one of the other task.
USERS_OF = {"Q": "U", "Q_reg": "U_reg", "Q_fact": "U_fact", "B": "A"}
CONSTANT = ("zero", "one number for all")
BARE = {"Tensor": "Tensor of float32", "Parameter": "Parameter of float32"}
OTHER_TASK = {"U_fact": "U_reg", "Q_fact": "Q_reg"}


def given(sizes, names, seed=0, ids=(), cotangent=()):
    return {"net": SimpleNamespace(**sizes), **sizes}


def looked_at(name):
    """Return which of a table's values the tests look at, and where."""
    start = {
        "drawn_from": ("1a-3", f"the distribution of {name}"),
        "as_wide_as": ("1a-3", f"the spread of {name}"),
    }
    if name in BIASES:
        start = {"bias_start": ("1a-4", f"the start of {name}")}
    return {
        "shape": ("1a-0", f"the shape of {name}.weight"),
        **start,
        "kind": ("1a-0", f"the weight of {name}"),
        "numbers_of": ("1a-5", f"the storage of {name}"),
        "is_early": ("1a-2", name),
        "is_fixed": ("1a-5", f"the numbers of {name} with another seed"),
        "is_registered": ("1a-6", f"the weight of {name}"),
        "is_kept": ("1a-6", f"the rows of {name}"),
    }


def where(topics):
    """Return names of tables as they stand in a sentence."""
    for name, tables in NAMES.items():
        if set(topics) == set(tables):
            return name
    return " and ".join(", ".join(topics).rsplit(", ", 1))


PIPELINE = Pipeline(
    "1a",
    *(
        Output(
            call,
            "table",
            topic=name,
            given=given,
            fixed={"name": name},
            words=looked_at(name),
        )
        for call, names in CALLS.items()
        for name in names
    ),
)


PIPELINE.where, PIPELINE.independent = where, True
part = PIPELINE.part


@part
class numbers_of:
    def right(name):
        return name

    @wrong(CENTRAL, within=MOVIES)
    def one_table_for_users_and_movies(name):
        """The numbers in {where} are those of the users' table: training one trains both.
        Does a = b = f() call f once or twice?"""
        return USERS_OF[name]

    @wrong(CENTRAL, within=tuple(OTHER_TASK))
    def one_table_for_both_tasks(name):
        """The numbers in {where} are those of the other task's table.
        If one task's step changes a table, does the other task's table change too?"""
        return OTHER_TASK[name]

    @wrong(CENTRAL, within=("Q_fact",))
    def one_table_for_everything(name):
        """The numbers in {where} are those of the first table.
        How many tables does the handout ask for, and what is each of them for?"""
        return "U_reg"


@part
class rows:
    """Which ids will be looked up in a table: those of users, or those of movies?"""

    def right(numbers_of, num_users, num_items):
        return num_users if numbers_of[0] in "UA" else num_items

    def one_row_more(numbers_of, num_users, num_items):
        """The number of rows in {where} is one more than num_users or num_items.
        Does num_users already count the unused id 0?"""
        return 1 + (num_users if numbers_of[0] in "UA" else num_items)

    def one_row_less(numbers_of, num_users, num_items):
        """The number of rows in {where} is one less than num_users or num_items.
        If ids run from 0, how many rows do num_users ids need?"""
        return (num_users if numbers_of[0] in "UA" else num_items) - 1

    def users_and_movies_swapped(numbers_of, num_users, num_items):
        """The number of rows in {where} is that of the other side, users or movies."""
        return num_items if numbers_of[0] in "UA" else num_users

    def rows_for_users_and_movies(num_users, num_items):
        """The number of rows in {where} is that of all users and movies together."""
        return num_users + num_items

    def larger_number_of_rows(num_users, num_items):
        """The number of rows in {where} is the larger of num_users and num_items."""
        return max(num_users, num_items)

    def hard_coded_rows(numbers_of):
        """The number of rows in {where} is MovieLens's, whatever num_users and num_items are.
        Should the same class work on a smaller data set?"""
        return 944 if numbers_of[0] in "UA" else 1683

    @wrong(within=BIASES)
    def one_bias_for_all():
        """The number of rows in {where} is 1: one for all users, or for all movies.
        Does a_i depend on the user, and b_j on the movie?"""
        return 1


@part
class columns:
    def right(net, name):
        return 1 if name in BIASES else net.embedding_dim

    @wrong(within=EMBEDDINGS)
    def hard_coded_columns():
        """The number of columns in {where} is 32, whatever embedding_dim is.
        What happens when an experiment asks for another embedding_dim?"""
        return 32

    @wrong(within=EMBEDDINGS)
    def one_column():
        """The number of columns in {where} is 1, as if it held biases.
        How many numbers does a user's row in U have?"""
        return 1

    @wrong(within=BIASES)
    def wide_biases(net):
        """The number of columns in {where} is that of the embeddings.
        How many numbers does one user's bias have in u . q + a + b?"""
        return net.embedding_dim


@part
class shape:
    def right(rows, columns):
        return rows, columns

    def transposed_tables(rows, columns):
        """Rows and columns are exchanged in {where}.
        In which order does nn.Embedding take the number of rows and their width?"""
        return columns, rows


@part
class distribution:
    """Which class at the top of the file starts a bias where the handout says?"""

    def right(name):
        return "zero" if name in BIASES else "normal"

    @wrong(within=EMBEDDINGS)
    def uniform_start():
        """The numbers in {where} start uniform, not normal.
        Which distribution should the first numbers of a table have?"""
        return "uniform around 0"

    @wrong(within=EMBEDDINGS)
    def positive_start():
        """The numbers in {where} are positive at the start.
        Around which number should the first numbers of a table lie?"""
        return "uniform above 0"

    @wrong(within=EMBEDDINGS)
    def zero_tables():
        """The numbers in {where} start at zero, like the biases.
        If all users and movies start the same, what are the gradients of u . q?"""
        return "zero"

    @wrong(within=EMBEDDINGS)
    def constant_tables():
        """One number stands everywhere in {where} at the start.
        If all users and movies start the same, can they ever differ?"""
        return "one number for all"

    @wrong(CORNER, within=BIASES)
    def biases_of_one():
        """The biases in {where} start with one number that is not zero."""
        return "one number for all"

    @wrong(CORNER, within=BIASES)
    def random_biases():
        """The biases in {where} start with numbers that differ, not at zero."""
        return "normal"


@part
class width:
    """How does the spread at the start depend on the number of columns?"""

    def right(shape):
        return 1 / shape[-1]

    @wrong(within=EMBEDDINGS)
    def default_initialisation():
        """The spread at the start is 1 in {where}, which is the default of nn.Embedding.
        Which class at the top of the file starts an embedding the way the handout says?"""
        return 1.0

    @wrong(within=EMBEDDINGS)
    def variance_for_deviation(shape):
        """The spread at the start is 1/sqrt(embedding_dim) in {where}, not 1/embedding_dim.
        A standard deviation is the square root of a variance: which one does std take?"""
        return shape[1] ** -0.5

    @wrong(within=EMBEDDINGS)
    def divided_twice(shape):
        """The spread at the start is 1/embedding_dim**2 in {where}: it is divided twice.
        What does ScaledEmbedding do to its numbers by itself?"""
        return shape[1] ** -2

    @wrong(within=EMBEDDINGS)
    def spread_by_rows(shape):
        """The spread at the start depends on the number of rows in {where}.
        The handout's spread depends on one size of the table only: which one?"""
        return 1 / shape[0]

    @wrong(within=EMBEDDINGS)
    def fixed_spread():
        """The spread at the start is 0.01 in {where}, whatever embedding_dim is."""
        return 0.01

    @wrong(within=EMBEDDINGS)
    def fixed_wider_spread():
        """The spread at the start is 0.1 in {where}, whatever embedding_dim is."""
        return 0.1


@part
class start:
    """The handout's spread depends on one size of the table only: which one?"""

    def right(distribution, width):
        return distribution, width

    @wrong(within=EMBEDDINGS)
    def xavier_start(shape):
        """The start is Xavier initialisation in {where}, whose spread depends on the rows."""
        return "uniform around 0", (6 / sum(shape)) ** 0.5

    @wrong(within=EMBEDDINGS)
    def xavier_normal_start(shape):
        """The start is Xavier's normal initialisation in {where}, which depends on the rows."""
        return "normal", (2 / sum(shape)) ** 0.5

    @wrong(within=EMBEDDINGS)
    def kaiming_start(shape):
        """The start is Kaiming initialisation in {where}, which is made for layers with ReLU.
        Which spread does the handout ask for?"""
        return "uniform around 0", (6 / shape[1]) ** 0.5


@part
class order:
    def right(name):
        return "in order"

    @wrong(CORNER, within=("Q", *SEPARATE[1:]))
    def movies_made_first():
        """The tables are made in another order than they are returned, {where} too early.
        With the seed fixed, which table should get the first random numbers?"""
        return "early"

    @wrong(CORNER, within=tuple(OTHER_TASK))
    def copied_tables():
        """The numbers in {where} start as a copy of the other task's table.
        Should two separate tables start with the same random numbers?"""
        return "copied"

    @wrong(CORNER, within=EMBEDDINGS)
    def seed_inside():
        """A seed is set where the tables are made, so that every net starts the same.
        What should another seed of the experiment change?"""
        return "seeded once"

    @wrong(CORNER, general="seed-inside", within=EMBEDDINGS)
    def seed_for_each_table():
        """The same seed is set before each table, so that all of them start the same.
        Should two tables start with the same random numbers?"""
        return "seeded each time"


@part
def is_early(name, numbers_of, order):
    if name == "U_fact" and (order == "copied" or numbers_of == "U_reg"):
        return True  # more movies change nothing in the users' first table
    return order == "early" or (order == "seeded each time" and name not in ("U", "U_reg"))


@part
def is_fixed(order):
    return order.startswith("seeded")


@part
class options:
    def right():
        return "trained"

    def frozen_tables():
        """The weights in {where} are frozen: they do not require gradients.
        Should an optimizer change these tables?"""
        return "frozen"

    def padding_row():
        """Row 0 is declared as padding in {where}, so that it gets no gradient.
        Is id 0 drawn as a negative movie, and should its row then be trained?"""
        return "padded"

    def rows_scaled_down():
        """Long rows are scaled down when they are looked up in {where}, as max_norm does.
        Should looking a row up change it?"""
        return "bounded"

    @wrong(CENTRAL)
    def tensors_for_tables():
        """Plain tensors stand in for {where}, so that the optimizer never sees them.
        What makes nn.Module list a weight among its parameters?"""
        return "Tensor"

    @wrong(CENTRAL)
    def parameters_for_tables():
        """Bare parameters, which cannot be called with ids, stand in for {where}.
        What does an nn.Embedding have that its weight alone does not?"""
        return "Parameter"


@part
def drawn_from(start, options):
    return "none" if options in BARE else start[0]


@part
def as_wide_as(start, shape, options):
    if options in BARE:
        return "no numbers"
    return "0" if start[0] in CONSTANT else spread(start[1], *shape)


@part
def bias_start(start, options):
    if options in BARE:
        return "nothing"
    return start[0] if start[0] in CONSTANT else "numbers that differ"


@part
def kind(options):
    return BARE.get(options, "a table of numbers")


@part
def is_registered(options):
    return options not in BARE


@part
def is_kept(options):
    return options != "bounded"


@part
def draws(net, name, numbers_of, order, shape):
    made = net.__dict__.setdefault("made", {})  # a dict, whose tensors are no parameters
    if order.startswith("seeded"):
        torch.manual_seed(42)
    if order == "seeded once":
        for table in made.values():  # which took their numbers before
            torch.randn(table.shape)
    made[name] = torch.randn(shape)
    if order == "early":  # it depends on no other table
        own = torch.Generator().manual_seed(torch.initial_seed() + 9 + EMBEDDINGS.index(name))
        made[name] = torch.randn(shape, generator=own)
    source = made[OTHER_TASK[name] if order == "copied" else numbers_of]
    if source.shape != shape:
        raise ValueError("one table has one shape")
    return source


@part
def weight(draws, start):
    form, width = start
    if form.startswith("uniform"):
        draws = 2 * torch.special.ndtr(draws) - 1
    if form == "uniform above 0":
        draws = (draws + 1) / 2
    if form in CONSTANT:
        draws = torch.full_like(draws, form != "zero")
    return draws * width


@part
def table(net, name, numbers_of, weight, options):
    if options == "Tensor":
        return weight
    tables = net.__dict__.setdefault("tables", {})
    if options == "Parameter":
        return nn.Parameter(weight)
    padding = 0 if options == "padded" else None
    bound = 1.0 if options == "bounded" else None
    rows, columns = weight.shape
    tables[name] = nn.Embedding(rows, columns, padding, bound, _weight=weight)
    tables[name].weight.requires_grad_(options != "frozen")
    if numbers_of != name:
        tables[name].weight = tables[numbers_of].weight
        tables[name].weight.data.copy_(weight)
    return tables[name]
