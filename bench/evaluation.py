"""Time of the evaluation alone, at MovieLens 100K's size and at MovieLens 20M's."""

import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from bench.baseline import Net, by_user, mean_reciprocal_rank
from experiments.data.movielens import load_movielens_100k
from experiments.data.ratings import Interactions, Split, split_ratings
from experiments.engine.resources import default_jobs, default_threads
from experiments.run import COURSE_RUNS
from experiments.training.evaluation import HeldOutRanking, predict_ratings
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer

LARGE_USERS, LARGE_ITEMS, LARGE_RATINGS = 138_000, 27_000, 20_000_000
REPEATS = 6
EVALUATIONS = 40


def evaluation_seconds() -> tuple[float, float]:
    """Return the baseline's and our seconds for one evaluation of MovieLens 100K, all cores busy.

    The baseline has all cores to itself, as it runs; of ours there are as many at once as there
    are runs at once, and their time is divided by them.
    """
    split = split_ratings(load_movielens_100k(say=lambda _: None), 123)
    test = [torch.from_numpy(column) for column in vars(split.test).values()]
    seen, heldout = (by_user(part.users, part.items) for part in (split.train, split.test))
    net = Net(split.num_users, split.num_items)

    plain, ours = [], []
    at_once = default_jobs(COURSE_RUNS)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=spawn, initializer=_prepare) as pool:
        for _ in range(REPEATS):
            started = time.perf_counter()
            mean_reciprocal_rank(net, heldout, seen, split.num_items)
            ((test[2] - net(test[0], test[1])[1].detach()) ** 2).mean().item()
            plain.append(time.perf_counter() - started)
            times = pool.map(_seconds_per_evaluation, [EVALUATIONS] * at_once)
            ours.append(statistics.mean(times) / at_once)
    return statistics.median(plain), statistics.median(ours[1:])  # the first pays for the start


_training: Trainer  # of a process that measures


def _prepare() -> None:
    """Set a process of ours up as a run would be."""
    global _training
    torch.set_num_threads(default_threads())
    split = split_ratings(load_movielens_100k(say=lambda _: None), 123)
    _training = Trainer(COURSE_RUNS[0], split, load_student_code(Path()))


def _seconds_per_evaluation(times: int) -> float:
    started = time.perf_counter()
    with torch.no_grad():
        for _ in range(times):
            _training.ranking.mrr(_training.score_items, _training.code.mrr.mrr_score)
    return (time.perf_counter() - started) / times


def large_evaluation() -> dict[str, float]:
    """Evaluate at the size of MovieLens 20M in a process of its own; return what it measured."""
    command = [sys.executable, "-m", "bench.evaluation"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _large_split() -> Split:
    """Draw pairs as skewed as MovieLens: a few users and movies have most of them."""
    random = np.random.default_rng(0)
    parts: list[Interactions] = []
    for count in (LARGE_RATINGS * 95 // 100, LARGE_RATINGS * 5 // 100):
        users = (LARGE_USERS * random.random(count) ** 1.5).astype(np.int64)
        items = (LARGE_ITEMS * random.random(count) ** 3).astype(np.int64)
        parts.append(Interactions(users, items, np.full(count, 3, dtype=np.float32)))
    train, test = parts
    return Split(train, test, LARGE_USERS, LARGE_ITEMS)


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
