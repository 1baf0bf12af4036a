"""Ratings of movies by users, and their split into a training and a test set."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from experiments.errors import UserError


class DataError(UserError):
    """The ratings cannot be had or cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Interactions:
    """Pairs of a user and a movie that the user rated.

    Attributes
    ----------
    users, items : int64 arrays, shape (num_ratings,)
        Row numbers of the embedding tables, counted from 0.
    stars : float32 array, shape (num_ratings,)
        0.5 to 5.
    """

    users: np.ndarray
    items: np.ndarray
    stars: np.ndarray

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Ratings(Interactions):
    """All ratings, in the order of their file.

    Attributes
    ----------
    source : str
        Where the ratings came from, for people.
    titles : dict of int to str
        Title of a movie by its row number, where the source has titles.
    genres : dict of int to tuple of str
    """

    source: str
    titles: dict[int, str] = field(default_factory=dict)
    genres: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def num_users(self) -> int:
        """Rows of the user tables: one more than the largest user."""
        return int(self.users.max()) + 1

    @property
    def num_items(self) -> int:
        """Rows of the movie tables: one more than the largest movie."""
        return int(self.items.max()) + 1

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all ratings in their order: what a run's result depends on."""
        digest = hashlib.sha256()
        for column in (self.users, self.items, self.stars):
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Split:
    """Training and test interactions, with the sizes of the tables that they index."""

    train: Interactions
    test: Interactions
    num_users: int
    num_items: int


def split_ratings(ratings: Ratings, seed: int, training_fraction: float = 0.95) -> Split:
    """Shuffle the ratings by ``numpy.random.RandomState(seed)``; the first of them train.

    Parameters
    ----------
    ratings : Ratings
    seed : int
    training_fraction : float
        The share that trains, rounded down to whole ratings. The others test.

    Raises
    ------
    DataError
        If there are too few ratings to leave some on both sides.
    """
    order = np.arange(len(ratings))
    np.random.RandomState(seed).shuffle(order)
    cut = int(training_fraction * len(ratings))
    if not 0 < cut < len(ratings):
        number = f"{len(ratings)} rating{'s' if len(ratings) != 1 else ''}"
        raise DataError(
            f"{ratings.source}: {number} cannot be divided into {100 * training_fraction:g} % to "
            "train on and others to test on; take more"
        )
    train, test = (
        Interactions(ratings.users[rows], ratings.items[rows], ratings.stars[rows])
        for rows in (order[:cut], order[cut:])
    )
    return Split(train, test, ratings.num_users, ratings.num_items)
