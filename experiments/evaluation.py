"""How a network does on the test set: mean reciprocal rank and mean squared error."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from experiments.ratings import Interactions, Split
from experiments.scoring import ScoreItems

CELLS_AT_ONCE = 500_000  # pairs of a user and a movie ranked together: 2 MB of scores
CELLS_TO_KEEP = 32_000_000  # masks are kept between epochs if they have at most so many cells
ROWS_AT_ONCE = 65_536


class _ByUser:
    """Movies of each user, as rows of a mask. ``users`` are places in a list of users."""

    def __init__(self, users: np.ndarray, items: np.ndarray, num_users: int) -> None:
        order = np.argsort(users, kind="stable")
        self.users = torch.from_numpy(users[order])
        self.items = torch.from_numpy(items[order])
        self.starts = np.searchsorted(users[order], np.arange(num_users + 1))

    def mask(self, start: int, stop: int, num_items: int) -> Tensor:
        """Return a bool tensor of shape (stop - start, num_items), True at the users' movies."""
        some = slice(self.starts[start], self.starts[stop])
        mask = torch.zeros(stop - start, num_items, dtype=torch.bool)
        mask[self.users[some] - start, self.items[some]] = True
        return mask


class HeldOutRanking:
    """The ranking that MRR judges: each user's test movies among all but the training movies.

    Users are ranked a block at a time, so memory does not grow with their number.

    Parameters
    ----------
    split : Split
    device : torch.device
        Where scores are ranked.
    """

    def __init__(self, split: Split, device: torch.device) -> None:
        self.device = device
        self.num_items = split.num_items
        self.users = np.union1d(split.train.users, split.test.users)
        self.heldout, self.seen = (
            _ByUser(np.searchsorted(self.users, part.users), part.items, len(self.users))
            for part in (split.test, split.train)
        )
        self.block = max(1, CELLS_AT_ONCE // self.num_items)
        self.kept: dict[int, tuple[Tensor, Tensor]] = {}

    def mrr(self, score_items: ScoreItems, mrr_score: Callable) -> float:
        """Return the student's MRR over all users.

        Parameters
        ----------
        score_items : callable
            From user ids, shape (batch,), to scores, shape (batch, num_items).
        mrr_score : callable
            The student's. Blocks are joined by the number of users that have held-out movies,
            which makes the mean over the blocks the mean over the users.

        Raises
        ------
        ValueError
            If the student's function returned something that is not a number.
        """
        total, ranked_users = 0.0, 0
        for user_ids, heldout, seen, counted in self._blocks():
            scores = score_items(user_ids).to(self.device)
            value = mrr_score(scores, heldout, seen)
            try:
                value = float(value)
            except (TypeError, ValueError):
                raise ValueError(
                    f"mrr_score (2d) should return a float, got {type(value).__name__}"
                ) from None
            total += counted * value
            ranked_users += counted
        return total / ranked_users if ranked_users else float("nan")

    def _blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor, int]]:
        keep = len(self.users) * self.num_items <= CELLS_TO_KEEP
        for start in range(0, len(self.users), self.block):
            stop = min(start + self.block, len(self.users))
            counted = int((np.diff(self.heldout.starts[start : stop + 1]) > 0).sum())
            if counted == 0:
                continue
            masks = self.kept.get(start)
            if masks is None:
                heldout = self.heldout.mask(start, stop, self.num_items)
                seen = self.seen.mask(start, stop, self.num_items)
                seen &= ~heldout  # a movie rated twice may be on both sides of the split
                masks = heldout.to(self.device), seen.to(self.device)
            if keep:
                # The student gets copies: a function that writes into them harms itself alone.
                self.kept[start] = masks
                masks = tuple(mask.clone() for mask in masks)
            yield torch.from_numpy(self.users[start:stop]), *masks, counted


def predict_ratings(net: nn.Module, users: Tensor, items: Tensor) -> Tensor:
    """Return the predicted stars of each pair, shape (num_pairs,), some pairs at a time."""
    blocks = zip(users.split(ROWS_AT_ONCE), items.split(ROWS_AT_ONCE))
    return torch.cat([net(*pairs)[1] for pairs in blocks])


def to_tensors(interactions: Interactions, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return users, movies and stars as tensors of shape (num_ratings,)."""
    columns = interactions.users, interactions.items, interactions.stars
    return tuple(torch.from_numpy(column).to(device) for column in columns)
