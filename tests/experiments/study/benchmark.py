"""What the study's engine costs beside the runs' own time: ``python -m`` this, on a quiet machine.

The same runs once in a loop and once on a worker process. Processor time does not know how busy
the machine is otherwise; the time of the clock also has the pauses between runs.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from experiments.data import load_ratings
from experiments.data.ratings import split_ratings
from experiments.single_run import no_curves, run_epochs, settle_torch
from experiments.study.cluster import open_workers
from experiments.study.engine import complete_study
from experiments.study.grid import PARTS, STANDARD, study_runs
from experiments.training.student_code import code_digest, find_submission, load_student_code
from experiments.training.trainer import Training


class Ignore:
    """A listener that does not listen."""

    def __getattr__(self, name):
        return lambda *told: None


def processor_seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--data", default="movielens-100k")
    options = parser.parse_args()
    ratings, submission = load_ratings(options.data), find_submission(Path("submission"))
    common = replace(STANDARD, epochs=options.epochs, submission=code_digest(submission))
    runs = [run for _, run in study_runs(common, PARTS, 10)][: options.runs]

    this = psutil.Process()
    settle_torch(runs[0])
    code = load_student_code(submission)
    Training(runs[0], split_ratings(ratings, runs[0].seed), code).run_epoch()  # warm
    before = processor_seconds([this])
    for run in runs:
        training = Training(run, split_ratings(ratings, run.seed), code)
        run_epochs(training, no_curves(), lambda epoch, metrics: True)
    alone = processor_seconds([this]) - before

    with tempfile.TemporaryDirectory() as study, open_workers(ratings, submission, 1) as workers:
        complete_study(runs[:1], workers, Path(study), Ignore())  # warm
        processes = [this, *this.children(recursive=True)]
        before, started, records = processor_seconds(processes), time.perf_counter(), []
        listener = Ignore()
        listener.finished = records.append
        complete_study(runs, workers, Path(study), listener)
        passed = time.perf_counter() - started
        engine = processor_seconds(processes) - before
    own = sum(record.seconds for record in records)
    print(f"{len(runs)} runs of {options.epochs} epochs")
    print(f"processor time: {alone:.1f} s in a loop, {engine:.1f} s in a study", end="")
    print(f" ({100 * (engine / alone - 1):+.1f} %)")
    print(
        f"clock: {own:.1f} s of epochs, {passed:.1f} s in all ({100 * (passed / own - 1):+.1f} %)"
    )


if __name__ == "__main__":
    main()
