"""A net small enough to work out by hand: two users, three movies, two columns.

The tests ask it about user 1 with movie 2 and user 0 with movie 0, for instance::

    predictions, score = net.forward_with_embedding_sharing(tensor([1, 0]), tensor([2, 0]))
"""

import numpy as np

from grader import adapter

SHARED = ("U", "Q")
SEPARATE = ("U_reg", "Q_reg", "U_fact", "Q_fact")

PAIRS = ([1, 0], [2, 0])
U, Q = [[1, -2], [2, 1]], [[0, 2], [5, 5], [3, -1]]
U_FACT, Q_FACT = [[-1, 2], [1, 3]], [[1, -3], [4, 4], [2, 0]]
A, B = [[2], [1]], [[1], [4], [-2]]
# With the input [u1, u2, q1, q2, u1 * q1, u2 * q2]: 6 to 2 with ReLU, then 2 to 1.
MLP = ([[1, 0, 0, 1, 0, -1], [0, 1, -1, 0, 1, 0]], [1, 0], [[1, -1]], [-3.5])
# User 1 with movie 2: ReLU(2 - 1 + 1 + 1) = 3 and ReLU(1 - 3 + 6) = 4 make 3 - 4 - 3.5 = -4.5.
# User 0 with movie 0: ReLU(1 + 2 + 4 + 1) = 8 and ReLU(-2 - 0 + 0) = 0 make 8 - 0 - 3.5 = 4.5.
ROWS, RATINGS = [[2, 1, 3, -1, 6, -1], [1, -2, 0, 2, 0, -4]], [-4.5, 4.5]

GIVEN_MLP = "mlp_layers of weights {}, biases {}, then weights {}, bias {}".format(*MLP)
GIVEN_BIASES = f"A = {A}, B = {B}"
GIVEN_FACTORS = {
    True: f"U = {U}, Q = {Q}",
    False: f"U_fact = {U_FACT}, Q_fact = {Q_FACT}",
}
GIVEN_FEATURES = {True: f"U = {U}, Q = {Q}", False: f"U_reg = {U}, Q_reg = {Q}"}


def sizes(sharing: bool) -> adapter.Sizes:
    """Return the arguments of ``MultiTaskNet``."""
    return {
        "num_users": 2,
        "num_items": 3,
        "embedding_dim": 2,
        "layer_sizes": (6, 2),
        "embedding_sharing": sharing,
    }


def net(sharing: bool) -> adapter.Net:
    """Return the net; without sharing, U and Q are the tables of the rating."""
    tables = {"U": U, "Q": Q}
    if not sharing:
        tables = {"U_reg": U, "Q_reg": Q, "U_fact": U_FACT, "Q_fact": Q_FACT}
    tables |= {"A": A, "B": B}
    return {
        "sizes": sizes(sharing),
        "tables": {name: np.array(table, np.float32) for name, table in tables.items()},
        "dense": [np.array(array, np.float32) for array in MLP],
        "earlier": {},
    }
