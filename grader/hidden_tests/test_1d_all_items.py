"""Question 1d: every movie's score, with weights that the test has set."""

from dataclasses import replace

import numpy as np

from grader import adapter
from grader.engine.check import Check, check
from grader.nets import cases, large_cases, one_of_each

PARTS = ("tables", "mlp")


def judge_scores(check: Check, sharing: bool) -> None:
    nets = cases(sharing, check.variant)
    calls = [(case.used_net, case.ids[0]) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.score_all_items_in_modes, *calls)):
        if got is None:
            continue
        expected = case.all_scores()
        check.array_equal("the table of scores", got["out"], expected, again=got["again"])
        check.array_equal("the table in evaluation mode", got["evaluating"], expected)
        asked_for = np.bincount(case.user_ids, minlength=case.num_users)[:, None]
        check.gradient("the gradient of A after scoring", got["gradient"], asked_for)
    # Once each: a loop that calls forward for every pair is right, and needs its time.
    large = large_cases(sharing, check.variant)
    one_batch = [(case.net, [case.ids[0]]) for case in large]
    for case, got in zip(large, check.call_each(adapter.score_all_items, *one_batch)):
        if got is not None:
            check.array_equal("the large table of scores", got[0], case.all_scores())


@check("1d-2", topic="shared", depends_on=PARTS)
def test_scores_with_sharing(check: Check) -> None:
    """With sharing, row k holds the interaction of user k with every movie."""
    judge_scores(check, sharing=True)


@check("1d-3", topic="separate", depends_on=PARTS)
def test_scores_without_sharing(check: Check) -> None:
    """Without sharing, the scores come from the tables of the factorization."""
    judge_scores(check, sharing=False)


@check("1d-4", topic="one user", depends_on=PARTS)
def test_one_user_and_the_same_user_twice(check: Check) -> None:
    """A user alone has the row of scores that they have among others, also when asked twice."""
    nets = one_of_each(check.variant)
    batches = [np.arange(5), np.array([3]), np.array([4, 1, 4])]
    rights = []
    calls = [(case.net, batches) for case in nets]
    for case, got in zip(nets, check.call_each(adapter.score_all_items, *calls)):
        if got is None:
            continue
        rows = got[0].numbers(5, 8)
        with check.about("shared" if case.sharing else "separate"):
            check.shape("the table of one user's scores", got[1], (1, 8))
            if rows is not None:
                check.array_equal("the table of one user's scores", got[1], rows[[3]])
                check.array_equal("the table of a user's scores twice", got[2], rows[[4, 1, 4]])
        # Numbers that agree with themselves count where some of them are right: zeros agree.
        expected = replace(case, user_ids=tuple(range(5))).all_scores()
        # Near zero, a bound such as tanh changes nothing.
        right = rows is not None and np.isclose(rows, expected, 1e-4, 1e-5) & (abs(expected) > 0.5)
        rights.append(bool(np.any(right)))
    if rights:
        check.equal("each score", any(rights), True, "is wrong, which has to be fixed first")
