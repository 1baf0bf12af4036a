"""The assignment done the plain way, as a yardstick for speed.

It follows the protocol of the assignment with the obvious code: every forward
pass runs both heads, and the MRR ranks one user at a time with scipy.  Time it
in the same run as the project, on the same machine, and report the ratio:

    python baseline.py RATINGS [--epochs 20] [--separate] [--weights 0.5 0.5]

RATINGS is MovieLens 100K's tab-separated user, item, rating, timestamp, one a
line, without a header.  It prints one JSON object: seconds_per_epoch, and the
five metrics after the last epoch.
"""

import argparse
import json
import random
import time

import numpy as np
import scipy.stats
import torch
from torch import nn


class Table(nn.Embedding):
    def reset_parameters(self):
        nn.init.normal_(self.weight, 0.0, 1.0 / self.embedding_dim)


class Bias(nn.Embedding):
    def reset_parameters(self):
        nn.init.zeros_(self.weight)


class Net(nn.Module):
    def __init__(self, num_users, num_items, dim=32, hidden=64, shared=True):
        super().__init__()
        sizes = [num_users, num_items] * (1 if shared else 2)
        self.tables = nn.ModuleList(Table(n, dim) for n in sizes)
        self.biases = nn.ModuleList(Bias(n, 1) for n in (num_users, num_items))
        self.head = nn.Sequential(nn.Linear(3 * dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, users, items):
        u, q = self.tables[-2](users), self.tables[-1](items)
        interaction = (u * q).sum(1) + self.biases[0](users)[:, 0] + self.biases[1](items)[:, 0]
        u, q = self.tables[0](users), self.tables[1](items)
        rating = self.head(torch.cat([u, q, u * q], dim=1))[:, 0]
        return interaction, rating


def mean_reciprocal_rank(net, heldout, seen, num_items):
    every_item = torch.arange(num_items)
    per_user = []
    for user, items in heldout.items():
        scores = -net(torch.full((num_items,), user), every_item)[0].detach().numpy()
        scores[seen.get(user, [])] = np.inf
        per_user.append((1.0 / scipy.stats.rankdata(scores)[items]).mean())
    return float(np.mean(per_user))


def by_user(users, items):
    groups: dict[int, list[int]] = {}
    for user, item in zip(users.tolist(), items.tolist()):
        groups.setdefault(user, []).append(item)
    return groups


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratings")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--separate", action="store_true")
    parser.add_argument(
        "--weights", type=float, nargs=2, default=(0.5, 0.5), metavar=("FACT", "REG")
    )
    args = parser.parse_args()

    table = np.loadtxt(args.ratings, dtype=np.int64, delimiter="\t")
    order = np.arange(len(table))
    np.random.RandomState(123).shuffle(order)
    users, items, ratings = table[order, 0], table[order, 1], table[order, 2].astype(np.float32)
    num_users, num_items = int(users.max()) + 1, int(items.max()) + 1
    cut = int(0.95 * len(table))
    seen, heldout = by_user(users[:cut], items[:cut]), by_user(users[cut:], items[cut:])

    random.seed(123), np.random.seed(123), torch.manual_seed(123)
    net = Net(num_users, num_items, shared=not args.separate)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    draws = np.random.RandomState(123)
    test = [torch.from_numpy(column[cut:]) for column in (users, items, ratings)]

    started = time.perf_counter()
    for _ in range(args.epochs):
        shuffled = np.arange(cut)
        draws.shuffle(shuffled)
        u, i, r = (torch.from_numpy(column[:cut][shuffled]) for column in (users, items, ratings))
        negatives = torch.from_numpy(draws.randint(0, num_items, cut, dtype=np.int64))
        positive, predicted = net(u, i)
        negative, _ = net(u, negatives)
        factorization = (1 - torch.sigmoid(positive - negative)).mean()
        regression = ((r - predicted) ** 2).mean()
        joint = args.weights[0] * factorization + args.weights[1] * regression
        optimizer.zero_grad()
        joint.backward()
        optimizer.step()
        mrr = mean_reciprocal_rank(net, heldout, seen, num_items)
        mse = float(((test[2] - net(test[0], test[1])[1].detach()) ** 2).mean())
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {
                "seconds_per_epoch": round(seconds / args.epochs, 4),
                "epochs": args.epochs,
                "training/Factorization Loss": factorization.item(),
                "training/MSE": regression.item(),
                "training/Joint Loss": joint.item(),
                "eval/Mean Reciprocal Rank": mrr,
                "eval/MSE": mse,
            }
        )
    )


if __name__ == "__main__":
    main()
