"""Question 1a: how tables start, that they are separate, that they can be trained."""

import numpy as np

from grader import adapter
from grader.engine.check import Check, Value, check, is_constant
from grader.nets import sizes
from grader.public_tests.example import SEPARATE, SHARED
from grader.public_tests.test_1a_tables import BIASES, GROUPS, each, same_numbers

# Rows of the tables whose start is judged, and their columns.
USERS, MOVIES, COLUMNS = 400, 310, 16


def seed_of(check: Check) -> int:
    """Return the seed of a net whose start is judged."""
    return int(check.random(3).randint(2**31))


@check("1a-3", topic="start")
def test_tables_start_normal_and_narrow(check: Check) -> None:
    """Embeddings start normal, with mean 0 and standard deviation 1/embedding_dim."""
    groups = (SHARED, SEPARATE)
    calls = [
        (sizes(USERS, MOVIES, COLUMNS, (48, 5), names is SHARED), names, seed_of(check))
        for names in groups
    ]
    check.topic = ""
    for names, got in zip(groups, check.call_each(adapter.tables, *calls)):
        for name in each(check, names if got else ()):
            form, width = start_of(got[name]["weight"])
            problem = "is not 1/embedding_dim at the start"
            check.equal(f"the spread of {name}", width, "1/embedding_dim", problem)
            problem = "is not that of a normal distribution around 0"
            check.equal(f"the distribution of {name}", form, "normal", problem)
        check.topic = ""


def start_of(weight: Value) -> tuple[str, str]:
    """Say in words how a table's numbers are distributed, and how widely.

    That is the standard deviation, or the largest number of those that are uniform. Of a few
    thousand draws, it is known up to a few percent; of fewer, five standard errors are allowed.
    """
    table = weight.few()
    if table is None or table.ndim != 2 or table.dtype.kind != "f" or not table.size:
        return "none", "no numbers"
    numbers = table.astype(np.float64).ravel()
    if is_constant(numbers):
        return "zero" if not numbers[0] else "one number for all", "0"
    deviation, largest = float(numbers.std()), float(np.abs(numbers).max())
    fourth = (((numbers - numbers.mean()) / deviation) ** 4).mean()  # 3 if normal, 1.8 if uniform
    around_zero = abs(numbers.mean()) < 5 * deviation / len(numbers) ** 0.5
    if abs(fourth - 1.8) < 0.15 and (around_zero or numbers.min() >= 0):
        form = "uniform around 0" if around_zero else "uniform above 0"
        return form, spread(largest, *table.shape)
    error = (24 / len(numbers)) ** 0.5
    form = "normal" if abs(fourth - 3) < max(0.6, 5 * error) else "neither normal nor uniform"
    return form if around_zero else "not around 0", spread(deviation, *table.shape)


def spread(width: float, rows: int, columns: int) -> str:
    """Return the formula whose value a width is, or the width itself."""
    known = {
        "1/embedding_dim": 1 / columns,
        "1/sqrt(embedding_dim)": columns**-0.5,
        "1/embedding_dim**2": columns**-2,
        "1/rows": 1 / rows,
        "1/sqrt(rows)": rows**-0.5,
        "1": 1.0,
        "0.1": 0.1,
        "0.01": 0.01,
        "sqrt(2/(rows + columns))": (2 / (rows + columns)) ** 0.5,
        "sqrt(6/(rows + columns))": (6 / (rows + columns)) ** 0.5,
        "sqrt(2/embedding_dim)": (2 / columns) ** 0.5,
        "sqrt(6/embedding_dim)": (6 / columns) ** 0.5,
    }
    tolerance = max(0.05, 5 / (2 * rows * columns) ** 0.5)
    for name, value in known.items():
        if abs(width - value) <= tolerance * value:
            return name
    return f"{width:.1g}"


@check("1a-4", topic="bias start")
def test_biases_start_at_zero(check: Check) -> None:
    """All biases start at zero."""
    check.topic = ""
    got = check.call(adapter.tables, sizes(60, 70, 4, (12, 5)), BIASES, seed_of(check))
    for name in each(check, BIASES):
        start = bias_start_of(got[name]["weight"])
        check.equal(f"the start of {name}", start, "zero", f"is not zero, but {start}")


def bias_start_of(weight: Value) -> str:
    """Say in words what numbers a bias starts with."""
    numbers = weight.few()
    if numbers is None:
        return "nothing"
    if not np.any(numbers):
        return "zero"
    return "one number for all" if is_constant(numbers) else "numbers that differ"


@check("1a-5", topic="separate")
def test_tables_have_nothing_in_common(check: Check) -> None:
    """Each table is one of its own: none is another one, shares its numbers or copies them."""
    # As many users as movies, so that nothing but care keeps the tables apart.
    for names in GROUPS:
        size = sizes(40, 40, 8, (24, 5), names != SEPARATE)
        calls = [(size, names, seed_of(check) + k) for k in (0, 1)]
        check.topic = ""
        first, second = check.call_each(adapter.tables, *calls)
        for name in each(check, names if first else ()):
            weight, others = first[name]["weight"], names[: names.index(name)]
            check.equal(f"the weight of {name}", weight.few() is not None, True, "is not there")
            owner = first[name]["storage"].text
            check.equal(f"the storage of {name}", owner, name, "is shared with another table")
            twins = [other for other in others if same_numbers(weight, first[other]["weight"])]
            problem = "are those of another table at the start"
            check.equal(f"the numbers of {name}", twins[:1], [], problem)
            if second:
                same = same_numbers(weight, second[name]["weight"])
                problem = "are the same in every net, whatever the seed"
                check.equal(f"the numbers of {name} with another seed", same, False, problem)


@check("1a-6", topic="trainable")
def test_every_row_is_trained(check: Check) -> None:
    """Every row that is looked up in a table is trained, and no other table is."""
    random = check.random(7)
    # More users than movies, as in no public test.
    ids = np.concatenate([[0], random.permutation(np.arange(1, 5))[:2]])
    two = random.uniform(0.5, 3, (3, 2)).astype(np.float32)
    two[0, 1] *= -1
    cotangents = {names: two[:, :1] if names == BIASES else two for names in GROUPS}
    calls = [
        (sizes(6, 5, 2, (6, 3), names != SEPARATE), names, 0, ids, cotangents[names])
        for names in GROUPS
    ]
    check.topic = ""
    for names, got in zip(GROUPS, check.call_each(adapter.tables, *calls)):
        for name in each(check, names if got else ()):
            problem = "is not among the net's parameters"
            registered = got[name]["registered"].is_true
            check.equal(f"the weight of {name}", registered, True, problem)
            rows = cotangents[names]
            shape = (6 if name[0] in "UA" else 5, rows.shape[1])
            check.shape(f"{name}.weight", got[name]["weight"], shape)
            full = got[name]["full"].few()
            if full is None:
                continue  # a table of another shape, or none
            kept = bool((full == adapter.FULL).all())
            check.equal(f"the rows of {name}", kept, True, "change when they are looked up")
            gradient = got[name]["gradient"].numbers(*shape)
            reached = None if gradient is None else gradient[ids].tolist()
            problem = "does not reach all rows that were looked up"
            check.equal(f"the gradient of {name}", reached, rows.tolist(), problem)
            # Of two tables that are one, the first is right.
            before = names[: names.index(name)]
            others = [o.text for o in got[name]["others"].items if o.text in before][:1]
            problem = f"reaches {', '.join(others)} too"
            check.equal(f"the gradient of a row of {name}", others, [], problem)
        check.topic = ""
