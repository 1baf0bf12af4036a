"""Question 1a: how tables start, that they are separate, that they can be trained."""

import numpy as np

from grader.engine.check import Judge, Value, graded, is_constant, program_of
from grader.programs import all_but, backward, call, describe_tables, net

SHARED = ("U", "Q")
SEPARATE = ("U_reg", "Q_reg", "U_fact", "Q_fact")
MAKES = {
    SHARED: "init_shared_user_and_item_embeddings",
    SEPARATE: "init_separate_user_and_item_embeddings",
    ("A", "B"): "init_user_and_item_bias",
}


def seed_of(judge: Judge) -> int:
    """Return the seed of a net whose start is judged."""
    return int(judge.random(3).randint(2**31))


def spread(weight: Value, columns: int) -> str:
    """Say in words how wide a table's numbers are, up to the noise of a few thousand draws."""
    numbers = weight.few()
    if numbers is None or numbers.dtype.kind != "f":
        return "no numbers"
    deviation = float(numbers.std())
    known = {
        "0": 0.0,
        "1/embedding_dim": 1 / columns,
        "1/sqrt(embedding_dim)": columns**-0.5,
        "1": 1.0,
        "0.1": 0.1,
        "0.01": 0.01,
    }
    for name, value in known.items():
        if abs(deviation - value) <= 0.06 * value:
            return name
    return f"{deviation:.1g}"


def form(weight: Value) -> str:
    """Say whether numbers look like draws from a normal distribution around zero."""
    table = weight.few()
    if table is None or table.dtype.kind != "f" or table.std() == 0:
        return "constant"
    numbers = table.astype(np.float64).ravel()
    standard = (numbers - numbers.mean()) / numbers.std()
    if abs(numbers.mean()) > 5 * numbers.std() / len(numbers) ** 0.5:
        return "not around zero"
    return "normal" if abs((standard**4).mean() - 3) < 0.6 else "not normal"


@graded("1a-3", about="start")
def test_tables_start_normal_and_narrow(judge: Judge) -> None:
    """Embeddings start normal, with mean 0 and standard deviation 1/embedding_dim."""
    programs = {
        names: program_of(
            net(
                *(400, 310, 16, (48, 5), names is SHARED),
                seed=seed_of(judge),
                spare=all_but(MAKES[names]),
            ),
            describe_tables(*names),
        )
        for names in (SHARED, SEPARATE)
    }
    for names, answer in judge.ask_each(programs):
        for name in names:
            weight = answer[f"{name}.weight"]
            deviation = spread(weight, 16)
            problem = "is not 1/embedding_dim at the start"
            judge.fact(f"the spread of {name}", deviation, "1/embedding_dim", problem)
            problem = "is not that of a normal distribution around 0"
            judge.fact(f"the distribution of {name}", form(weight), "normal", problem)


@graded("1a-4", about="bias start")
def test_biases_start_at_zero(judge: Judge) -> None:
    """All biases start at zero."""
    spare = all_but(MAKES["A", "B"])
    made = net(60, 70, 4, (12, 5), seed=seed_of(judge), spare=spare)
    answer = judge.ask(made, describe_tables("A", "B"))
    for name in ("A", "B"):
        start = start_of(answer[f"{name}.weight"])
        judge.fact(f"the start of {name}", start, "zero", f"is not zero, but {start}")


def start_of(weight: Value) -> str:
    """Say in words what numbers a bias starts with."""
    numbers = weight.few()
    if numbers is None:
        return "nothing"
    if not np.any(numbers):
        return "zero"
    return "one number for all" if is_constant(numbers) else "numbers that differ"


@graded("1a-5", about="separate")
def test_tables_have_nothing_in_common(judge: Judge) -> None:
    """Each table is one of its own: none is another one, shares its numbers or copies them."""
    seeds = first, second = seed_of(judge), seed_of(judge) + 1
    # As many users as movies, so that nothing but care keeps the tables apart.
    programs = {
        (names, seed): program_of(
            net(40, 40, 8, (24, 5), names != SEPARATE, seed, spare=all_but(MAKES[names])),
            describe_tables(*names),
        )
        for names in MAKES
        for seed in seeds
    }
    answers = {}
    for (names, seed), answer in judge.ask_each(programs):
        answers[names, seed] = answer
        if seed == second:
            for name in names if (names, first) in answers else ():
                weights = (answers[names, seed][f"{name}.weight"] for seed in seeds)
                problem = "are the same in every net, whatever the seed"
                judge.fact(f"the numbers of {name}", same_numbers(*weights), False, problem)
            continue
        for name in names:
            found = answer[f"{name}.weight"].few() is not None
            judge.fact(f"the weight of {name}", found, True, "is not there")
            owner = answer[name].facts.get("storage")
            judge.fact(f"the storage of {name}", owner, name, "is shared with another table")
        for index, name in enumerate(names):
            twins = [
                other
                for other in names[:index]
                if same_numbers(answer[f"{name}.weight"], answer[f"{other}.weight"])
            ]
            problem = "are those of another table at the start"
            judge.fact(f"the numbers of {name}", twins, [], problem)


def same_numbers(first: Value, second: Value) -> bool:
    """Whether two tables that should be random start with the same numbers."""
    one, other = first.few(), second.few()
    if one is None or other is None or is_constant(one):
        return False  # a table that starts with one number all over loses points for that
    return np.array_equal(one, other)


@graded("1a-6", about="trainable")
def test_every_row_is_trained(judge: Judge) -> None:
    """Every table belongs to the net's parameters, and each row that is looked up is trained."""
    random = judge.random(7)
    ids = np.concatenate([[0], random.permutation(np.arange(1, 5))[:2]])
    two = random.uniform(0.5, 3, (3, 2)).astype(np.float32)
    two[0, 1] *= -1
    cotangents = {names: two[:, :1] if names == ("A", "B") else two for names in MAKES}
    programs = {
        names: program_of(
            net(5, 6, 2, (6, 3), names != SEPARATE, spare=all_but(MAKES[names])),
            describe_tables(*names),
            *(call(f"net.{name}", "ids", name=f"rows_{name}") for name in names),
            *(
                backward(f"rows_{name}", "cotangent", [f"net.{name}.weight"], f"gradient_{name}")
                for name in names
            ),
            ids=ids,
            cotangent=cotangents[names],
        )
        for names in MAKES
    }
    for names, answer in judge.ask_each(programs):
        for name in names:
            facts = answer[name].facts
            problem = "is not among the net's parameters"
            judge.fact(f"the weight of {name}", facts.get("registered"), True, problem)
            gradient = answer[f"gradient_{name}:net.{name}.weight"].few()
            rows = cotangents[names]
            fits = gradient is not None and gradient.ndim == 2
            fits = fits and len(gradient) > ids.max() and gradient.shape[1] == rows.shape[1]
            reached = gradient[ids].tolist() if fits else None
            problem = "does not reach all rows that were looked up"
            judge.fact(f"the gradient of {name}", reached, rows.tolist(), problem)
