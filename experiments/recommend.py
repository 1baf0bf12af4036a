"""What a trained network would recommend to a user, by title."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from experiments.data.ratings import Ratings, Split
from experiments.engine.store import Store
from experiments.errors import UserError
from experiments.run import Run
from experiments.training.evaluation import item_scorer
from experiments.training.student_code import StudentCode


def load_network(results: Path, run: Run, code: StudentCode, split: Split) -> nn.Module:
    """Return the student's network with the final weights of a complete run.

    Raises
    ------
    UserError
        If the run is not complete, or was made with another network.
    """
    net = code.model.MultiTaskNet(
        split.num_users, split.num_items, embedding_sharing=run.embedding_sharing
    )
    weights = Store(results).weights(run)
    try:
        net.load_state_dict(torch.load(weights, weights_only=True))
    except FileNotFoundError:
        raise UserError(f"{run.name} is not complete: run the experiments first") from None
    except RuntimeError:
        raise UserError(f"{run.name} was made with other code or data: run it again") from None
    return net.eval()


def history(ratings: Ratings, split: Split, user: int) -> pd.DataFrame:
    """Return the movies that a user rated in the training set, best first.

    Returns
    -------
    DataFrame
        Columns title, genres, stars; indexed by movie.
    """
    own = split.train.users == user
    items = split.train.items[own]
    genres = [", ".join(ratings.genres.get(item, ())) for item in items]
    columns = {"title": _titles(ratings, items), "genres": genres, "stars": split.train.stars[own]}
    return pd.DataFrame(columns, items).sort_values("stars", ascending=False, kind="stable")


def recommend(
    net: nn.Module, ratings: Ratings, split: Split, user: int, count: int = 10
) -> pd.DataFrame:
    """Return the movies that a network ranks highest for a user, but for those seen in training.

    Returns
    -------
    DataFrame
        Columns title, score (the interaction), stars (predicted), watched (whether the
        movie is among the user's test movies); indexed by rank from 1.
    """
    rated = np.union1d(split.train.items, split.test.items)  # the other ids are no movie's
    seen = split.train.items[split.train.users == user]
    candidates = torch.from_numpy(np.setdiff1d(rated, seen))
    score_items, _ = item_scorer(net, split.num_users, split.num_items)
    with torch.no_grad():
        scores = score_items(torch.tensor([user]))[0][candidates]
        best = scores.argsort(descending=True, stable=True)[:count]
        items = candidates[best]
        _, stars = net(torch.full_like(items, user), items)
    held_out = split.test.items[split.test.users == user]
    return pd.DataFrame(
        {
            "title": _titles(ratings, items.tolist()),
            "score": scores[best].tolist(),
            "stars": stars.tolist(),
            "watched": np.where(np.isin(items, held_out), "yes", "").tolist(),
        },
        index=pd.RangeIndex(1, len(items) + 1, name="rank"),
    )


def _titles(ratings: Ratings, items: Iterable[int]) -> list[str]:
    return [ratings.titles.get(item, f"movie {item}") for item in items]
