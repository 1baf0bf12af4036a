"""``python -m bench scaling``: seconds and memory of minibatch training on 20 million ratings.

A part of an epoch is measured at each batch size, in one process and in two, with one thread
each; the epoch's time is that of its part, multiplied. So is the evaluation's. Beside the seconds
by the clock stand those of the processor (mean of the processes), which other programs on the
machine disturb less. It writes a file of half a gigabyte, and takes about a quarter of an hour on
two quiet cores.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import mean

import torch
import torch.distributed as dist

from bench.large_ratings import large_ratings, write_ratings_csv
from experiments.atomic import write_atomically
from experiments.data import load_ratings
from experiments.distributed.rank import joined_group
from experiments.distributed.task import TASK, load_split, task_folder, write_task
from experiments.distributed.torchrun import LOOPBACK
from experiments.distributed.training import SharedOutTraining
from experiments.memory import process_memory
from experiments.ratings import split_ratings
from experiments.run import COURSE_RUNS, Run
from experiments.student_code import load_student_code
from experiments.training import Training

RUN = COURSE_RUNS[1]  # shared, 0.5 / 0.5
PROCESSES = (1, 2)
BATCH_SIZES = (4096, 65_536, 524_288)
STEPS_TO_WARM_UP, FEWEST_STEPS = 2, 6
SECONDS_A_PART = 15
EVALUATED_BLOCKS = 50


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
            # In a process of its own, whose memory is none of what is measured.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as another:
                another.submit(_write_large_ratings, options.ratings, data).result()
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
        "processes    batch  s a step: clock  processor  of it Adam  min an epoch: clock"
        "  processor  min an evaluation: clock  processor  peak MB a process  (estimated)",
        flush=True,
    )
    rows = []
    with task_folder(split) as folder:
        for size in options.batch_size:
            for processes in PROCESSES:
                run = replace(RUN, batch_size=size, processes=processes)
                write_task(folder, run, split, Path("submission"), folder)
                row = {"processes": processes, "batch": size, **_measured_by_torchrun(folder, run)}
                for kind in ("clock", "processor"):
                    minutes = row[f"step_{kind}"] * len(split.train) / size / 60
                    row[f"epoch_minutes_{kind}"] = minutes
                row["estimated_mb"] = process_memory(run, ratings) / 1e6
                rows.append(row)
                print(
                    "{processes:9} {batch:8,} {step_clock:16.3f} {step_processor:10.3f} "
                    "{adam:11.3f} {epoch_minutes_clock:20.1f} {epoch_minutes_processor:10.1f} "
                    "{evaluation_minutes_clock:25.1f} {evaluation_minutes_processor:10.1f} "
                    "{peak_mb:18.0f} {estimated_mb:12.0f}".format(**row),
                    flush=True,
                )
    measured |= {"rows": rows, "load after": os.getloadavg()[0]}
    write_atomically(options.out, json.dumps(measured, indent=2) + "\n")
    print(f"Load {measured['load before']:.1f} before, {measured['load after']:.1f} after")
    print(f"Written to {options.out}")


def _measured_by_torchrun(folder: Path, run: Run) -> dict[str, float]:
    """Measure in processes of their own; return the first one's figures."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--local-addr", "127.0.0.1", "--nproc-per-node", str(run.processes)]
    command += ["-m", "bench.scaling", str(folder)]
    environment = {"GLOO_SOCKET_IFNAME": LOOPBACK, **os.environ, "OMP_NUM_THREADS": "1"}
    environment["TORCH_CPP_LOG_LEVEL"] = "ERROR"
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def _measure(folder: Path) -> None:
    """Take some steps and evaluate some users; print what it took, if this process is the first."""
    torch.set_num_threads(1)
    run = Run.from_dict(json.loads((folder / TASK).read_text())["config"])
    with joined_group(run.device) as place:
        code = load_student_code(Path("submission"))
        kind = Training if run.processes == 1 else SharedOutTraining
        training = kind(run, load_split(folder), code)
        figures = {**_seconds_a_step(training), "peak_mb": _peak_mb()}
        figures |= _evaluation_minutes(training)
        everyones = [None] * run.processes
        dist.all_gather_object(everyones, figures)
        if place == 0:
            print(json.dumps({key: mean(one[key] for one in everyones) for key in figures}))


def _seconds_a_step(training: Training) -> dict[str, float]:
    """Return the mean seconds of a step, and the processor's that Adam takes of them."""
    adam = 0.0
    optimizer_step = training.optimizer.step

    def timed_step() -> None:
        nonlocal adam
        started = time.process_time()
        optimizer_step()
        adam += time.process_time() - started

    training.optimizer.step = timed_step
    steps, before, after = 0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)

    def on_pairs(done: int, of: int) -> None:
        nonlocal steps, before, after
        steps += 1
        after = time.perf_counter(), time.process_time(), adam
        if steps == STEPS_TO_WARM_UP:
            before = after
        enough = steps >= STEPS_TO_WARM_UP + FEWEST_STEPS and after[0] - before[0] > SECONDS_A_PART
        # All processes have to leave after the same step.
        enough = torch.tensor(enough)
        dist.broadcast(enough, 0)
        if enough:
            raise _Enough

    training.on_pairs = on_pairs
    training.net.train()
    with contextlib.suppress(_Enough):
        training._train()
    means = [(end - start) / (steps - STEPS_TO_WARM_UP) for start, end in zip(before, after)]
    return dict(zip(("step_clock", "step_processor", "adam"), means))


def _evaluation_minutes(training: Training) -> dict[str, float]:
    """Return the minutes of an evaluation, from those of the first users."""
    ranking = training.ranking
    users, block = ranking.users, ranking.block
    ranking.users = users[: EVALUATED_BLOCKS * block]
    clock, processor = time.perf_counter(), time.process_time()
    with torch.no_grad():
        ranking.mrr(training.score_items, training.code.mrr.mrr_score)
    of_all = len(users) / len(ranking.users) / 60
    return {
        "evaluation_minutes_clock": (time.perf_counter() - clock) * of_all,
        "evaluation_minutes_processor": (time.process_time() - processor) * of_all,
    }


def _write_large_ratings(num_ratings: int, path: Path) -> None:
    write_ratings_csv(large_ratings(num_ratings=num_ratings), path)


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
