"""The front door to all ratings: ``--data movielens-100k``, ``synthetic`` or a path."""

from pathlib import Path

from experiments.data.formats import read_ratings
from experiments.data.movielens import Say, load_movielens_100k
from experiments.data.ratings import Ratings
from experiments.data.synthetic import synthetic_ratings


def load_ratings(data: str = "movielens-100k", say: Say = print) -> Ratings:
    """Return the ratings that ``--data`` names.

    Parameters
    ----------
    data : str
        ``"movielens-100k"``, ``"synthetic"``, or the path of a folder, a zip or a ratings file
        in one of the layouts of MovieLens.
    say : callable
        Takes a sentence about where the ratings come from.

    Raises
    ------
    DataError
        If they cannot be had or read; the message says what to do.
    """
    if data == "movielens-100k":
        return load_movielens_100k(say=say)
    if data == "synthetic":
        ratings = synthetic_ratings()
    else:
        path = Path(data).expanduser()
        if path.exists():
            say(f"Reading {path} ...")  # some seconds for tens of millions of ratings
        ratings = read_ratings(path)
    say(f"{ratings.source}: {len(ratings):,} ratings")
    return ratings
