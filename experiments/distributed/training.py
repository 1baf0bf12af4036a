"""A run whose every step is shared out between the processes of a group."""

import io

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from experiments.configuration import Configuration
from experiments.evaluation import predict_ratings
from experiments.ratings import Interactions, Split
from experiments.student_code import StudentCode
from experiments.training import BLOCK_ROWS, Training


class SharedOutTraining(Training):
    """One run in all processes of the default process group: the single process's, shared out.

    Every process draws the protocol's random stream, so all know the global batch of a step: the
    same rows in the same order as in one process. Each computes the predictions of its share,
    and gathers those of the others. The student's losses then see the global batch, in every
    process, so they are the single process's whatever they compute (a mean, a sum, anything
    else); gradients flow back into a process's own share. Averaged by DistributedDataParallel
    they are the global batch's gradient, also where the batch cannot be cut evenly.

    So with the test set: users are divided between the processes to be ranked, and pairs to be
    predicted. The student's test loss sees all pairs.

    The first process leads: its ``run_epoch`` and ``restore`` are also those of the others, which
    are in ``follow`` meanwhile. Attributes and errors are those of ``Training``.

    Not the same for any number of processes: random numbers that the network itself draws
    (dropout), and statistics that it takes over a batch (batch normalisation).
    """

    def __init__(self, configuration: Configuration, split: Split, code: StudentCode) -> None:
        self.place, self.processes = dist.get_rank(), dist.get_world_size()
        super().__init__(configuration, split, code)
        # A student's network may hold parameters that no prediction reads.
        self.pairs = DistributedDataParallel(
            _Pairs(self.net), find_unused_parameters=True, gradient_as_bucket_view=True
        )
        users = self.test_users.unique()
        self.users_ranked_here = int((users % self.processes == self.place).sum())

    def run_epoch(self) -> dict[str, float]:
        self._order("epoch")
        return super().run_epoch()

    def restore(self, state: dict) -> None:
        content = io.BytesIO()
        torch.save(state, content)  # plain pickling does not carry every tensor over
        self._order("restore", content.getvalue())
        super().restore(state)

    def follow(self) -> None:
        """Do what the first process does, until it is done."""
        while True:
            received = [None]
            dist.broadcast_object_list(received)
            name, *arguments = received[0]
            if name == "done":
                return
            if name == "restore":
                super().restore(torch.load(io.BytesIO(*arguments), weights_only=True))
            else:
                super().run_epoch()

    def done(self) -> None:
        """Let the other processes go."""
        self._order("done")

    def _order(self, *order: object) -> None:
        dist.broadcast_object_list([order])

    def _predict(self, rows: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        mine = self._share_of(len(rows))
        own, drawn = rows[mine], negatives[mine]
        shares = self.users[own], self.items[own], drawn
        return self._predict_share(shares, len(rows), block=max(1, len(own)), of=self.stars[rows])

    def _predict_all(self, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        mine = self._share_of(len(self.users))
        shares = self.users[mine], self.items[mine], negatives[mine]
        return self._predict_share(shares, len(self.users), block=BLOCK_ROWS, of=self.stars)

    def _share_of(self, pairs: int) -> slice:
        """Return this process's part of a batch; a short batch leaves the last ones without."""
        size = -(-pairs // self.processes)
        start = min(self.place * size, pairs)
        return slice(start, min(start + size, pairs))

    def _predict_share(
        self, share: tuple[Tensor, Tensor, Tensor], pairs: int, block: int, of: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Predict this process's share, and return the predictions of the whole batch."""
        size = len(share[0])
        # Gradients are averaged over all processes, so one without pairs has to take part too.
        share = share if size else tuple(column.new_zeros(1) for column in share)
        positive, negative, predicted = _GatherShares.apply(
            self.pairs(*share, block)[:, :size], pairs
        )
        return positive, negative, of, predicted

    def _ranked(self, split: Split) -> Split:
        """Return the ratings of every ``processes``-th user."""

        def here(part: Interactions) -> Interactions:
            rows = part.users % self.processes == self.place
            return Interactions(part.users[rows], part.items[rows], part.stars[rows])

        return Split(here(split.train), here(split.test), split.num_users, split.num_items)

    def _rank(self) -> float:
        count = self.users_ranked_here
        mean = super()._rank() if count else 0.0
        sums = torch.tensor([count * mean, count], dtype=torch.float64, device=self.device)
        dist.all_reduce(sums)
        return (sums[0] / sums[1]).item()

    def _predict_test(self) -> Tensor:
        pairs = len(self.test_users)
        mine = self._share_of(pairs)
        size = mine.stop - mine.start
        share = mine if size else slice(1)  # a student's network need not take no pairs at all
        predicted = predict_ratings(self.net, self.test_users[share], self.test_items[share])
        return _GatherShares.apply(predicted[None, :size], pairs)[0]


class _Pairs(nn.Module):
    """The student's network on pairs with their negatives, as one call.

    DistributedDataParallel prepares each call of its module for one backward pass, and a step
    calls the student's network twice.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, users: Tensor, items: Tensor, negatives: Tensor, block: int) -> Tensor:
        """Return positive scores, negative scores and predicted stars, shape (3, num_pairs)."""
        blocks = []
        for user, item, drawn in zip(
            users.split(block), items.split(block), negatives.split(block)
        ):
            positive, predicted = self.net(user, item)
            negative, _ = self.net(user, drawn)
            blocks.append(torch.stack((positive, negative, predicted)))
        return torch.cat(blocks, dim=1)


class _GatherShares(torch.autograd.Function):
    """Join the shares of a batch, the columns of a matrix, in the order of the processes.

    Every process computes the same loss of the whole batch, so the gradient of its own columns is
    all that is missing anywhere. It is multiplied by the number of processes, by which
    DistributedDataParallel divides the sum over them.
    """

    @staticmethod
    def forward(ctx, share: Tensor, pairs: int) -> Tensor:
        processes = dist.get_world_size()
        size = -(-pairs // processes)
        ctx.start, ctx.columns = dist.get_rank() * size, share.shape[1]
        padded = share.new_zeros(len(share), size)
        padded[:, : share.shape[1]] = share
        shares = [torch.empty_like(padded) for _ in range(processes)]
        dist.all_gather(shares, padded)
        # Only the last shares can be short, so what was padded comes last.
        return torch.cat(shares, dim=1)[:, :pairs]

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        own = gradient[:, ctx.start : ctx.start + ctx.columns]
        return own * dist.get_world_size(), None
