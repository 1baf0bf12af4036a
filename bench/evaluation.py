"""Time of the evaluation alone, at MovieLens 100K's size and at MovieLens 20M's."""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from bench.baseline import Net, by_user, mean_reciprocal_rank
from experiments.configuration import COURSE_RUNS, default_threads
from experiments.evaluation import HeldOutRanking, predict_ratings
from experiments.movielens import load_movielens_100k
from experiments.ratings import Interactions, Split, split_ratings
from experiments.student_code import load_student_code
from experiments.training import Training

LARGE_USERS, LARGE_ITEMS, LARGE_RATINGS = 138_000, 27_000, 20_000_000
REPEATS = 5


def evaluation_seconds() -> tuple[float, float]:
    """Return the baseline's and our median seconds for one evaluation of MovieLens 100K.

    Each side has as many threads as it would have by itself: all cores, and a run's share.
    """
    split = split_ratings(load_movielens_100k(say=lambda _: None), 123)
    test = [torch.from_numpy(column) for column in vars(split.test).values()]
    seen, heldout = (by_user(part.users, part.items) for part in (split.train, split.test))
    net = Net(split.num_users, split.num_items)
    training = Training(COURSE_RUNS[0], split, load_student_code(Path()))
    all_threads = torch.get_num_threads()

    def plain() -> None:
        torch.set_num_threads(all_threads)
        mean_reciprocal_rank(net, heldout, seen, split.num_items)
        ((test[2] - net(test[0], test[1])[1].detach()) ** 2).mean().item()

    def ours() -> None:
        torch.set_num_threads(default_threads())
        with torch.no_grad():
            training._evaluate()

    times: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(REPEATS):
        for name, evaluate, times_in_a_row in (("plain", plain, 1), ("ours", ours, 10)):
            started = time.perf_counter()
            for _ in range(times_in_a_row):
                evaluate()
            times[name].append((time.perf_counter() - started) / times_in_a_row)
    return statistics.median(times["plain"]), statistics.median(times["ours"])


def large_evaluation() -> dict[str, float]:
    """Evaluate at the size of MovieLens 20M in a process of its own; return what it measured."""
    command = [sys.executable, "-m", "bench.evaluation"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _large_split() -> Split:
    """Draw pairs as skewed as MovieLens: a few users and movies have most of them."""
    random = np.random.default_rng(0)
    parts = []
    for count in (LARGE_RATINGS * 95 // 100, LARGE_RATINGS * 5 // 100):
        users = (LARGE_USERS * random.random(count) ** 1.5).astype(np.int64)
        items = (LARGE_ITEMS * random.random(count) ** 3).astype(np.int64)
        parts.append(Interactions(users, items, np.full(count, 3, dtype=np.float32)))
    return Split(*parts, LARGE_USERS, LARGE_ITEMS)


def _evaluate(split: Split) -> tuple[float, float]:
    """Return the seconds of one evaluation and of one for each user and movie."""
    torch.manual_seed(0)
    code = load_student_code(Path())
    net = code.model.MultiTaskNet(split.num_users, split.num_items)
    test_users, test_items = (torch.from_numpy(c) for c in (split.test.users, split.test.items))
    ranking = HeldOutRanking(split, torch.device("cpu"))
    repeats = 1 if split.num_users == LARGE_USERS else 20
    with torch.no_grad():
        started = time.perf_counter()
        for _ in range(repeats):
            ranking.mrr(net.score_all_items, code.mrr.mrr_score)
            predict_ratings(net, test_users, test_items)
        seconds = (time.perf_counter() - started) / repeats
    return seconds, seconds / (split.num_users * split.num_items)


def main() -> None:
    torch.set_num_threads(default_threads())
    small = split_ratings(load_movielens_100k(say=lambda _: None), 123)
    _, small_per_cell = _evaluate(small)
    seconds, per_cell = _evaluate(_large_split())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "seconds": seconds,
                "seconds_per_cell": per_cell,
                "small_seconds_per_cell": small_per_cell,
                "peak_mb": peak / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()
