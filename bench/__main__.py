"""``make bench``: how fast, and in how much memory, against the plain baseline.

Everything is measured in one run on one machine, the two sides in turn; the ratios are what to
quote. Takes about four minutes on two cores; keep the machine quiet.
``python -m bench scaling`` measures training on 20 million ratings, ``python -m bench tricks`` what
each trick for speed gains, ``python -m bench cohort 3000`` the grading of a course.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.cohort import main as cohort
from bench.evaluation import evaluation_seconds, large_evaluation
from bench.memory import tree_memory
from bench.scaling import main as scaling
from bench.tricks import main as tricks
from experiments.data.movielens import default_cache, load_movielens_100k
from experiments.engine.resources import default_threads, processor_cores
from experiments.run import COURSE_RUNS
from problem_set.io import write_atomic

SHORT, LONG = 5, 45  # epochs; the difference of two whole commands leaves out their start
BASELINE_EPOCHS = 3
SAMPLE_SECONDS = 0.05


def baseline_seconds_per_epoch(ratings: Path) -> float:
    """Return the mean over the four runs, each in the baseline's own words."""
    seconds = []
    for run in COURSE_RUNS:
        command = [sys.executable, "bench/baseline.py", str(ratings)]
        command += ["--epochs", str(BASELINE_EPOCHS)]
        command += ["--weights", str(run.factorization_weight), str(run.regression_weight)]
        command += [] if run.embedding_sharing else ["--separate"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds.append(json.loads(printed)["seconds_per_epoch"])
    return statistics.mean(seconds)


def run_command(epochs: int) -> tuple[float, float]:
    """Run the four experiments; return wall seconds and peak memory in bytes.

    Memory is summed over the command and its processes, pages that they share counted once.
    """
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "experiments", "run", "--out", results]
        started = time.perf_counter()
        process = psutil.Popen([*command, "--epochs", str(epochs)], stdout=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, tree_memory(process))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
    if process.returncode != 0:
        sys.exit("the experiments failed; run make experiments to see why")
    return seconds, peak


def help_seconds() -> float:
    """Return the median time of ``python -m experiments --help``."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        command = [sys.executable, "-m", "experiments", "--help"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    if sys.argv[1:2] == ["scaling"]:
        scaling(sys.argv[2:])
        return
    if sys.argv[1:2] == ["tricks"]:
        tricks()
        return
    if sys.argv[1:2] == ["cohort"]:
        cohort(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("results/bench.json"))
    out = parser.parse_args().out

    print(f"{processor_cores()} cores, {default_threads()} thread(s) a run", flush=True)
    load_movielens_100k()
    ratings = default_cache() / "u.data"
    figures: dict[str, float] = {}

    def report(name: str, value: float, text: str) -> None:
        figures[name] = value
        print(f"  {name:44} {text}", flush=True)

    def seconds(name: str, value: float) -> None:
        report(name, value, f"{value:.4f} s")

    print("An epoch of the four runs, evaluation included:", flush=True)
    plain = baseline_seconds_per_epoch(ratings)
    seconds("baseline, per epoch", plain)
    short, _ = run_command(SHORT)
    long, peak = run_command(LONG)
    ours = (long - short) / (len(COURSE_RUNS) * (LONG - SHORT))
    seconds("ours, per epoch", ours)
    report("epoch ratio", plain / ours, f"{plain / ours:.1f} times faster (bar: 10, aim: 20)")
    report("peak memory, MB", peak / 1e6, f"{peak / 1e6:.0f} MB (bar: 1500)")

    print("The evaluation alone, all cores busy:", flush=True)
    plain, ours = evaluation_seconds()
    seconds("baseline, per evaluation", plain)
    seconds("ours, per evaluation", ours)
    report("evaluation ratio", plain / ours, f"{plain / ours:.0f} times faster (bar: 50)")

    print("138,000 users by 27,000 movies, 20 million synthetic ratings:", flush=True)
    large = large_evaluation()
    seconds("evaluation", large["seconds"])
    report("peak memory, large, MB", large["peak_mb"], f"{large['peak_mb']:.0f} MB (bar: 4000)")
    ratio = large["seconds_per_cell"] / large["small_seconds_per_cell"]
    report("time per user and movie, of 100K's", ratio, f"{ratio:.2f} (bar: 1)")

    seconds("python -m experiments --help", help_seconds())
    write_atomic(out, json.dumps(figures, indent=2) + "\n")
    print(f"Written to {out}")


if __name__ == "__main__":
    main()
