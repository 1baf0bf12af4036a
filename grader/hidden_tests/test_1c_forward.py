"""Question 1c: both predictions and all their gradients, with weights that the test has set."""

import numpy as np

from grader.engine.check import Answer, Judge, graded, program_of
from grader.nets import Case, cases, one_of_each, shallow_cases
from grader.programs import call, mode, report, train

APART = ("1a", "1b")


def judge_rating(judge: Judge, sharing: bool) -> None:
    programs = {case: case.forward(judge) for case in cases(sharing, judge.variant)}
    for case, answer in judge.ask_each(programs):
        expected, gradients = case.rating()
        judge.equal("the rating", answer["out.1"], expected, again=answer["again.1"])
        judge_gradients(judge, "rating", answer, gradients)


def judge_interaction(judge: Judge, sharing: bool) -> None:
    programs = {case: case.forward(judge) for case in cases(sharing, judge.variant)}
    for case, answer in judge.ask_each(programs):
        expected, gradients = case.interaction()
        judge.equal("the interaction", answer["out.0"], expected, again=answer["again.0"])
        judge_gradients(judge, "interaction", answer, gradients)


def judge_gradients(
    judge: Judge, name: str, answer: Answer, gradients: dict[str, np.ndarray]
) -> None:
    for path, expected in gradients.items():
        table = path.removeprefix("net.").removesuffix(".weight")
        what = f"the {name}'s gradient with respect to {table}"
        judge.gradient(what, answer[f"{name}:{path}"], expected)


def judge_truth(judge: Judge, rights: list[bool]) -> None:
    """Require that one prediction was right, of the nets that gave an answer.

    What a test compares with itself counts only then: zeros agree with zeros.
    """
    if rights:
        judge.fact("each prediction", any(rights), True, "is wrong, which has to be fixed first")


@graded("1c-2", about="rating, shared", apart_from=APART)
def test_rating_with_sharing(judge: Judge) -> None:
    """With sharing, the rating is MLP([u, q, u * q]), and its gradients reach all that it uses."""
    judge_rating(judge, sharing=True)


@graded("1c-3", about="interaction, shared", apart_from=APART)
def test_interaction_with_sharing(judge: Judge) -> None:
    """With sharing, the interaction is u . q + a + b, and its gradients reach all that it uses."""
    judge_interaction(judge, sharing=True)


@graded("1c-4", about="rating, separate", apart_from=APART)
def test_rating_without_sharing(judge: Judge) -> None:
    """Without sharing, the rating is the MLP of the tables of the regression, and of no others."""
    judge_rating(judge, sharing=False)


@graded("1c-5", about="interaction, separate", apart_from=APART)
def test_interaction_without_sharing(judge: Judge) -> None:
    """Without sharing, the interaction uses the tables of the factorization, and no others."""
    judge_interaction(judge, sharing=False)


@graded("1c-6", about="one pair", apart_from=APART)
def test_a_pair_alone(judge: Judge) -> None:
    """A batch of one pair gives the numbers that the pair has in a larger batch, in shape (1,)."""
    programs = {
        case: program_of(
            *case.build(judge),
            call(case.method, "user_ids", "item_ids"),
            call(case.method, "user_id", "item_id", name="alone"),
            **case.ids,
            user_id=case.ids["user_ids"][2:3],
            item_id=case.ids["item_ids"][2:3],
            **case.weights,
        )
        for case in one_of_each(judge.variant)
    }
    rights = []
    for case, answer in judge.ask_each(programs):
        for index, name in enumerate(("the interaction", "the rating")):
            batch = answer[f"out.{index}"].numbers(6)
            alone = answer[f"alone.{index}"]
            judge.shape(f"{name} of one pair", alone, (1,))
            if batch is not None:
                judge.equal(f"{name} of one pair", alone, batch[2:3])
        rights.append(case.some_right(answer, "out"))
    judge_truth(judge, rights)


@graded("1c-7", about="no pair", apart_from=APART)
def test_no_pair_at_all(judge: Judge) -> None:
    """An empty batch gives two empty tensors."""
    programs = {
        case: program_of(
            *case.build(judge),
            call(case.method, "nobody", "nothing"),
            call(case.method, "user_ids", "item_ids", name="some"),
            nobody=np.zeros(0, np.int64),
            nothing=np.zeros(0, np.int64),
            **case.ids,
            **case.weights,
        )
        for case in one_of_each(judge.variant)
    }
    rights = []
    for case, answer in judge.ask_each(programs):
        for index, name in enumerate(("the interaction", "the rating")):
            judge.shape(f"{name} of an empty batch", answer[f"out.{index}"], (0,))
        rights.append(case.some_right(answer, "some"))
    judge_truth(judge, rights)


@graded("1c-8", about="modes", apart_from=APART)
def test_the_same_in_training_and_evaluation(judge: Judge) -> None:
    """Training, evaluation and forward itself give the same predictions, and change nothing."""
    programs = {
        case: program_of(
            *case.build(judge),
            call("net.forward", "user_ids", "item_ids", name="forward"),
            call(case.method, "user_ids", "item_ids", name="training"),
            mode(False),
            call(case.method, "user_ids", "item_ids", name="evaluating"),
            report("user_ids", "item_ids", *(f"net.{name}.weight" for name in case.tables)),
            **case.ids,
            **case.weights,
        )
        for case in one_of_each(judge.variant)
    }
    rights = []
    for case, answer in judge.ask_each(programs):
        for index, name in enumerate(("the interaction", "the rating")):
            first, second = (answer[f"{when}.{index}"] for when in ("training", "evaluating"))
            numbers = first.few()
            if numbers is None:
                judge.shape(name, first, (6,))
            else:
                judge.equal(f"{name} in evaluation mode", second, numbers)
                judge.equal(f"{name} of forward", answer[f"forward.{index}"], numbers)
        for name, array in case.ids.items():
            judge.equal(f"the tensor {name} after the call", answer[name], array)
        for name, table in case.tables.items():
            judge.equal(f"the tensor {name} after the call", answer[f"net.{name}.weight"], table)
        rights.append(case.some_right(answer, "training"))
    judge_truth(judge, rights)


@graded("1c-9", about="order", apart_from=APART)
def test_each_pair_on_its_own(judge: Judge) -> None:
    """A pair has the same numbers wherever it stands in a batch, and when it stands there twice."""
    order = np.concatenate([[5, 3, 3, 0, 1], np.arange(1100) % 7 % 6])
    programs = {
        case: program_of(
            *case.build(judge),
            call(case.method, "user_ids", "item_ids"),
            call(case.method, "users_again", "items_again", name="again"),
            **case.ids,
            users_again=case.ids["user_ids"][order],
            items_again=case.ids["item_ids"][order],
            **case.weights,
        )
        for case in one_of_each(judge.variant)
    }
    rights = []
    for case, answer in judge.ask_each(programs):
        for index, name in enumerate(("the interaction", "the rating")):
            # One value for each pair, or a column or a table of them, which others judge.
            batch = answer[f"out.{index}"].few()
            if batch is None or batch.ndim == 0 or len(batch) != 6 or batch.size > 36:
                judge.shape(name, answer[f"out.{index}"], (6,))
            else:
                judge.equal(f"{name} in another order", answer[f"again.{index}"], batch[order])
        rights.append(case.some_right(answer, "out"))
    judge_truth(judge, rights)


@graded(
    "1c-10",
    about="training",
    needs=("2a-1", "2b-1", "2c-1"),
    apart_from=APART,
    telling=False,
)
def test_training_lowers_both_losses(judge: Judge) -> None:
    """Training for a few steps with your own losses lowers both of them."""
    random = judge.random(7)
    users, movies = random.randint(0, 30, 300), random.randint(0, 40, 300)
    batch = {
        "users": users,
        "movies": movies,
        "negatives": random.randint(0, 40, 300),
        "ratings": (1 + (users + movies) % 5).astype(np.float32),
    }
    learn = train(*batch, weights=(0.5, 0.5), steps=40, learning_rate=0.02)
    programs = {}
    for sharing in (True, False):
        case = Case(30, 40, 8, (24, 16), sharing, (0,), (0,), seed=3, variant=judge.variant)
        programs[sharing] = program_of(case.build(judge)[0], learn, **batch)
    for _, answer in judge.ask_each(programs):
        losses = answer["losses"].numbers(40, 2)
        falls = [losses is not None and bool(losses[-1, k] < 0.9 * losses[0, k]) for k in (0, 1)]
        judge.fact("the factorization loss", falls[0], True, "does not fall in training")
        judge.fact("the regression loss", falls[1], True, "does not fall in training")


@graded(
    "1c-11",
    about="other sizes",
    needs=("1c-2", "1c-3", "1c-4", "1c-5"),
    apart_from=APART,
)
def test_other_sizes(judge: Judge) -> None:
    """A single dense layer does, and so do 40 columns: no size is fixed in forward."""
    programs = {case: case.forward(judge) for case in shallow_cases(judge.variant)}
    for case, answer in judge.ask_each(programs):
        judge.equal("the interaction", answer["out.0"], case.interaction()[0])
        judge.equal("the rating", answer["out.1"], case.rating()[0])
