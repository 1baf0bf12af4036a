"""What a trained network would recommend to a user, by title."""

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


class NoSuchRun(UserError):
    """A run that is asked for is not complete."""


def load_network(results: Path, run: Run, code: StudentCode, split: Split) -> nn.Module:
    """Return the student's network with the final weights of a complete run.

    Raises
    ------
    NoSuchRun
        If the run is not complete, or was made with another network.
    """
    net = code.model.MultiTaskNet(
        split.num_users, split.num_items, embedding_sharing=run.embedding_sharing
    )
    weights = Store(results).weights(run)
    try:
        net.load_state_dict(torch.load(weights, weights_only=True))
    except FileNotFoundError:
        raise NoSuchRun(f"{run.name} is not complete: run the experiments first") from None
    except RuntimeError:
        raise NoSuchRun(f"{run.name} was made with other code or data: run it again") from None
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
    table = pd.DataFrame({"title": [ratings.titles.get(i, f"movie {i}") for i in items]}, items)
    table["genres"] = [", ".join(ratings.genres.get(i, ())) for i in items]
    table["stars"] = split.train.stars[own]
    return table.sort_values("stars", ascending=False, kind="stable")


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
    score_items, _ = item_scorer(net, split.num_users, split.num_items)
    users = torch.tensor([user])
    with torch.no_grad():
        scores = score_items(users)[0].clone()
        known = np.unique(np.concatenate([split.train.items, split.test.items]))
        left_out = torch.ones(split.num_items, dtype=torch.bool)  # ids that no movie has
        left_out[known] = False
        left_out[split.train.items[split.train.users == user]] = True
        scores[left_out] = -torch.inf
        items = scores.argsort(descending=True, stable=True)[:count]
        _, stars = net(users.expand(len(items)), items)
    heldout = set(split.test.items[split.test.users == user].tolist())
    items = items.tolist()
    return pd.DataFrame(
        {
            "title": [ratings.titles.get(item, f"movie {item}") for item in items],
            "score": scores[items].tolist(),
            "stars": stars.tolist(),
            "watched": ["yes" if item in heldout else "" for item in items],
        },
        index=pd.RangeIndex(1, len(items) + 1, name="rank"),
    )
