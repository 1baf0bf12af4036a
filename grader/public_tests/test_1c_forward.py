"""Question 1c in the small: pairs whose numbers can be worked out by hand."""

from grader import adapter
from grader.engine.check import Check, Value, check
from grader.public_tests import example

PARTS = ("tables", "mlp")
TOPICS = ("interaction", "rating")
NAMES = ("predictions", "score")


def ask(check: Check, sharing: bool, users: list[int], movies: list[int], where: str) -> Value:
    """Return what the forward pass returns for these pairs."""
    method = f"forward_with{'' if sharing else 'out'}_embedding_sharing"
    given = f"net.{method}(tensor({users}), tensor({movies})), where {where}"
    got = check.call(adapter.forward, example.net(sharing), [(users, movies)], given=given)[0]
    problem = "is not 2: return predictions and score"
    check.equal("the number of returned values", got.length, 2, problem)
    return got


def judge_interactions(check: Check, sharing: bool, expected: list[float]) -> None:
    where = f"{example.GIVEN_FACTORS[sharing]}, {example.GIVEN_BIASES}"
    predictions = ask(check, sharing, *example.PAIRS, where)[0]
    check.tensor("predictions", predictions)
    check.array_equal("predictions", predictions, expected)


def judge_ratings(check: Check, sharing: bool) -> None:
    where = f"{example.GIVEN_FEATURES[sharing]}, {example.GIVEN_MLP}"
    score = ask(check, sharing, *example.PAIRS, where)[1]
    check.tensor("score", score)
    check.array_equal("score", score, example.RATINGS)


@check("1c-0", topic="interaction, shared", depends_on=PARTS)
def test_shared_interactions_of_two_pairs(check: Check) -> None:
    """With u = [2, 1], q = [3, -1], a = 1, b = -2, predictions are 2 * 3 - 1 * 1 + 1 - 2 = 4."""
    judge_interactions(check, True, [4, -1])


@check("1c-1", topic="rating, shared", depends_on=PARTS)
def test_shared_ratings_of_two_pairs(check: Check) -> None:
    """With u = [2, 1] and q = [3, -1], score is the MLP of [2, 1, 3, -1, 6, -1], here -4.5."""
    judge_ratings(check, True)


@check("1c-2", topic="interaction, separate", depends_on=PARTS)
def test_separate_interactions_of_two_pairs(check: Check) -> None:
    """Without sharing, predictions read U_fact and Q_fact: 1 * 2 + 3 * 0 + 1 - 2 = 1."""
    judge_interactions(check, False, [1, -4])


@check("1c-3", topic="rating, separate", depends_on=PARTS)
def test_separate_ratings_of_two_pairs(check: Check) -> None:
    """Without sharing, score reads U_reg and Q_reg, for each of its three inputs."""
    judge_ratings(check, False)


@check("1c-4", topic="one pair", depends_on=PARTS)
def test_shapes_of_one_pair(check: Check) -> None:
    """A batch of one pair has predictions and score of shape (1,)."""
    for sharing in (True, False):
        got = ask(check, sharing, [1], [2], "one pair is asked for")
        for place, name in enumerate(NAMES):
            about = f"{TOPICS[place]}, {'shared' if sharing else 'separate'}"
            with check.about(about):
                check.shape(name, got[place], (1,))
