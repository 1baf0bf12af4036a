"""Interactions with every movie, from a student's network in whichever way it offers them."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

PROBE_PAIRS = 256
PAIRS_AT_ONCE = 65_536

MISSING = "score_all_items (1d) is missing"
NOT_WRITTEN = "score_all_items (1d) is not written yet"

ScoreItems = Callable[[Tensor], Tensor]


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
            at_once = probe.score_all_items(users)
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
        scores = net.score_all_items(user_ids)
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
        for users in user_ids.split(max(1, PAIRS_AT_ONCE // num_items)):
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
