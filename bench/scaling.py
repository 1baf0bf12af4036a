"""``python -m bench scaling``: seconds and memory of minibatch training on 20 million ratings.

A part of an epoch is measured at each batch size, in one process and in two, with one thread
each; the epoch's time is that of its part, multiplied. So is the evaluation's. It writes a file of
half a gigabyte, and takes about a quarter of an hour on two quiet cores.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist

from bench.large_ratings import large_ratings, write_ratings_csv
from experiments.atomic import write_atomically
from experiments.configuration import COURSE_RUNS, Configuration
from experiments.data import load_ratings
from experiments.distributed.rank import joined_group
from experiments.distributed.task import TASK, load_split, task_folder, write_task
from experiments.distributed.training import SharedOutTraining
from experiments.memory import process_memory
from experiments.ratings import split_ratings
from experiments.student_code import load_student_code
from experiments.training import Training

RUN = COURSE_RUNS[1]  # shared, 0.5 / 0.5
PROCESSES = (1, 2)
BATCH_SIZES = (4096, 65_536, 524_288)
STEPS_TO_WARM_UP = 2
SECONDS_A_PART = 15
EVALUATED_BLOCKS = 200


class _Enough(Exception):
    """The part of the epoch that is measured is over."""


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
    measured: dict[str, object] = {"load before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = options.data
        if data is None:
            print(f"Drawing {options.ratings:,} ratings and writing them down ...", flush=True)
            data = Path(folder) / "ratings.csv"
            write_ratings_csv(large_ratings(num_ratings=options.ratings), data)
        started = time.perf_counter()
        ratings = load_ratings(str(data), lambda text: print(text, flush=True))
    loaded = time.perf_counter()
    split = split_ratings(ratings, RUN.seed)
    measured["seconds to read the ratings"] = loaded - started
    measured["seconds to split them"] = time.perf_counter() - loaded
    measured["peak MB of reading and splitting"] = _peak_mb()
    for name, value in measured.items():
        print(f"  {name:40} {value:.1f}", flush=True)
    print(
        "processes     batch  s a step  of it Adam  min an epoch  min an evaluation"
        "  peak MB a process  (estimated)",
        flush=True,
    )
    rows = []
    with task_folder(split) as folder:
        for size in options.batch_size:
            for processes in PROCESSES:
                run = replace(RUN, batch_size=size, processes=processes)
                write_task(folder, run, split, Path("submission"), folder)
                row = {"processes": processes, "batch": size, **_measured_by_torchrun(folder, run)}
                row["epoch_minutes"] = row["step"] * len(split.train) / size / 60
                row["estimated_mb"] = process_memory(run, ratings) / 1e6
                rows.append(row)
                print(
                    "{processes:9} {batch:9,} {step:9.3f} {adam:11.3f} {epoch_minutes:13.1f} "
                    "{evaluation_minutes:18.1f} {peak_mb:18.0f} {estimated_mb:12.0f}".format(**row),
                    flush=True,
                )
    measured |= {"rows": rows, "load after": os.getloadavg()[0]}
    write_atomically(options.out, json.dumps(measured, indent=2) + "\n")
    print(f"Load {measured['load before']:.1f} before, {measured['load after']:.1f} after")
    print(f"Written to {options.out}")


def _measured_by_torchrun(folder: Path, run: Configuration) -> dict[str, float]:
    """Measure in processes of their own; return the first one's figures."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--local-addr", "127.0.0.1", "--nproc-per-node", str(run.processes)]
    command += ["-m", "bench.scaling", str(folder)]
    environment = {"GLOO_SOCKET_IFNAME": "lo", **os.environ, "OMP_NUM_THREADS": "1"}
    environment["TORCH_CPP_LOG_LEVEL"] = "ERROR"
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def _measure(folder: Path) -> None:
    """Take some steps and evaluate some users; print what it took, if this process is the first."""
    torch.set_num_threads(1)
    run = Configuration(**json.loads((folder / TASK).read_text())["config"])
    with joined_group(run.device) as place:
        code = load_student_code(Path("submission"))
        kind = Training if run.processes == 1 else SharedOutTraining
        training = kind(run, load_split(folder), code)
        step, adam = _seconds_a_step(training)
        figures = {"step": step, "adam": adam, "peak_mb": _peak_mb()}
        dist.barrier()
        figures["evaluation_minutes"] = _evaluation_minutes(training)
        if place == 0:
            print(json.dumps(figures))


def _seconds_a_step(training: Training) -> tuple[float, float]:
    """Return the mean seconds of a step, and those that the optimizer takes of it."""
    adam = 0.0
    optimizer_step = training.optimizer.step

    def timed_step() -> None:
        nonlocal adam
        started = time.perf_counter()
        optimizer_step()
        adam += time.perf_counter() - started

    training.optimizer.step = timed_step
    started, steps, adam_before = 0.0, 0, 0.0

    def on_pairs(done: int, of: int) -> None:
        nonlocal started, steps, adam_before
        steps += 1
        if steps == STEPS_TO_WARM_UP:
            started, adam_before = time.perf_counter(), adam
        measured = steps - STEPS_TO_WARM_UP
        # All processes have to leave after the same step.
        enough = torch.tensor(measured > 0 and time.perf_counter() - started > SECONDS_A_PART)
        dist.broadcast(enough, 0)
        if enough:
            raise _Enough

    training.on_pairs = on_pairs
    training.net.train()
    with contextlib.suppress(_Enough):
        training._train()
    measured = steps - STEPS_TO_WARM_UP
    return (time.perf_counter() - started) / measured, (adam - adam_before) / measured


def _evaluation_minutes(training: Training) -> float:
    """Return the minutes of an evaluation, from those of the first users."""
    ranking = training.ranking
    users, block = ranking.users, ranking.block
    ranking.users = users[: EVALUATED_BLOCKS * block]
    started = time.perf_counter()
    with torch.no_grad():
        ranking.mrr(training.score_items, training.code.mrr.mrr_score)
    seconds = time.perf_counter() - started
    return seconds * len(users) / len(ranking.users) / 60


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
