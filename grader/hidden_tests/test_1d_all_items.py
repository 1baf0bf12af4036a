"""Question 1d: every movie's score, with weights that the test has set."""

from dataclasses import replace

import numpy as np

from grader.engine.check import Judge, graded, program_of
from grader.nets import cases, large_cases, one_of_each
from grader.programs import backward, call, mode

APART = ("1a", "1b")


def judge_scores(judge: Judge, sharing: bool) -> None:
    asked = call("net.score_all_items", "user_ids", seed=1)
    programs = {
        case: program_of(
            *case.build(judge, used=asked),
            asked,
            call("net.score_all_items", "user_ids", seed=2, name="again"),
            mode(False),
            call("net.score_all_items", "user_ids", name="evaluating"),
            call("net.A", "user_ids", name="biases"),
            backward("biases", "cotangent", ["net.A.weight"], "gradient"),
            user_ids=case.ids["user_ids"],
            cotangent=np.ones((len(case.user_ids), 1), np.float32),
            **case.weights,
        )
        for case in (*cases(sharing, judge.variant), *large_cases(sharing, judge.variant))
    }
    for case, answer in judge.ask_each(programs):
        expected, again = case.all_scores(), answer["again"]
        judge.equal("the table of scores", answer["out"], expected, again=again)
        judge.equal("the table in evaluation mode", answer["evaluating"], expected)
        asked_for = np.bincount(case.user_ids, minlength=case.num_users)[:, None]
        gradient = answer["gradient:net.A.weight"]
        judge.gradient("the gradient of A after scoring", gradient, asked_for)


@graded("1d-1", about="shared", apart_from=APART)
def test_scores_with_sharing(judge: Judge) -> None:
    """With sharing, row k holds the interaction of user k with every movie."""
    judge_scores(judge, sharing=True)


@graded("1d-2", about="separate", apart_from=APART)
def test_scores_without_sharing(judge: Judge) -> None:
    """Without sharing, the scores come from the tables of the factorization."""
    judge_scores(judge, sharing=False)


@graded("1d-3", about="one user", apart_from=APART)
def test_one_user_and_the_same_user_twice(judge: Judge) -> None:
    """A user alone has the row of scores that they have among others, also when asked twice."""
    programs = {
        case: program_of(
            *case.build(judge),
            call("net.score_all_items", "all_users"),
            call("net.score_all_items", "one", name="alone"),
            call("net.score_all_items", "twice", name="twice"),
            all_users=np.arange(5),
            one=np.array([3]),
            twice=np.array([4, 1, 4]),
            **case.weights,
        )
        for case in one_of_each(judge.variant)
    }
    rights = []
    for case, answer in judge.ask_each(programs):
        judge.shape("the table of one user's scores", answer["alone"], (1, 8))
        rows = answer["out"].numbers(5, 8)
        if rows is not None:
            judge.equal("the table of one user's scores", answer["alone"], rows[[3]])
            judge.equal("the table of a user's scores twice", answer["twice"], rows[[4, 1, 4]])
        # Numbers that agree with themselves count where some of them are right: zeros agree.
        expected = replace(case, user_ids=tuple(range(5))).all_scores()
        rights.append(rows is not None and bool(np.isclose(rows, expected, 1e-4, 1e-5).any()))
    if rights:
        judge.fact("each score", any(rights), True, "is wrong, which has to be fixed first")
