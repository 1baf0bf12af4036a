"""Question 1a in the small: 4 users, 6 movies, 3 columns."""

from grader import adapter
from grader.engine.check import Check, check

GIVEN = "MultiTaskNet(num_users=4, num_items=6, embedding_dim=3, layer_sizes=(9, 5){})"
SIZES: adapter.Sizes = {
    "num_users": 4,
    "num_items": 6,
    "embedding_dim": 3,
    "layer_sizes": (9, 5),
    "embedding_sharing": True,
}


@check("1a-0", topic="shapes")
def test_shared_tables_have_a_row_for_each_user_and_movie(check: Check) -> None:
    """U has a row for each user, Q a row for each movie, both embedding_dim columns."""
    tables = check.call(adapter.tables, SIZES, ("U", "Q"), given=GIVEN.format(""))
    check.shape("U.weight", tables["U"]["weight"], (4, 3))
    check.shape("Q.weight", tables["Q"]["weight"], (6, 3))


@check("1a-1", topic="shapes")
def test_separate_tables_have_a_row_for_each_user_and_movie(check: Check) -> None:
    """U_reg, Q_reg, U_fact and Q_fact have the shapes of U, Q, U and Q."""
    names = ("U_reg", "Q_reg", "U_fact", "Q_fact")
    given = GIVEN.format(", embedding_sharing=False")
    sizes: adapter.Sizes = {**SIZES, "embedding_sharing": False}
    tables = check.call(adapter.tables, sizes, names, given=given)
    for name, rows in zip(names, (4, 6, 4, 6)):
        check.shape(f"{name}.weight", tables[name]["weight"], (rows, 3))


@check("1a-2", topic="bias shapes")
def test_biases_have_one_column(check: Check) -> None:
    """A has one number for each user, B one for each movie."""
    tables = check.call(adapter.tables, SIZES, ("A", "B"), given=GIVEN.format(""))
    check.shape("A.weight", tables["A"]["weight"], (4, 1))
    check.shape("B.weight", tables["B"]["weight"], (6, 1))
