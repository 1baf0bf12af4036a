"""``python -m bench scaling``: training on ratings of the size of MovieLens 20M.

For each batch size: seconds a step, minutes an epoch and an evaluation, and peak memory beside
what ``experiments/memory.py`` estimates. A part of an epoch and of an evaluation is measured, and
multiplied. Takes some ten minutes and 4 GB; keep the machine quiet.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from bench.large_ratings import large_ratings, write_ratings_csv
from experiments.data import load_ratings
from experiments.data.ratings import split_ratings
from experiments.engine.resources import run_memory
from experiments.run import COURSE_RUNS, Run
from experiments.training.student_code import load_student_code
from experiments.training.trainer import Trainer
from problem_set.io import write_atomic

RUN = COURSE_RUNS[1]  # shared, 0.5 / 0.5
BATCH_SIZES = (4096, 65_536, 524_288)
STEPS_TO_WARM_UP, FEWEST_STEPS = 2, 6
SECONDS_A_PART = 15
EVALUATED_BLOCKS = 50


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--ratings", type=int, default=20_000_000, help="default: 20 million")
    parser.add_argument("--data", help="ratings to take in place of synthetic ones, as for run")
    parser.add_argument("--batch-size", type=int, nargs="+", default=BATCH_SIZES)
    parser.add_argument("--out", type=Path, default=Path("results/scaling.json"))
    options = parser.parse_args(arguments)
    load_before = os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = options.data
        if data is None:
            print(f"Drawing {options.ratings:,} ratings and writing them down ...", flush=True)
            data = str(Path(folder) / "ratings.csv")
            _in_a_process(_write_large_ratings, options.ratings, data)
        for size in options.batch_size:
            row = _in_a_process(_measure, replace(RUN, batch_size=size), data)
            rows.append(row)
            print(
                "batch {batch:9,}  {step:.3f} s a step  {epoch_minutes:.1f} min an epoch  "
                "{evaluation_minutes:.1f} min an evaluation  {peak_mb:.0f} MB at most "
                "(estimated {estimated_mb:.0f})".format(**row),
                flush=True,
            )
    measured = {"load before": load_before, "rows": rows, "load after": os.getloadavg()[0]}
    write_atomic(options.out, json.dumps(measured, indent=2) + "\n")
    print(f"Load {measured['load before']:.1f} before, {measured['load after']:.1f} after")
    print(f"Written to {options.out}")


def _in_a_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function in a process of its own, whose memory is measured alone."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as another:
        return another.submit(function, *arguments).result()


def _measure(run: Run, data: str) -> dict[str, float]:
    """Take some steps and evaluate some users; return what a whole epoch takes."""
    torch.set_num_threads(1)
    ratings = load_ratings(data, lambda text: None)
    split = split_ratings(ratings, run.seed)
    training = Trainer(run, split, load_student_code(Path("submission")))
    step, batch = _seconds_a_step(training), run.batch_size or len(split.train)
    return {
        "batch": batch,
        "step": step,
        "epoch_minutes": step * len(split.train) / batch / 60,
        "evaluation_minutes": _evaluation_minutes(training),
        "peak_mb": _peak_mb(),
        "estimated_mb": run_memory(run, ratings) / 1e6,
    }


def _seconds_a_step(training: Trainer) -> float:
    times: list[float] = []
    for _ in training.train_epoch():
        times.append(time.perf_counter())
        measured = times[STEPS_TO_WARM_UP:]
        if len(measured) > FEWEST_STEPS and measured[-1] - measured[0] > SECONDS_A_PART:
            break
    return (times[-1] - times[STEPS_TO_WARM_UP]) / (len(times) - STEPS_TO_WARM_UP - 1)


def _evaluation_minutes(training: Trainer) -> float:
    """Return the minutes of an evaluation, from those of the first users."""
    ranking = training.ranking
    users = ranking.users
    ranking.users = users[: EVALUATED_BLOCKS * ranking.block]
    started = time.perf_counter()
    with torch.no_grad():
        ranking.mrr(training.score_items, training.code.mrr.mrr_score)
    return (time.perf_counter() - started) * len(users) / len(ranking.users) / 60


def _write_large_ratings(num_ratings: int, path: str) -> None:
    write_ratings_csv(large_ratings(num_ratings=num_ratings), Path(path))


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
