"""Question 1c: both predictions and all their gradients, with weights that the test has set."""

from collections.abc import Sequence

from grader import adapter
from grader.engine.check import Check, check
from grader.nets import Case, cases, large_cases, one_of_each, shallow_cases
from grader.public_tests.example import SEPARATE, SHARED

PARTS = ("tables", "mlp")
TOPICS = ("interaction", "rating")
NAMES = ("the interaction", "the rating")
TASKS = ("_fact", "_reg")


def judge_prediction(check: Check, places: Sequence[int], nets: Sequence[Case]) -> None:
    """Compare the interaction (0) or the rating (1), and its gradients, with the right ones."""
    calls = [(case.used_net, *case.ids, case.cotangents) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.forward_with_gradients, *calls)):
        for place in places if got else ():
            name = NAMES[place]
            expected, gradients = case.rating() if place else case.interaction()
            with check.about(topic(place, case)):
                check.array_equal(name, got["out"][place], expected, again=got["again"][place])
                for index, (table, right) in enumerate(gradients.items()):
                    what = f"{name}'s gradient with respect to {table}"
                    check.gradient(what, got["gradients"][place][index], right)


def topic(place: int, case: Case) -> str:
    """Return the topic of a prediction in a net of this kind."""
    return f"{TOPICS[place]}, {'shared' if case.sharing else 'separate'}"


def judge_truth(check: Check, rights: list[bool]) -> None:
    """Require that one prediction was right, of the nets that gave an answer.

    What a test compares with itself counts only then: zeros agree with zeros.
    """
    if rights:
        check.equal("each prediction", any(rights), True, "is wrong, which has to be fixed first")


@check("1c-5", topic="interaction, shared", depends_on=PARTS)
def test_interaction_with_sharing(check: Check) -> None:
    """With sharing, the interaction is u . q + a + b, and its gradients reach all that it uses."""
    judge_prediction(check, (0,), cases(True, check.variant))


@check("1c-6", topic="rating, shared", depends_on=PARTS)
def test_rating_with_sharing(check: Check) -> None:
    """With sharing, the rating is MLP([u, q, u * q]), and its gradients reach all that it uses."""
    judge_prediction(check, (1,), cases(True, check.variant))


@check("1c-7", topic="interaction, separate", depends_on=PARTS)
def test_interaction_without_sharing(check: Check) -> None:
    """Without sharing, the interaction uses the tables of the factorization, and no others."""
    judge_prediction(check, (0,), cases(False, check.variant))


@check("1c-8", topic="rating, separate", depends_on=PARTS)
def test_rating_without_sharing(check: Check) -> None:
    """Without sharing, the rating is the MLP of the tables of the regression, and of no others."""
    judge_prediction(check, (1,), cases(False, check.variant))


@check("1c-9", topic="trained tables", depends_on=PARTS)
def test_each_prediction_trains_the_tables_of_its_task(check: Check) -> None:
    """Each prediction trains the embeddings of its own task, and of no other."""
    nets = one_of_each(check.variant)
    calls = [(case.net, *case.ids) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.trained_tables, *calls)):
        for place, name in enumerate(NAMES if got else ()):
            trained = {table.text for table in got[place].items}
            for table in SHARED if case.sharing else SEPARATE:
                own = case.sharing or table.endswith(TASKS[place])
                problem = f"does not train {table}" if own else f"trains {table}, of the other task"
                with check.about(topic(place, case)):
                    check.equal(name, table in trained, own, problem)


@check("1c-10", topic="one pair", depends_on=PARTS)
def test_a_pair_alone(check: Check) -> None:
    """A batch of one pair gives the numbers that the pair has in a larger batch, in shape (1,)."""
    nets = one_of_each(check.variant)
    # A pair that another one of the batch cannot stand for.
    places = [slice(case.unlike_the_first, case.unlike_the_first + 1) for case in nets]
    batches = [[c.ids, tuple(ids[p] for ids in c.ids)] for c, p in zip(nets, places)]
    answers = check.call_each(adapter.forward, *((c.net, b) for c, b in zip(nets, batches)))
    rights = []
    for case, chosen, got in zip(nets, places, answers):
        if got is None:
            continue
        batch, alone = got[0], got[1]
        for place, name in enumerate(NAMES):
            with check.about(topic(place, case)):
                check.shape(f"{name} of one pair", alone[place], (1,))
                numbers = batch[place].numbers(6)
                if numbers is not None:
                    check.array_equal(f"{name} of one pair", alone[place], numbers[chosen])
        rights.append(case.some_right(batch))
    judge_truth(check, rights)


@check("1c-11", topic="modes", depends_on=PARTS)
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
            with check.about(topic(place, case)):
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


@check("1c-12", topic="whole", depends_on=PARTS)
def test_the_whole_forward_pass_in_nets_of_other_sizes(check: Check) -> None:
    """Both predictions and their gradients are right in nets of any sizes, for batches of any."""
    judge_prediction(check, (0, 1), shallow_cases(check.variant))
    nets = [large_cases(sharing, check.variant)[1] for sharing in (True, False)]
    answers = check.call_each(adapter.forward, *((case.net, [case.ids]) for case in nets))
    for case, got in zip(nets, answers):
        for place, right in enumerate((case.interaction, case.rating) if got else ()):
            with check.about(topic(place, case)):
                check.array_equal(f"{NAMES[place]} of many pairs", got[0][place], right()[0])
