"""Ratings that need no network: low-rank tastes, and a few movies that everybody watches."""

import numpy as np

from experiments.data.ratings import Ratings

GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "Sci-Fi", "Thriller", "Western")


def synthetic_ratings(
    num_users: int = 300,
    num_items: int = 500,
    num_ratings: int = 12_000,
    rank: int = 8,
    seed: int = 0,
) -> Ratings:
    """Draw a set of ratings; the same arguments give the same set.

    Users and movies have ``rank`` normal factors each. A user watches movies in proportion to
    their popularity, which falls off as a power of the movie's place, and to the user's taste;
    the stars are the rounded sum of a movie's quality and that taste.

    Parameters
    ----------
    num_users, num_items : int
        Ids run from 1, as in MovieLens: the tables have one row more, and row 0 is never used.
    num_ratings : int
        Different pairs of a user and a movie; at most half of all pairs.

    Raises
    ------
    ValueError
        If ``num_ratings`` is more than half of all pairs.
    """
    if num_ratings > num_users * num_items // 2:
        raise ValueError(f"{num_ratings} ratings are too many for {num_users} x {num_items} pairs")
    random = np.random.default_rng(seed)
    user_factors = random.normal(size=(num_users, rank)) / np.sqrt(rank)
    item_factors = random.normal(size=(num_items, rank))
    quality = random.normal(3.5, 0.5, num_items)
    popularity = 1 / (1 + np.arange(num_items)) ** 0.8
    activity = random.lognormal(0, 1, num_users)

    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < num_ratings:
        draws = 2 * (num_ratings - len(pairs)) + 1000
        users = random.choice(num_users, draws, p=activity / activity.sum())
        items = random.choice(num_items, draws, p=popularity / popularity.sum())
        taste = np.einsum("nk,nk->n", user_factors[users], item_factors[items])
        watched = random.random(draws) < 1 / (1 + np.exp(-2 * taste))
        both = np.concatenate([pairs, (users * num_items + items)[watched]])
        # Keep the first of each pair and the order of the draws.
        pairs = both[np.sort(np.unique(both, return_index=True)[1])]
    users, items = np.divmod(pairs[:num_ratings], num_items)

    taste = np.einsum("nk,nk->n", user_factors[users], item_factors[items])
    noise = random.normal(0, 0.4, num_ratings)
    stars = np.clip(np.round(quality[items] + 0.8 * taste + noise), 1, 5).astype(np.float32)
    names = range(1, num_items + 1)
    genre = np.abs(item_factors).argmax(axis=1) % len(GENRES)
    return Ratings(
        users + 1,
        items + 1,
        stars,
        source=f"synthetic set of {num_ratings:,} ratings, seed {seed}",
        titles={item: f"Synthetic Movie {item}" for item in names},
        genres={item: (GENRES[genre[item - 1]],) for item in names},
    )
