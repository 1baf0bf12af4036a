"""Question 1d in the small: two users, every movie."""

import numpy as np

from grader import adapter
from grader.engine.check import Check, check

GIVEN = (
    "net.score_all_items(tensor([1, 0])), where U.weight is [[1], [2]], Q.weight [[3], [0], [-1]], "
    "A.weight [[0.5], [-1]] and B.weight [[0], [1], [2]]"
)
NET: adapter.Net = {
    "sizes": {
        "num_users": 2,
        "num_items": 3,
        "embedding_dim": 1,
        "layer_sizes": (3, 2),
        "embedding_sharing": True,
    },
    "tables": {
        "U": np.array([[1], [2]], np.float32),
        "Q": np.array([[3], [0], [-1]], np.float32),
        "A": np.array([[0.5], [-1]], np.float32),
        "B": np.array([[0], [1], [2]], np.float32),
    },
    "dense": [],
    "earlier": {},
}


@check("1d-0", topic="example", depends_on=("tables", "mlp"))
def test_a_row_for_each_user_and_a_column_for_each_movie(check: Check) -> None:
    """score_all_items returns a row for each user, a column for each movie: u . q + a + b."""
    got = check.call(adapter.score_all_items, NET, [[1, 0]], given=GIVEN)[0]
    check.tensor("what score_all_items returns", got)
    check.array_equal("what score_all_items returns", got, [[5, 0, -1], [3.5, 1.5, 1.5]])
