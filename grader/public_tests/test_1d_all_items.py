"""Question 1d in the small: two users, every movie."""

from grader import adapter
from grader.engine.check import Check, check
from grader.public_tests import example

PARTS = ("tables", "mlp")


def judge_scores(check: Check, sharing: bool, expected: list[list[float]]) -> None:
    where = f"{example.GIVEN_FACTORS[sharing]}, {example.GIVEN_BIASES}"
    users = list(range(len(expected)))[::-1]
    given = f"net.score_all_items(tensor({users})), where {where}"
    got = check.call(adapter.score_all_items, example.net(sharing), [users], given=given)[0]
    check.tensor("the table of scores", got)
    check.array_equal("the table of scores", got, expected)


@check("1d-0", topic="shared", depends_on=PARTS)
def test_shared_scores_of_every_movie(check: Check) -> None:
    """score_all_items returns a row for each user, a column for each movie: u . q + a + b."""
    judge_scores(check, True, [[4, 20, 4], [-1, 1, 5]])
    judge_scores(check, True, [[-1, 1, 5]])


@check("1d-1", topic="separate", depends_on=PARTS)
def test_separate_scores_of_every_movie(check: Check) -> None:
    """Without sharing, the scores come from U_fact and Q_fact, as forward's predictions do."""
    judge_scores(check, False, [[-6, 21, 1], [-4, 10, -2]])
