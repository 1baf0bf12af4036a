"""The training protocol in plain PyTorch, to be read: it calls your code and prints every epoch.

`make experiments` does the same for all four runs, to the same numbers, faster. This one run
takes some minutes; `.venv/bin/python train.py --epochs 3` is enough to see how it begins.
"""

import argparse
import random
from collections.abc import Iterator

import numpy as np
import torch

from experiments.data import load_ratings
from experiments.data.ratings import Ratings
from experiments.first_epoch import explain_difference, known_values
from experiments.run import METRIC_KEYS, METRICS, Run
from submission.loss import bpr_loss, joint_loss, regression_loss
from submission.model import MultiTaskNet
from submission.mrr import mrr_score


def train(run: Run, ratings: Ratings) -> Iterator[dict[str, float]]:
    """Train one network; yield its five metrics after every epoch, by their names."""
    num_users, num_items = ratings.num_users, ratings.num_items

    # The split: the first 95 % of the shuffled ratings train, the others test.
    order = np.arange(len(ratings))
    np.random.RandomState(run.seed).shuffle(order)
    num_train = int(0.95 * len(ratings))
    users, items, stars = (
        torch.from_numpy(column[order]).split([num_train, len(ratings) - num_train])
        for column in (ratings.users, ratings.items, ratings.stars)
    )
    seen, heldout = torch.zeros(2, num_users, num_items, dtype=torch.bool)
    heldout[users[1], items[1]] = True
    seen[users[0], items[0]] = True
    seen &= ~heldout

    random.seed(run.seed)
    np.random.seed(run.seed)
    torch.manual_seed(run.seed)
    net = MultiTaskNet(num_users, num_items, embedding_sharing=run.embedding_sharing)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    draws = np.random.RandomState(run.seed)

    for _ in range(run.epochs):
        # One step on the whole training set, with one random movie beside each watched one.
        net.train()
        order = np.arange(num_train)
        draws.shuffle(order)
        negatives = torch.from_numpy(draws.randint(0, num_items, num_train, dtype=np.int64))
        batch_users, positives, batch_stars = (column[0][order] for column in (users, items, stars))
        positive, predicted_stars = net(batch_users, positives)
        negative, _ = net(batch_users, negatives)
        factorization = bpr_loss(positive, negative)
        regression = regression_loss(batch_stars, predicted_stars)
        weights = run.factorization_weight, run.regression_weight
        joint = joint_loss(factorization, regression, *weights)
        optimizer.zero_grad()
        joint.backward()
        optimizer.step()

        # The test: how high are the movies that were held out, how far off are the stars?
        net.eval()
        with torch.no_grad():
            mrr = mrr_score(net.score_all_items(torch.arange(num_users)), heldout, seen)
            test_mse = regression_loss(stars[1], net(users[1], items[1])[1])
        losses = factorization.item(), regression.item(), joint.item()
        yield dict(zip(METRIC_KEYS, (*losses, float(mrr), test_mse.item())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--separate", action="store_true", help="separate tables, not shared ones")
    parser.add_argument("--weights", metavar=("LF", "LR"), type=float, nargs=2, default=(0.5, 0.5))
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--data", default="movielens-100k", help="or synthetic, or a path")
    options = parser.parse_args()
    ratings = load_ratings(options.data)
    weights: tuple[float, float] = options.weights
    run = Run(not options.separate, *weights, epochs=options.epochs, data=ratings.digest)
    for epoch, metrics in enumerate(train(run, ratings)):
        numbers = "  ".join(f"{metric.short} {metrics[metric.key]:#.4g}" for metric in METRICS)
        print(f"epoch {epoch}: {numbers}", flush=True)
        if epoch == 0 and known_values(run):
            print(explain_difference(run, metrics) or "Epoch 0 has the known values.")


if __name__ == "__main__":
    main()
