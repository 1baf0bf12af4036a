"""Everything that makes an epoch fast, and changes no number but in the order of float sums.

The trainer is right without any of it. How many times longer an epoch of MovieLens 100K takes
without each, in processor time of one thread, by ``python -m bench tricks``:

| without | shared tables | separate tables |
| --- | --- | --- |
| ``score_at_once`` | 1.18 | 1.19 |
| ``speed_up_lookups`` | 1.11 | 1.16 |
| ``predict_in_blocks`` | 1.0 | 1.17 |
| ``keep_freed_memory`` | 1.03 to 1.21 | 1.04 to 1.16 |
| ``SortedPairs`` | 1.0 | 1.0 |

``SortedPairs`` gains nothing there any more, and fixes the order of the sums: without it the
published curves would change in their last digits.
"""

import contextlib
import ctypes
import sys
import types
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from experiments.data.ratings import Interactions

BLOCK_ROWS = 4096  # a block's activations stay in the processor's second-level cache
PAIRS_PER_RATING = 32  # scoring so many pairs by matrix product costs less than one MLP


# Of glibc's mallopt (man 3 mallopt).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Have this process keep the memory that a step frees, for the next step.

    An epoch allocates and frees the same few hundred megabytes each time. By default glibc hands
    them back to the system, which then clears every page anew: some 5,000 page faults an epoch,
    none with this. The memory that a process holds at most is the same.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            libc = ctypes.CDLL(None)
            libc.mallopt(M_TRIM_THRESHOLD, 1 << 30)
            libc.mallopt(M_MMAP_THRESHOLD, 32 << 20)


class SortedPairs:
    """The training pairs by user, then by movie.

    The protocol shuffles the pairs at each epoch. A full batch is the same set in any order, so
    the shuffle then only says which negative belongs to which pair.

    Attributes
    ----------
    users, items : int64 tensors, shape (num_pairs,)
    stars : float32 tensor, shape (num_pairs,)
    """

    def __init__(self, train: Interactions, device: torch.device) -> None:
        by_user = np.lexsort((train.items, train.users))
        self._position = np.empty_like(by_user)  # of each training row among the sorted pairs
        self._position[by_user] = np.arange(len(by_user))
        self.users, self.items, self.stars = (
            torch.from_numpy(column[by_user]).to(device)
            for column in (train.users, train.items, train.stars)
        )

    def __len__(self) -> int:
        return len(self._position)

    def rows(self, order: np.ndarray) -> Tensor:
        """Return where the training rows of an order are among the sorted pairs."""
        return torch.from_numpy(self._position[order]).to(self.users.device)

    def align(self, order: np.ndarray, negatives: np.ndarray) -> Tensor:
        """Return the negatives, drawn for the training rows of an order, for the sorted pairs."""
        aligned = np.empty_like(negatives)
        aligned[self._position[order]] = negatives
        return torch.from_numpy(aligned).to(self.users.device)


def predict_in_blocks(net: nn.Module, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
    """Return interactions and predicted stars of all pairs; a block fits the processor's cache."""
    interactions, stars = zip(*(net(*block) for block in _blocks(users, items)))
    return torch.cat(interactions), torch.cat(stars)


def interact_in_blocks(net: nn.Module, users: Tensor, items: Tensor) -> Tensor:
    """Return the interactions of all pairs; what predicts the stars is not kept for a gradient."""
    return torch.cat([net(*block)[0] for block in _blocks(users, items)])


def _blocks(users: Tensor, items: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    size = BLOCK_ROWS if users.device.type == "cpu" else len(users)
    return zip(users.split(size), items.split(size))


def pays_at_once(num_users: int, num_items: int, num_pairs: int) -> bool:
    """Say whether scoring all movies for all users costs less than ``forward`` of the pairs.

    The negatives need no predicted stars, which are most of the work of ``forward``.
    """
    return num_users * num_items <= PAIRS_PER_RATING * num_pairs


def score_at_once(
    score_items: Callable[[Tensor], Tensor], num_users: int, users: Tensor, items: Tensor
) -> Tensor:
    """Return the interactions of pairs, out of one matrix product of all users and movies."""
    every_user = torch.arange(num_users, device=users.device)
    return score_items(every_user)[users, items]


def _look_up(table: nn.Embedding, ids: Tensor) -> Tensor:
    rows = table.weight.index_select(0, ids.reshape(-1))
    return rows.reshape(*ids.shape, table.embedding_dim)


def speed_up_lookups(net: nn.Module) -> None:
    """Let the plain embeddings of a network look rows up by ``index_select``.

    The rows are those of ``nn.Embedding``. On a processor the gradient of ``index_select`` takes
    a third of the time that the gradient of ``nn.Embedding`` takes.
    Tables with options (padding, a maximal norm, sparse gradients) or with a ``forward`` of the
    student's own are left alone.
    """
    for module in net.modules():
        if (
            isinstance(module, nn.Embedding)
            and type(module).forward is nn.Embedding.forward
            and isinstance(getattr(module, "weight", None), torch.nn.Parameter)
            and module.padding_idx is None
            and module.max_norm is None
            and not module.scale_grad_by_freq
            and not module.sparse
        ):
            module.forward = types.MethodType(_look_up, module)  # type: ignore[method-assign]
