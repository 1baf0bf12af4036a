"""Question 1c in the small: a net of one column, whose numbers can be worked out by hand."""

import numpy as np

from grader import adapter
from grader.engine.check import Check, check

# User 1 and movie 2, in a net of two users and three movies.
MLP = ([[1, 1, 1], [-1, 0, 0]], [0, 1], [[-1, 4]], [0.5])


def net(tables: dict[str, tuple[float, float]]) -> adapter.Net:
    """Return a net whose tables hold ``(u, q)`` in the last row, and other numbers above."""
    weights = {}
    for names, (u, q) in {**tables, "A B": (0.5, -1)}.items():
        users, movies = names.split()
        weights[users] = np.array([[7], [u]], np.float32)
        weights[movies] = np.array([[-5], [9], [q]], np.float32)
    return {
        "sizes": {
            "num_users": 2,
            "num_items": 3,
            "embedding_dim": 1,
            "layer_sizes": (3, 2),
            "embedding_sharing": len(tables) == 1,
        },
        "tables": weights,
        "dense": [np.array(array, np.float32) for array in MLP],
        "earlier": {},
    }


def judge_pair(check: Check, net: adapter.Net, predictions: float, score: float) -> None:
    """Compare both numbers of the pair, in a batch of two and alone."""
    batches = [([1, 0], [2, 0]), ([1], [2])]
    both, alone = check.call(adapter.forward, net, batches).items[:2] or (None, None)
    if both is None:
        return
    problem = "is not 2: return predictions and score"
    check.equal("the number of returned values", both.length, 2, problem)
    for place, (name, right) in enumerate((("predictions", predictions), ("score", score))):
        check.tensor(name, both[place])
        check.shape(name, both[place], (2,))
        check.shape(f"{name} of a batch of one pair", alone[place], (1,))
        check.array_equal(f"{name} of a batch of one pair", alone[place], [right])


@check("1c-0", topic="example, shared", depends_on=("tables", "mlp"))
def test_shared_forward_of_one_pair(check: Check) -> None:
    """With u = 2, q = 3, a = 0.5, b = -1, predictions are 2 * 3 + 0.5 - 1 = 5.5."""
    judge_pair(check, net({"U Q": (2, 3)}), 5.5, -10.5)


@check("1c-1", topic="example, separate", depends_on=("tables", "mlp"))
def test_separate_forward_of_one_pair(check: Check) -> None:
    """Without sharing, predictions read U_fact and Q_fact, the score U_reg and Q_reg."""
    judge_pair(check, net({"U_reg Q_reg": (2, 3), "U_fact Q_fact": (4, -1)}), -4.5, -10.5)
