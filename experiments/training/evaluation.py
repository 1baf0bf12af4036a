"""How a network does on the test set: mean reciprocal rank and mean squared error."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from experiments.data.ratings import Interactions, Split

CELLS_AT_ONCE = 500_000  # pairs of a user and a movie ranked together: 2 MB of scores
CELLS_TO_KEEP = 32_000_000  # masks are kept between epochs if they have at most so many cells
ROWS_AT_ONCE = 65_536
PROBE_PAIRS = 256

MISSING = "score_all_items (1d) is missing"
NOT_WRITTEN = "score_all_items (1d) is not written yet"

ScoreItems = Callable[[Tensor], Tensor]


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
                masks = masks[0].clone(), masks[1].clone()
            yield torch.from_numpy(self.users[start:stop]), *masks, counted


def predict_ratings(net: nn.Module, users: Tensor, items: Tensor) -> Tensor:
    """Return the predicted stars of each pair, shape (num_pairs,), some pairs at a time."""
    blocks = zip(users.split(ROWS_AT_ONCE), items.split(ROWS_AT_ONCE))
    return torch.cat([net(*pairs)[1] for pairs in blocks])


def to_tensors(interactions: Interactions, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return users, movies and stars as tensors of shape (num_ratings,)."""
    columns = interactions.users, interactions.items, interactions.stars
    users, items, stars = (torch.from_numpy(column).to(device) for column in columns)
    return users, items, stars


def disagreement(net: nn.Module, num_users: int, num_items: int) -> str | None:
    """Say how ``score_all_items`` differs from ``forward``, or None if the two are one function.

    Compared are the scores of random pairs and their gradients with respect to every parameter,
    on a copy of the network with random weights (biases are zero at first, which would hide a
    forgotten one). The network and the global random streams are left as they were.
    """
    if not callable(getattr(net, "score_all_items", None)):
        return MISSING
    random = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        try:
            probe = copy.deepcopy(net).cpu()
            with torch.no_grad():
                for parameter in probe.parameters():
                    parameter.copy_(torch.randn(parameter.shape, generator=random))
            users = torch.randint(num_users, (PROBE_PAIRS,), generator=random)
            items = torch.randint(num_items, (PROBE_PAIRS,), generator=random)
            one_by_one, _ = probe(users, items)
            at_once = cast(Any, probe).score_all_items(users)
            if at_once.shape != (PROBE_PAIRS, num_items):
                return (
                    f"score_all_items (1d) returned shape {tuple(at_once.shape)} for "
                    f"{PROBE_PAIRS} users and {num_items} movies"
                )
            at_once = at_once[torch.arange(PROBE_PAIRS), items]
            if not torch.allclose(one_by_one, at_once, rtol=1e-3, atol=1e-3):
                return "score_all_items (1d) and forward (1c) give different scores for a pair"
            if not _same_gradients(probe, one_by_one, at_once, random):
                return "gradients do not flow through score_all_items (1d)"
        except NotImplementedError:
            return NOT_WRITTEN
        except Exception as error:
            return f"score_all_items (1d) raised {type(error).__name__}: {error}"
    return None


def _same_gradients(
    probe: nn.Module, first: Tensor, second: Tensor, random: torch.Generator
) -> bool:
    """Say whether two ways to the same scores have the same gradients by every parameter."""
    if not (first.requires_grad and second.requires_grad):
        return False
    direction = torch.randn(first.shape, generator=random)
    parameters = list(probe.parameters())
    for one, other in zip(
        *(
            torch.autograd.grad(scores, parameters, direction, allow_unused=True)
            for scores in (first, second)
        )
    ):
        one, other = (0.0 if value is None else value for value in (one, other))
        if not torch.allclose(torch.as_tensor(one - other), torch.zeros(()), atol=1e-2):
            return False
    return True


def item_scorer(net: nn.Module, num_users: int, num_items: int) -> tuple[ScoreItems, str | None]:
    """Return a function that scores every movie for some users, and what to say about 1d.

    Returns
    -------
    score_items : callable
        From user ids, shape (batch,), to scores, shape (batch, num_items). It is the network's
        ``score_all_items`` or, where the student has not written it, one call of ``forward``
        for every pair, some users at a time: right, and slower. It raises ValueError if
        ``score_all_items`` returns another shape.
    note : str or None
        Where ``score_all_items`` and ``forward`` are not one function: how they differ, and which
        of them gives which numbers of a run.
    """

    def by_score_all_items(user_ids: Tensor) -> Tensor:
        scores = cast(Any, net).score_all_items(user_ids)
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        if got != (len(user_ids), num_items):
            raise ValueError(
                "score_all_items (1d) should return scores of shape (batch, num_items) = "
                f"({len(user_ids)}, {num_items}), got {got}"
            )
        return scores

    def by_forward(user_ids: Tensor) -> Tensor:
        every_item = torch.arange(num_items, device=user_ids.device)
        rows = []
        for users in user_ids.split(max(1, ROWS_AT_ONCE // num_items)):
            pairs = users.repeat_interleave(num_items), every_item.repeat(len(users))
            rows.append(net(*pairs)[0].reshape(len(users), num_items))
        return torch.cat(rows)

    reason = disagreement(net, num_users, num_items)
    if reason is None:
        return by_score_all_items, None
    if reason in (MISSING, NOT_WRITTEN):
        return by_forward, f"{reason}; forward stands in for it, which is slower"
    return by_score_all_items, (
        f"{reason}; forward scores the negatives, and the MRR is computed with score_all_items as "
        "it is"
    )
