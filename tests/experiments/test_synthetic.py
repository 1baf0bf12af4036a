"""The synthetic set has the features that make it stand in for the real one."""

import numpy as np
import pytest

from experiments.data.synthetic import synthetic_ratings


def test_the_same_seed_gives_the_same_ratings_and_another_seed_others():
    assert synthetic_ratings(seed=1).digest == synthetic_ratings(seed=1).digest
    assert synthetic_ratings(seed=1).digest != synthetic_ratings(seed=2).digest


def test_pairs_are_different_and_stars_are_whole_from_1_to_5():
    ratings = synthetic_ratings(num_users=50, num_items=70, num_ratings=1700)
    pairs = set(zip(ratings.users.tolist(), ratings.items.tolist()))
    assert len(pairs) == len(ratings) == 1700
    assert set(np.unique(ratings.stars)) <= {1, 2, 3, 4, 5}
    assert ratings.users.min() >= 1 and ratings.num_users <= 51
    assert set(ratings.items.tolist()) <= set(ratings.titles)


def test_popularity_is_skewed():
    counts = np.sort(np.bincount(synthetic_ratings().items))[::-1]
    assert counts[:50].sum() > 4 * counts[250:300].sum()


def test_stars_are_low_rank():
    """Two factors explain far more of the stars than of the same stars dealt out at random."""
    ratings = synthetic_ratings(num_users=80, num_items=60, num_ratings=2400, rank=2)

    def explained_by_two_factors(stars: np.ndarray) -> float:
        table = np.full((81, 61), np.nan)
        table[ratings.users, ratings.items] = stars
        centred = np.nan_to_num(table[1:, 1:] - np.nanmean(table[1:, 1:], axis=0))
        spectrum = np.linalg.svd(centred, compute_uv=False) ** 2
        return spectrum[:2].sum() / spectrum.sum()

    dealt = np.random.default_rng(0).permutation(ratings.stars)
    assert explained_by_two_factors(ratings.stars) > 1.5 * explained_by_two_factors(dealt)


def test_too_many_ratings_for_the_pairs_is_refused():
    with pytest.raises(ValueError, match="too many"):
        synthetic_ratings(num_users=10, num_items=10, num_ratings=51)
