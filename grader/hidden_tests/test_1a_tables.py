"""Question 1a: how tables start, that they are separate, that they can be trained."""

import numpy as np

from grader.judge import Judge, Value, graded, program_of
from grader.programs import all_but, backward, call, describe_tables, net

SHARED = ("U", "Q")
SEPARATE = ("U_reg", "Q_reg", "U_fact", "Q_fact")
MAKES = {
    SHARED: "init_shared_user_and_item_embeddings",
    SEPARATE: "init_separate_user_and_item_embeddings",
    ("A", "B"): "init_user_and_item_bias",
}


def spread(weight: Value, columns: int) -> str:
    """Say in words how wide a table's numbers are, up to the noise of a few thousand draws."""
    if weight.array is None or weight.array.dtype.kind != "f":
        return "no numbers"
    deviation = float(weight.array.std())
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
    if weight.array is None or weight.array.dtype.kind != "f" or weight.array.std() == 0:
        return "constant"
    numbers = weight.array.astype(np.float64).ravel()
    standard = (numbers - numbers.mean()) / numbers.std()
    if abs(numbers.mean()) > 5 * numbers.std() / len(numbers) ** 0.5:
        return "not around zero"
    return "normal" if abs((standard**4).mean() - 3) < 0.6 else "not normal"


@graded("1a-3-hidden", about="start")
def test_tables_start_normal_and_narrow(judge: Judge) -> None:
    """Embeddings start normal, with mean 0 and standard deviation 1/embedding_dim."""
    programs = {
        names: program_of(
            net(400, 310, 16, (48, 5), names is SHARED, seed=3, spare=all_but(MAKES[names])),
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


@graded("1a-4-hidden", about="bias start")
def test_biases_start_at_zero(judge: Judge) -> None:
    """All biases start at zero."""
    spare = all_but(MAKES["A", "B"])
    answer = judge.ask(net(60, 70, 4, (12, 5), seed=3, spare=spare), describe_tables("A", "B"))
    for name in ("A", "B"):
        array = answer[f"{name}.weight"].array
        start = "nothing" if array is None else "other numbers" if np.any(array) else "zero"
        judge.fact(f"the start of {name}", start, "zero", "is not zero")


@graded("1a-5-hidden", about="separate")
def test_tables_have_nothing_in_common(judge: Judge) -> None:
    """Each table is one of its own: none is another one, shares its numbers or copies them."""
    # As many users as movies, so that nothing but care keeps the tables apart.
    programs = {
        (names, seed): program_of(
            net(40, 40, 8, (24, 5), names != SEPARATE, seed, spare=all_but(MAKES[names])),
            describe_tables(*names),
        )
        for names in MAKES
        for seed in (3, 4)
    }
    answers = {}
    for (names, seed), answer in judge.ask_each(programs):
        answers[names, seed] = answer
        if seed == 4:
            for name in names if (names, 3) in answers else ():
                weights = (answers[names, seed][f"{name}.weight"] for seed in (3, 4))
                problem = "are the same in every net, whatever the seed"
                judge.fact(f"the numbers of {name}", same_numbers(*weights), False, problem)
            continue
        for name in names:
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
    if first.array is None or second.array is None or not first.array.any():
        return False
    return np.array_equal(first.array, second.array)


@graded("1a-6-hidden", about="trainable")
def test_every_row_is_trained(judge: Judge) -> None:
    """Every table belongs to the net's parameters, and each row that is looked up is trained."""
    ids = np.array([0, 2, 3])
    two = np.array([[2.0, -1.0], [0.5, 3.0], [1.0, 1.5]], np.float32)
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
            gradient = answer[f"gradient_{name}:net.{name}.weight"].array
            rows = cotangents[names]
            fits = gradient is not None and gradient.ndim == 2
            fits = fits and len(gradient) > ids.max() and gradient.shape[1] == rows.shape[1]
            reached = gradient[ids].tolist() if fits else None
            problem = "does not reach all rows that were looked up"
            judge.fact(f"the gradient of {name}", reached, rows.tolist(), problem)
