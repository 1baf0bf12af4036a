"""Question 1a: embedding tables and biases, each table an output of its own."""

from types import SimpleNamespace

import torch
from torch import nn

from grader.hidden_tests.test_1a_tables import spread
from grader.misconceptions.entry import CENTRAL, CORNER, Output, Pipeline, each, wrong
from grader.public_tests.example import SEPARATE, SHARED
from grader.public_tests.test_1a_tables import BIASES

CALLS = {
    "shared_tables(net, num_users, num_items)": SHARED,
    "separate_tables(net, num_users, num_items)": SEPARATE,
    "biases(net, num_users, num_items)": BIASES,
}
EMBEDDINGS = (*SHARED, *SEPARATE)
NAMES = {
    "all tables": {*EMBEDDINGS, *BIASES},
    "the embedding tables": {*EMBEDDINGS},
    "the four separate tables": {*SEPARATE},
}
# The table of the users before a table of movies, and the one of the other task.
USERS_OF = {"Q": "U", "Q_reg": "U_reg", "Q_fact": "U_fact", "B": "A"}
OTHER_TASK = {"U_fact": "U_reg", "Q_fact": "Q_reg"}
CONSTANT = ("zero", "one number for all")
BARE = ("Tensor of float32", "Parameter of float32")


def given(sizes, names, seed=0, ids=(), cotangent=()):
    return {"net": SimpleNamespace(**sizes), **sizes}


def looked_at(name):
    """Return which of a table's values the tests look at, and where."""
    start = {
        "drawn_from": ("1a-3", f"the distribution of {name}"),
        "as_wide_as": ("1a-3", f"the spread of {name}"),
    }
    return {
        "shape": ("1a-0", f"the shape of {name}.weight"),
        **({"drawn_from": ("1a-4", f"the start of {name}")} if name in BIASES else start),
        "kind": ("1a-0", f"the weight of {name}"),
        "numbers_of": ("1a-5", f"the storage of {name}"),
    }


def where(topics):
    """Return names of tables as they stand in a sentence."""
    listed = " and ".join(", ".join(topics).rsplit(", ", 1))
    return next((name for name, tables in NAMES.items() if {*topics} == tables), listed)


PIPELINE = Pipeline(
    "1a",
    *(
        Output(call, "table", topic=name, given=given, fixed={"name": name}, words=looked_at(name))
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

    @wrong(CENTRAL, within=tuple(USERS_OF))
    def one_table_for_users_and_movies(name):
        """The numbers in {where} are those of the users' table: training one trains both.
        Does a = b = f() call f once or twice?"""
        return USERS_OF[name]

    @wrong(CENTRAL, within=tuple(OTHER_TASK))
    def one_table_for_both_tasks(name):
        """The numbers in {where} are those of the other task's table.
        If one task's step changes a table, does the other task's table change too?"""
        return OTHER_TASK[name]


@part
class rows:
    """Which ids will be looked up in a table: those of users, or those of movies?"""

    def right(numbers_of, num_users, num_items):
        return num_users if numbers_of[0] in "UA" else num_items

    @each("more", one_row_more="one more", one_row_less="one less")
    def one_row_off(numbers_of, num_users, num_items, more):
        """The number of rows in {where} is {more} than num_users or num_items.
        If ids run from 0, how many rows do num_users ids need?"""
        return (num_users if numbers_of[0] in "UA" else num_items) + (1, -1)[more == "one less"]

    def users_and_movies_swapped(numbers_of, num_users, num_items):
        """The number of rows in {where}, as returned, is the other side's, users or movies."""
        # The tables may have been made rightly, and be returned in each other's places.
        return num_items if numbers_of[0] in "UA" else num_users

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
    @each("columns", hard_coded_columns=32, one_column=1)
    def fixed_columns(columns):
        """The number of columns in {where} is {columns}, whatever embedding_dim is.
        What happens when an experiment asks for another embedding_dim?"""
        return columns

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
    @each("form", uniform_start="uniform around 0", positive_start="uniform above 0")
    def uniform(form):
        """The start of {where} is {form}, not normal.
        Which distribution should the first numbers of a table have?"""
        return form

    @wrong(within=EMBEDDINGS)
    @each("form", zero_tables="zero", constant_tables="one number for all")
    def constant(form):
        """The start of {where} is {form}.
        If all users and movies start the same, can they ever differ?"""
        return form

    @wrong(CORNER, within=BIASES)
    @each("form", biases_of_one="one number for all", random_biases="numbers that differ")
    def not_zero(form):
        """The biases in {where} start with {form}, not at zero."""
        return form


@part
class start:
    """The handout's spread depends on one size of the table only: which one?"""

    def right(distribution, shape):
        return distribution, 1 / shape[-1]

    @wrong(within=EMBEDDINGS)
    def default_initialisation(distribution):
        """The spread at the start is 1 in {where}, which is the default of nn.Embedding.
        Which class at the top of the file starts an embedding the way the handout says?"""
        return distribution, 1.0

    @wrong(within=EMBEDDINGS)
    @each("spread", fixed_spread=0.01, fixed_wider_spread=0.1)
    def fixed(distribution, spread):
        """The spread at the start is {spread} in {where}, whatever embedding_dim is."""
        return distribution, spread

    @wrong(within=EMBEDDINGS)
    def variance_for_deviation(distribution, shape):
        """The spread at the start is 1/sqrt(embedding_dim) in {where}, not 1/embedding_dim.
        A standard deviation is the square root of a variance: which one does std take?"""
        return distribution, shape[1] ** -0.5

    @wrong(within=EMBEDDINGS)
    def spread_by_rows(distribution, shape):
        """The spread at the start depends on the number of rows in {where}."""
        return distribution, 1 / shape[0]

    @wrong(within=EMBEDDINGS)
    @each("name", xavier_start="Xavier", kaiming_start="Kaiming")
    def of_another_author(shape, name):
        """The start is {name} initialisation in {where}."""
        return "uniform around 0", (6 / (sum(shape) if name == "Xavier" else shape[1])) ** 0.5


@part
class order:
    def right():
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
        return "seeded"


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
    @each("kind", tensors_for_tables=BARE[0], parameters_for_tables=BARE[1])
    def bare(kind):
        """A {kind}, which cannot be called with ids, stands in for {where}.
        What does an nn.Embedding have that its weight alone does not?"""
        return kind


@part
def kind(options):
    return options if options in BARE else "a table of numbers"


@part
def drawn_from(start, options):
    return None if options in BARE else start[0]


@part
def as_wide_as(start, shape, options):
    if options in BARE:
        return None
    return "0" if start[0] in CONSTANT else spread(start[1], *shape)


@part
def weight(net, name, numbers_of, order, shape, start):
    made = net.__dict__.setdefault("made", {})  # a dict, whose tensors are no parameters
    if order == "seeded":
        torch.manual_seed(42)
        for table in made.values():  # which took their numbers before
            torch.randn(table.shape)
    made[name] = torch.randn(shape)
    if order == "early":  # it depends on no other table
        own = torch.Generator().manual_seed(torch.initial_seed() + 9 + EMBEDDINGS.index(name))
        made[name] = torch.randn(shape, generator=own)
    draws = made[OTHER_TASK[name] if order == "copied" else numbers_of]
    if draws.shape != shape:
        raise ValueError("one table has one shape")
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
    if options in BARE:
        return weight if options.startswith("Tensor") else nn.Parameter(weight)
    tables = net.__dict__.setdefault("tables", {})
    padding = 0 if options == "padded" else None
    bound = 1.0 if options == "bounded" else None
    tables[name] = nn.Embedding(*weight.shape, padding, bound, _weight=weight)
    tables[name].weight.requires_grad_(options != "frozen")
    if numbers_of != name:
        tables[name].weight = tables[numbers_of].weight
        tables[name].weight.data.copy_(weight)
    return tables[name]
