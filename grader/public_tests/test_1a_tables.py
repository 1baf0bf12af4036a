"""Question 1a in the small: 4 users, 6 movies, 3 columns."""

from collections.abc import Iterable, Iterator

import numpy as np

from grader import adapter
from grader.engine.check import Check, Stopped, Value, check, described, is_constant
from grader.public_tests.example import SEPARATE, SHARED

BIASES = ("A", "B")
GROUPS = (SHARED, SEPARATE, BIASES)


def tables(
    check: Check, names: tuple[str, ...], num_users: int = 4, num_items: int = 6
) -> dict[str, Value]:
    """Return what ``adapter.tables`` says of each table of a new net.

    Nothing of a call that failed, which is remembered: other tables may tell more.
    """
    size: adapter.Sizes = {
        "num_users": num_users,
        "num_items": num_items,
        "embedding_dim": 3,
        "layer_sizes": (9, 5),
        "embedding_sharing": names != SEPARATE,
    }
    separate = ", embedding_sharing=False" if names == SEPARATE else ""
    given = (
        f"MultiTaskNet(num_users={num_users}, num_items={num_items}, embedding_dim=3, "
        f"layer_sizes=(9, 5){separate})"
    )
    check.topic = ""
    try:
        got = check.call(adapter.tables, size, names, given=given)
    except Stopped:
        return {}
    for name in each(check, names):
        kind = "a table of numbers" if got[name]["weight"].shape else described(got[name]["table"])
        wanted = "a table of numbers"
        check.equal(f"the weight of {name}", kind, wanted, "is not there", (wanted, kind))
    return {name: got[name] for name in names}


def each(check: Check, names: Iterable[str]) -> Iterator[str]:
    """Yield names of tables; what is compared is about the one that was yielded."""
    for check.topic in names:
        yield check.topic


@check("1a-0", topic="shapes")
def test_tables_have_a_row_for_each_user_or_movie(check: Check) -> None:
    """Each table has a row for each user or movie; A and B have 1 column, others embedding_dim."""
    for names in GROUPS:
        got = tables(check, names)
        for name in each(check, got):
            rows = 4 if name[0] in "UA" else 6
            columns = 1 if names == BIASES else 3
            check.shape(f"{name}.weight", got[name]["weight"], (rows, columns))


@check("1a-1", topic="separate")
def test_no_table_is_another_one(check: Check) -> None:
    """No table shares its weight with another one: with separate tables, there are four."""
    for names in GROUPS:
        got = tables(check, names, num_items=4)
        for name in each(check, got):
            owner = got[name]["storage"].text
            problem = f"is {owner}.weight, so that training one trains the other"
            kinds = ("a table of its own", f"the table {owner}")
            check.equal(f"{name}.weight", owner, name, problem, kinds)


@check("1a-2", topic="order")
def test_tables_are_made_in_the_order_in_which_they_are_returned(check: Check) -> None:
    """Tables are made in the order in which they are returned, which fixes their numbers."""
    for names in (SHARED, SEPARATE):
        few, more_users = tables(check, names), tables(check, names, num_users=9)
        more_movies = tables(check, names, num_items=9)
        if not (few and more_users and more_movies):
            continue
        # More rows in one table are other numbers in those that are made after it.
        for after, name in zip(names, each(check, names[1:])):
            other = more_movies if name.startswith("U") else more_users
            grown = few[after]["weight"].shape != other[after]["weight"].shape
            early = grown and same_numbers(few[name]["weight"], other[name]["weight"])
            kinds = (f"{after}, then {name}", f"{name}, then {after}")
            check.equal(name, early, False, f"is made before {after}", kinds)


def same_numbers(first: Value, second: Value) -> bool:
    """Whether two tables that should be random start with the same numbers."""
    one, other = first.few(), second.few()
    if one is None or other is None or is_constant(one):
        return False  # a table that starts with one number all over loses points for that
    return np.array_equal(one, other)
