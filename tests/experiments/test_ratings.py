"""How ratings are divided into those that train and those that test."""

import re
from dataclasses import replace

import pytest

from experiments.data.ratings import DataError, Ratings, split_ratings


def first(ratings: Ratings, count: int) -> Ratings:
    columns = {name: getattr(ratings, name)[:count] for name in ("users", "items", "stars")}
    return replace(ratings, source="a file", **columns)


@pytest.mark.parametrize(("fraction", "train"), [(0.95, 1425), (0.05, 75), (0.5, 750)])
def test_the_fraction_is_what_trains_and_every_rating_is_on_one_side(
    small_ratings, fraction, train
):
    split = split_ratings(small_ratings, 123, fraction)
    assert len(split.train) == train
    both = [*split.train.items.tolist(), *split.test.items.tolist()]
    assert sorted(both) == sorted(small_ratings.items.tolist())


@pytest.mark.parametrize(
    ("count", "fraction", "number"), [(1, 0.95, "1 rating"), (19, 0.05, "19 ratings")]
)
def test_a_side_without_ratings_is_one_sentence(small_ratings, count, fraction, number):
    told = f"a file: {number} cannot be divided into {100 * fraction:g} % to train on and"
    with pytest.raises(DataError, match=re.escape(told)):
        split_ratings(first(small_ratings, count), 123, fraction)
