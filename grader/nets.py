"""Nets small enough to judge number by number: sizes, weights, pairs, and the right answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from grader import adapter, oracle
from grader.engine.check import Value, agree
from grader.public_tests.example import SEPARATE, SHARED


def sizes(
    num_users: int,
    num_items: int,
    embedding_dim: int,
    layer_sizes: tuple[int, ...],
    embedding_sharing: bool = True,
) -> adapter.Sizes:
    """Return the arguments of ``MultiTaskNet`` by name."""
    return {
        "num_users": num_users,
        "num_items": num_items,
        "embedding_dim": embedding_dim,
        "layer_sizes": layer_sizes,
        "embedding_sharing": embedding_sharing,
    }


@dataclass(frozen=True)
class Case:
    """A net with weights of our own, none of them zero, and the pairs that it is asked about."""

    num_users: int
    num_items: int
    embedding_dim: int
    layer_sizes: tuple[int, ...]
    sharing: bool
    user_ids: tuple[int, ...]
    item_ids: tuple[int, ...]
    seed: int
    variant: int
    draw: int = 0

    @cached_property
    def tables(self) -> dict[str, np.ndarray]:
        """Tables and biases by attribute name."""
        random = np.random.RandomState((self.seed, self.variant, self.draw))
        names = SHARED if self.sharing else SEPARATE
        rows = [self.num_users, self.num_items]
        tables = {
            name: random.normal(size=(rows[index % 2], self.embedding_dim))
            for index, name in enumerate(names)
        }
        tables |= {name: random.normal(size=(count, 1)) for name, count in zip("AB", rows)}
        return {name: table.astype(np.float32) for name, table in tables.items()}

    @cached_property
    def dense(self) -> list[np.ndarray]:
        """Weight and bias of each layer."""
        random = np.random.RandomState((self.seed + 1, self.variant, self.draw))
        arrays = []
        for inputs, outputs in zip(self.layer_sizes, (*self.layer_sizes[1:], 1)):
            arrays.append(random.normal(scale=1.7 / inputs**0.5, size=(outputs, inputs)))
            arrays.append(random.normal(size=outputs))
        return [array.astype(np.float32) for array in arrays]

    @cached_property
    def cotangents(self) -> np.ndarray:
        """Of the interaction and of the rating."""
        random = np.random.RandomState((self.seed + 2, self.variant, self.draw))
        return random.normal(size=(2, len(self.user_ids))).astype(np.float32)

    @property
    def ids(self) -> tuple[np.ndarray, np.ndarray]:
        """The users and the movies of the pairs."""
        return np.array(self.user_ids), np.array(self.item_ids)

    @property
    def unlike_the_first(self) -> int:
        """The place of a pair with another user and another movie than the first one's."""
        (first_user, *_), (first_item, *_) = self.user_ids, self.item_ids
        pairs = enumerate(zip(self.user_ids, self.item_ids))
        return next(n for n, (u, q) in pairs if u != first_user and q != first_item)

    @property
    def sizes(self) -> adapter.Sizes:
        return sizes(
            self.num_users, self.num_items, self.embedding_dim, self.layer_sizes, self.sharing
        )

    @property
    def net(self) -> adapter.Net:
        """The net as the adapter takes it, without earlier weights."""
        return {"sizes": self.sizes, "tables": self.tables, "dense": self.dense, "earlier": {}}

    @property
    def used_net(self) -> adapter.Net:
        """The net after a call with other weights."""
        earlier = {name: 1 - table for name, table in self.tables.items()}
        return {**self.net, "earlier": earlier}

    @property
    def inputs(self) -> list[str]:
        """What gradients are asked for: the tables, then the MLP's parameters."""
        return [*self.tables, *(f"dense.{index}" for index in range(len(self.dense)))]

    def rating(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The right ratings, and the gradient that reaches each input."""
        u, q = self._rating_tables
        users, items = self.ids
        rows, dense = self._rating_arguments()
        du, dq, ddense = oracle.rating_gradients(*rows, dense, self.cotangents[1])
        gradients = self._no_gradients()
        gradients[u] = oracle.rows_gradient(self.tables[u], users, du)
        gradients[q] = oracle.rows_gradient(self.tables[q], items, dq)
        gradients |= {f"dense.{index}": gradient for index, gradient in enumerate(ddense)}
        return oracle.rating(*rows, dense), gradients

    def each_relu_shows(self) -> bool:
        """Whether the rating of one pair changes with each ReLU that is left out.

        That is so where some units of each hidden layer are cut off, and others are not.
        """
        rows, dense = self._rating_arguments()
        hidden = oracle.mlp_activations(oracle.features(*rows), dense)[1:-1]
        shows = [(units == 0).any(axis=1) & (units > 0).any(axis=1) for units in hidden]
        return not shows or bool(np.logical_and.reduce(shows).any())

    def interaction(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The right interactions, and the gradient that reaches each input."""
        u, q = ("U", "Q") if self.sharing else ("U_fact", "Q_fact")
        users, items = self.ids
        ids = {u: users, q: items, "A": users, "B": items}
        rows = {name: self._double(name)[ids[name]] for name in ids}
        cotangent = self.cotangents[0].astype(np.float64)[:, None]
        reached = {u: cotangent * rows[q], q: cotangent * rows[u], "A": cotangent, "B": cotangent}
        gradients = self._no_gradients()
        for name, gradient in reached.items():
            total = oracle.rows_gradient(self.tables[name], ids[name], gradient)
            gradients[name] = total
        return oracle.interaction(rows[u], rows[q], rows["A"], rows["B"]), gradients

    def some_right(self, predictions: Value) -> bool:
        """Whether one of two predictions of the case's pairs is right, in either place."""
        rights = (self.interaction()[0], self.rating()[0])
        got = [predictions[index].numbers(len(self.user_ids)) for index in (0, 1)]
        return any(agree(numbers, right) for numbers in got for right in rights)

    def all_scores(self) -> np.ndarray:
        """The right interaction of each asked user with every movie."""
        u, q = ("U", "Q") if self.sharing else ("U_fact", "Q_fact")
        users = np.array(self.user_ids)
        products = self._double(u)[users] @ self._double(q).T
        return products + self._double("A")[users] + self._double("B").T

    @property
    def _rating_tables(self) -> tuple[str, str]:
        return ("U", "Q") if self.sharing else ("U_reg", "Q_reg")

    def _rating_arguments(self) -> tuple[tuple[np.ndarray, np.ndarray], list[np.ndarray]]:
        """Return the rows of the pairs, and the dense layers, in double precision."""
        u, q = self._rating_tables
        users, items = self.ids
        rows = self._double(u)[users], self._double(q)[items]
        return rows, [array.astype(np.float64) for array in self.dense]

    def _double(self, name: str) -> np.ndarray:
        return self.tables[name].astype(np.float64)

    def _no_gradients(self) -> dict[str, np.ndarray]:
        arrays = [*self.tables.values(), *self.dense]
        return {path: np.zeros(array.shape) for path, array in zip(self.inputs, arrays)}


# Fewer users than movies, and more; rows that come twice; the first id, in one only, and the last.
WIDE = {
    "num_users": 5,
    "num_items": 8,
    "embedding_dim": 3,
    "layer_sizes": (9, 7),
    "user_ids": (0, 4, 2, 2, 1, 3),
    "item_ids": (7, 0, 3, 5, 3, 2),
}
TALL_AND_DEEP = {
    "num_users": 9,
    "num_items": 4,
    "embedding_dim": 2,
    "layer_sizes": (6, 5, 4, 3),
    "user_ids": (8, 1, 5, 5, 5),
    "item_ids": (3, 3, 1, 1, 2),
}
# More columns than usual, and a single dense layer.
SHALLOW: dict[str, Any] = {
    "num_users": 3,
    "num_items": 4,
    "embedding_dim": 40,
    "layer_sizes": (120,),
    "user_ids": (2, 0, 1),
    "item_ids": (1, 1, 3),
}


@cache
def cases(sharing: bool, variant: int) -> tuple[Case, Case]:
    """Return the two nets of one kind."""
    return (
        telling(Case(**_drawn(WIDE, variant), sharing=sharing, seed=11, variant=variant)),
        with_relus_that_show(
            Case(**_drawn(TALL_AND_DEEP, variant), sharing=sharing, seed=23, variant=variant)
        ),
    )


def telling(case: Case) -> Case:
    """Return the case with weights that tell a bound on either output from none, and each ReLU.

    Both outputs have values below 0, above 1 and of a few stars: a ReLU, a sigmoid and a clamp all
    show, and let some gradient through.
    """

    def is_telling(drawn: Case) -> bool:
        outputs = drawn.interaction()[0], drawn.rating()[0]
        in_range = all(o.min() < -0.5 and ((o > 1.5) & (o < 4.5)).any() for o in outputs)
        return in_range and drawn.each_relu_shows()

    return _drawn_until(case, is_telling)


def with_relus_that_show(case: Case) -> Case:
    """Return the case with weights that tell the dense layers from those without a ReLU."""
    return _drawn_until(case, Case.each_relu_shows)


def _drawn_until(case: Case, is_wanted: Callable[[Case], bool]) -> Case:
    for draw in range(1000):
        drawn = replace(case, draw=draw)
        if is_wanted(drawn):
            return drawn
    raise AssertionError(f"no weights of {case} tell mistakes from what is right")


def _drawn(sizes: dict[str, Any], variant: int) -> dict[str, Any]:
    """Return sizes with other ids, and pairs in another order.

    The first id and the last keep their places, for they are what some mistakes go wrong at; the
    ids between them change names.
    """
    random = np.random.RandomState((41, variant))
    order = random.permutation(len(sizes["user_ids"]))
    drawn = dict(sizes)
    for ids, count in (("user_ids", sizes["num_users"]), ("item_ids", sizes["num_items"])):
        names = np.concatenate([[0], 1 + random.permutation(count - 2), [count - 1]])
        drawn[ids] = tuple(int(names[sizes[ids][place]]) for place in order)
    return drawn


def large_cases(sharing: bool, variant: int) -> tuple[Case, Case]:
    """Return a net with more movies than any of the course's data, and one asked for many pairs."""
    many = range(1100)
    asked: dict[str, Any] = {
        "user_ids": tuple(k % 3 for k in many),
        "item_ids": tuple(k % 5 for k in many),
    }
    few: dict[str, Any] = {"user_ids": (1, 0), "item_ids": (0, 1999)}
    batch = Case(3, 5, 2, (6, 3), sharing, **asked, seed=37, variant=variant)
    return (
        Case(2, 2000, 2, (6, 3), sharing, **few, seed=31, variant=variant),
        with_relus_that_show(batch),
    )


def one_of_each(variant: int) -> list[Case]:
    """Return a net that shares its tables and one that does not."""
    return [cases(sharing, variant)[0] for sharing in (True, False)]


@cache
def shallow_cases(variant: int) -> list[Case]:
    """Return a net of each kind with one dense layer and more columns than usual."""
    return [
        telling(Case(**SHALLOW, sharing=sharing, seed=29, variant=variant))
        for sharing in (True, False)
    ]
