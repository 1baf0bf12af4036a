"""The main job: fetch the data, complete the four runs, write the results."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from experiments.data.ratings import Ratings, split_ratings
from experiments.engine.resources import default_threads, jobs_that_fit
from experiments.engine.store import (
    RunRecord,
    read_record,
    tidy_curves,
    write_summaries,
)
from experiments.locking import lock_folder
from experiments.run import COURSE_RUNS, DEFAULT_EPOCHS, DEFAULT_SEED, Run
from experiments.scheduling import Listener, complete_runs, default_jobs
from experiments.training.student_code import code_digest, find_submission


def resolve_device(device: str) -> str:
    """Return the device that ``--device`` means.

    ``auto`` is an NVIDIA card where torch can use one, and the processor elsewhere; Apple's
    GPU is used when it is asked for.

    Raises
    ------
    ValueError
        If the device is not there.
    """
    if device == "cpu" or (device == "auto" and not shutil.which("nvidia-smi")):
        return "cpu"
    import torch

    if device == "mps":
        if not torch.backends.mps.is_available():
            raise ValueError("--device mps: torch finds no Apple GPU here; use --device cpu")
        return "mps"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise ValueError("--device cuda: torch finds no NVIDIA card here; use --device cpu")
    return "cpu"


def configure_runs(
    ratings: Ratings,
    submission: Path,
    *,
    names: Sequence[str] = (),
    epochs: int = DEFAULT_EPOCHS,
    seed: int = DEFAULT_SEED,
    batch_size: int | None = None,
    device: str = "auto",
    threads: int | None = None,
) -> list[Run]:
    """Return the course's runs, or those of them that are named, with all that they depend on.

    Raises
    ------
    StudentError
        If there is no submission.
    ValueError
        If the device is not there.
    """
    device = resolve_device(device)
    protocol = {
        "epochs": epochs,
        "seed": seed,
        "batch_size": batch_size,
        "device": device,
        "threads": threads or default_threads(),
        "data": ratings.digest,
        "submission": code_digest(find_submission(submission)),
    }
    return [replace(run, **protocol) for run in COURSE_RUNS if not names or run.name in names]


def run_experiments(
    configurations: Sequence[Run],
    ratings: Ratings,
    submission: Path,
    results: Path,
    listener: Listener,
    jobs: int | None = None,
    say: Callable[[str], None] = print,
) -> list[RunRecord]:
    """Complete the runs and write summary, curves, figures and event files.

    What is written covers every complete run that can be compared with these: of the same
    data, code, epochs and seed. It is written also if a run fails or the user interrupts.

    Returns
    -------
    list of RunRecord
        The runs that the written results cover, in the course's order.

    Raises
    ------
    RunsFailed, RunsInterrupted
        After what is finished has been written.
    FolderInUse
        If another process does runs into ``results``.
    ValueError
        If a run does not fit into memory.
    """
    fitting = jobs_that_fit(configurations, ratings)
    if jobs is None and fitting < default_jobs(configurations):
        say(f"Free memory holds {fitting} of these runs at once.")
        jobs = fitting
    split = split_ratings(ratings, configurations[0].seed)
    with lock_folder(results):
        try:
            complete_runs(configurations, split, submission, results, listener, jobs)
        finally:
            records = comparable_records(results, configurations[0])
            if records:
                write_results(results, records, say)
    return records


def comparable_records(results: Path, configuration: Run) -> list[RunRecord]:
    """Return the complete runs on disk that differ from a configuration in nothing but the run."""
    runs = [replace(run, **configuration.protocol) for run in COURSE_RUNS]
    records = [read_record(results, run.id) for run in runs]
    return [
        record for record in records if record and record.run.protocol == configuration.protocol
    ]


def write_results(results: Path, records: list[RunRecord], say: Callable[[str], None]) -> None:
    """Write everything in ``results/`` that is made from complete runs."""
    # Drawing and TensorBoard take a second to import.
    from experiments.plots.curves import save_figures
    from experiments.tensorboard import write_event_files

    write_summaries(results, records)
    say(f"Drawing the curves of {len(records)} runs ...")
    save_figures(tidy_curves(records), results / "figures")
    write_event_files(results, records)
