"""Question 1c: both predictions and all their gradients, with weights that the test has set."""

import numpy as np

from grader import adapter
from grader.engine.check import Check, check
from grader.nets import Case, cases, one_of_each, shallow_cases

PARTS = ("tables", "mlp")
NAMES = ("the interaction", "the rating")


def judge_prediction(check: Check, place: int, nets: tuple[Case, ...]) -> None:
    """Compare the interaction or the rating, and its gradients, with the right ones."""
    calls = [(case.used_net, *case.ids, case.cotangents) for case in nets]
    name = NAMES[place]
    for case, got in zip(nets, check.call_each(adapter.forward_with_gradients, *calls)):
        if got is None:
            continue
        expected, gradients = case.rating() if place else case.interaction()
        check.array_equal(name, got["out"][place], expected, again=got["again"][place])
        for index, (table, right) in enumerate(gradients.items()):
            what = f"{name}'s gradient with respect to {table}"
            check.gradient(what, got["gradients"][place][index], right)


def judge_truth(check: Check, rights: list[bool]) -> None:
    """Require that one prediction was right, of the nets that gave an answer.

    What a test compares with itself counts only then: zeros agree with zeros.
    """
    if rights:
        check.equal("each prediction", any(rights), True, "is wrong, which has to be fixed first")


@check("1c-2", topic="rating, shared", depends_on=PARTS)
def test_rating_with_sharing(check: Check) -> None:
    """With sharing, the rating is MLP([u, q, u * q]), and its gradients reach all that it uses."""
    judge_prediction(check, 1, cases(True, check.variant))


@check("1c-3", topic="interaction, shared", depends_on=PARTS)
def test_interaction_with_sharing(check: Check) -> None:
    """With sharing, the interaction is u . q + a + b, and its gradients reach all that it uses."""
    judge_prediction(check, 0, cases(True, check.variant))


@check("1c-4", topic="rating, separate", depends_on=PARTS)
def test_rating_without_sharing(check: Check) -> None:
    """Without sharing, the rating is the MLP of the tables of the regression, and of no others."""
    judge_prediction(check, 1, cases(False, check.variant))


@check("1c-5", topic="interaction, separate", depends_on=PARTS)
def test_interaction_without_sharing(check: Check) -> None:
    """Without sharing, the interaction uses the tables of the factorization, and no others."""
    judge_prediction(check, 0, cases(False, check.variant))


@check("1c-6", topic="one pair", depends_on=PARTS)
def test_a_pair_alone(check: Check) -> None:
    """A batch of one pair gives the numbers that the pair has in a larger batch, in shape (1,)."""
    nets = one_of_each(check.variant)
    batches = [[case.ids, tuple(ids[2:3] for ids in case.ids)] for case in nets]
    answers = check.call_each(adapter.forward, *((c.net, b) for c, b in zip(nets, batches)))
    rights = []
    for case, got in zip(nets, answers):
        if got is None:
            continue
        batch, alone = got[0], got[1]
        for place, name in enumerate(NAMES):
            check.shape(f"{name} of one pair", alone[place], (1,))
            numbers = batch[place].numbers(6)
            if numbers is not None:
                check.array_equal(f"{name} of one pair", alone[place], numbers[2:3])
        rights.append(case.some_right(batch))
    judge_truth(check, rights)


@check("1c-8", topic="modes", depends_on=PARTS)
def test_the_same_in_training_and_evaluation(check: Check) -> None:
    """Training, evaluation and forward itself give the same predictions, and change nothing."""
    nets = one_of_each(check.variant)
    rights = []
    calls = [(case.net, *case.ids) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.forward_in_modes, *calls)):
        if got is None:
            continue
        for place, name in enumerate(NAMES):
            training, evaluating = got["training"][place], got["evaluating"][place]
            numbers = training.few()
            if numbers is None:
                check.shape(name, training, (6,))
            else:
                check.array_equal(f"{name} in evaluation mode", evaluating, numbers)
                check.array_equal(f"{name} of forward", got["forward"][place], numbers)
        for place, (name, ids) in enumerate(zip(("user_ids", "item_ids"), case.ids)):
            check.array_equal(f"the tensor {name} after the call", got["ids"][place], ids)
        for name, table in case.tables.items():
            check.array_equal(f"the tensor {name} after the call", got["tables"][name], table)
        rights.append(case.some_right(got["training"]))
    judge_truth(check, rights)


@check("1c-9", topic="order", depends_on=PARTS)
def test_each_pair_on_its_own(check: Check) -> None:
    """A pair has the same numbers wherever it stands in a batch, and when it stands there twice."""
    order = np.concatenate([[5, 3, 3, 0, 1], np.arange(1100) % 7 % 6])
    nets = one_of_each(check.variant)
    batches = [[case.ids, tuple(ids[order] for ids in case.ids)] for case in nets]
    answers = check.call_each(adapter.forward, *((c.net, b) for c, b in zip(nets, batches)))
    rights = []
    for case, got in zip(nets, answers):
        if got is None:
            continue
        for place, name in enumerate(NAMES):
            # One value for each pair, or a column or a table of them, which others judge.
            batch, again = got[0][place].few(), got[1][place]
            if batch is None or batch.ndim == 0 or len(batch) != 6 or batch.size > 36:
                check.shape(name, got[0][place], (6,))
            else:
                check.array_equal(f"{name} in another order", again, batch[order])
        rights.append(case.some_right(got[0]))
    judge_truth(check, rights)


@check("1c-11", topic="other sizes", depends_on=(*PARTS, "1c-2", "1c-3", "1c-4", "1c-5"))
def test_other_sizes(check: Check) -> None:
    """A single dense layer does, and so do 40 columns: no size is fixed in forward."""
    nets = shallow_cases(check.variant)
    calls = [(case.used_net, *case.ids, case.cotangents) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.forward_with_gradients, *calls)):
        if got is not None:
            check.array_equal("the interaction", got["out"][0], case.interaction()[0])
            check.array_equal("the rating", got["out"][1], case.rating()[0])
