"""The main job: complete the four runs, write the results."""

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.data.movielens import DIGEST
from experiments.data.ratings import Ratings
from experiments.engine.complete import complete
from experiments.engine.events import Event, Listener, Message
from experiments.engine.local import LocalProcesses
from experiments.engine.resources import choose_jobs, default_threads, resolve_device
from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.first_epoch import FirstEpochs
from experiments.io import lock_folder
from experiments.run import COURSE_RUNS, DEFAULT_EPOCHS, DEFAULT_SEED, DEFAULTS, Run
from experiments.tables import tidy_curves, write_summaries


def configure_runs(
    ratings: Ratings,
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
    ValueError
        If the device is not there.
    """
    protocol: dict[str, Any] = {
        "epochs": epochs,
        "seed": seed,
        "batch_size": batch_size,
        "device": resolve_device(device),
        "threads": threads or default_threads(),
        "data": ratings.digest,
    }
    return [replace(run, **protocol) for run in COURSE_RUNS if not names or run.name in names]


def options_of(run: Run, data: str = "") -> dict[str, object]:
    """Return what differs from the assignment's own options and changes the numbers.

    ``data`` is a name for ratings other than MovieLens 100K; default their digest.
    """
    options: dict[str, object] = {} if run.data == DIGEST else {"data": data or run.data}
    for name in ("epochs", "seed", "batch_size"):
        if getattr(run, name) != DEFAULTS[name]:
            options[name] = getattr(run, name)
    return options


def folder_of_options(results: Path, options: dict[str, object]) -> Path:
    """Return where the results of a command go that was given no folder.

    Trying an option costs nothing: where ``results`` has those of the assignment's own options,
    they stay, and those of other ``options_of`` go to a folder in it. Runs are kept together in
    either case.
    """
    try:
        kept = json.loads((results / "summary.json").read_text())
        is_the_assignments = not kept.get("options")
    except (OSError, ValueError, AttributeError):
        is_the_assignments = False
    if not options or not is_the_assignments:
        return results
    return results / "tried" / "_".join(f"{name}={value}" for name, value in options.items())


def run_experiments(
    runs: Sequence[Run],
    ratings: Ratings,
    submission: Path,
    results: Path,
    listener: Listener,
    jobs: int | None = None,
    say: Callable[[str], None] = print,
    *,
    store: Store | None = None,
    data: str = "",
) -> list[RunRecord]:
    """Complete the runs and write summary, curves, figures and TensorBoard's event files.

    What is written covers every complete run that can be compared with these: of the same
    data, code, epochs and seed. It is written also if a run fails or the user interrupts. After
    epoch 0, the listener has a message on whether the runs have the known values.

    Parameters
    ----------
    jobs : int, optional
        Runs at once; default as many as cores and free memory allow.
    say : callable
        Takes sentences.
    store : Store, optional
        Where runs are kept; default ``results``.
    data : str
        A name for ratings other than MovieLens 100K, for ``summary.json``.

    Returns
    -------
    list of RunRecord
        The runs that the written results cover, in the course's order.

    Raises
    ------
    RunsFailed, RunsInterrupted
        After the results of finished runs have been written.
    FolderInUse
        If another process does runs into the store.
    StudentError
        If there is no submission.
    ValueError
        If a run does not fit into memory.
    """
    from experiments.tensorboard import EventFiles

    store = store or Store(results)
    executor = LocalProcesses(ratings, submission, choose_jobs(runs, ratings, jobs, say))
    first_epochs = FirstEpochs(runs)
    with lock_folder(store.folder, say):
        say_what_is_done_again(runs, store, executor.made_by, say)
        try:
            with contextlib.closing(EventFiles(results / "tensorboard")) as event_files:

                def tell(event: Event) -> None:
                    event_files(event)
                    listener(event)
                    if sentence := first_epochs(event):
                        listener(Message(sentence))

                complete(runs, executor, store, tell)
        finally:
            records = comparable_records(store, runs[0], executor.made_by)
            if records:
                write_results(results, records, options_of(runs[0], data), say)
            elif (results / "summary.json").exists():
                say(
                    f"Numbers and figures in {results} are still those of earlier runs, of other "
                    "code or options: none of these runs is complete."
                )
    return records


def say_what_is_done_again(
    runs: Sequence[Run], store: Store, made_by: MadeBy, say: Callable[[str], None]
) -> None:
    """Say which complete runs are not used, and why."""
    reasons: dict[str, int] = {}
    for run in runs:
        record = store.read(run)
        if record and (reason := record.made_by.differs_from(made_by)):
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in reasons.items():
        plural = "run was" if count == 1 else "runs were"
        say(f"{count} complete {plural} made by {reason}; done again.")


def comparable_records(store: Store, run: Run, made_by: MadeBy) -> list[RunRecord]:
    """Return the course's complete runs of a run's protocol and of the same code."""
    records = [store.read(replace(course, **run.protocol)) for course in COURSE_RUNS]
    return [record for record in records if record and record.made_by == made_by]


def write_results(
    results: Path, records: list[RunRecord], options: dict, say: Callable[[str], None]
) -> None:
    """Write summary, curves and figures of complete runs."""
    from experiments.plots import save_figures  # matplotlib takes a second to import

    write_summaries(results, records, options)
    say(f"Drawing the curves of {len(records)} runs ...")
    save_figures(tidy_curves(records), results / "figures")
