"""Ratings of the size of MovieLens 20M: long-tailed, and cheap to draw."""

from pathlib import Path

import numpy as np
import pandas as pd

from experiments.data.ratings import Ratings

USERS, ITEMS, RATINGS = 138_000, 27_000, 20_000_000
RANK = 8
OFFSET, POWER = 10, 1.1
ROWS_AT_ONCE = 1_000_000


def large_ratings(
    num_users: int = USERS, num_items: int = ITEMS, num_ratings: int = RATINGS, seed: int = 0
) -> Ratings:
    """Draw different pairs of a user and a movie, and low-rank stars; the same for equal arguments.

    A user's share of the ratings is log-normal, a movie's falls off as a power of its place: a
    tenth of the movies has two thirds of the ratings. Ids run from 0.

    Raises
    ------
    ValueError
        If ``num_ratings`` is more than a tenth of all pairs.
    """
    if num_ratings > num_users * num_items // 10:
        raise ValueError(f"{num_ratings} ratings are too many for {num_users} x {num_items} pairs")
    random = np.random.default_rng(seed)
    activity = random.lognormal(0, 1.2, num_users)
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < num_ratings:
        draws = 2 * (num_ratings - len(pairs)) + 1000
        of_each = random.multinomial(draws, activity / activity.sum())
        users = np.repeat(np.arange(num_users), of_each)
        pairs = np.union1d(pairs, users * num_items + _popular_items(random, draws, num_items))
    pairs = pairs[np.sort(random.permutation(len(pairs))[:num_ratings])]
    users, items = np.divmod(pairs, num_items)  # by user, as the files of MovieLens are

    user_factors = random.normal(size=(num_users, RANK)).astype(np.float32) / np.sqrt(RANK)
    item_factors = random.normal(size=(num_items, RANK)).astype(np.float32)
    quality = random.normal(3.5, 0.5, num_items).astype(np.float32)
    stars = np.empty(num_ratings, dtype=np.float32)
    for start in range(0, num_ratings, ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        taste = np.einsum("nk,nk->n", user_factors[users[some]], item_factors[items[some]])
        noise = random.normal(0, 0.4, len(taste)).astype(np.float32)
        stars[some] = np.round(2 * (quality[items[some]] + 0.8 * taste + noise)) / 2
    return Ratings(users, items, stars.clip(0.5, 5), f"synthetic set of {num_ratings:,} ratings")


def _popular_items(random: np.random.Generator, draws: int, num_items: int) -> np.ndarray:
    """Draw movies as often as ``(place + OFFSET) ** -POWER``, by the inverse of its integral."""
    ends = np.array([OFFSET, OFFSET + num_items]) ** (1 - POWER)
    places = (ends[0] + random.random(draws) * (ends[1] - ends[0])) ** (1 / (1 - POWER)) - OFFSET
    return np.minimum(places.astype(np.int64), num_items - 1)


def write_ratings_csv(ratings: Ratings, path: Path) -> None:
    """Write ratings in the layout of MovieLens 20M to 32M, some rows at a time."""
    with path.open("w") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for start in range(0, len(ratings), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            columns = ratings.users[some], ratings.items[some], ratings.stars[some]
            table = pd.DataFrame(dict(zip(("user", "item", "stars"), columns)))
            table.assign(time=1_500_000_000).to_csv(file, header=False, index=False)
