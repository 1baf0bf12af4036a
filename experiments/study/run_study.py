"""A study's runs, done: what there is to do and what it costs is said first."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from experiments.console import echo
from experiments.engine.complete import Executor, complete
from experiments.engine.local import LocalProcesses
from experiments.engine.progress import RunProgress, format_seconds
from experiments.engine.resources import (
    Costs,
    choose_jobs,
    measure_costs,
    recorded_costs,
)
from experiments.engine.store import Store
from experiments.errors import UserError
from experiments.io import lock_folder
from experiments.run import Run
from experiments.study.grid import PARTS, Plan
from experiments.study.measurements import remember_study, store_of


def run_study(
    plan: Plan,
    study: Path,
    console: Console,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> None:
    """Do the runs that are missing.

    Parameters
    ----------
    plan : Plan
    study : Path
    console : Console
    workers : int, optional
        Runs at once on this machine; default as many as cores and free memory allow.
    scheduler : str, optional
        The address of a Dask scheduler to use instead.

    Raises
    ------
    RunsFailed, RunsInterrupted
        Finished runs are kept.
    ClusterError, WorkerUnfit
        If there are no workers to be had.
    UserError
        If there is a scheduler and no Dask.
    FolderInUse
        If another command does runs into the same store.
    ValueError
        If a run does not fit into this machine's memory.
    """
    runs, store = plan.configurations, store_of(study)
    with (
        lock_folder(store.folder, partial(echo, console)),
        _executor(plan, console, workers, scheduler) as (executor, at_once),
    ):
        remember_study(study, runs[0], executor.made_by)
        costs = _say_what_it_costs(plan, store, executor, at_once, console)
        with RunProgress(runs, console, costs) as progress:
            complete(runs, executor, store, progress)


def estimate_cost(
    plan: Plan,
    study: Path,
    console: Console,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> None:
    """Say what ``run_study`` would do and how long it would take; leave nothing behind.

    Parameters and errors are those of ``run_study``.
    """
    with _executor(plan, console, workers, scheduler) as (executor, at_once):
        _say_what_it_costs(plan, store_of(study), executor, at_once, console)


@contextlib.contextmanager
def _executor(
    plan: Plan, console: Console, workers: int | None, scheduler: str | None
) -> Iterator[tuple[Executor, int]]:
    """Return what does the runs, and how many at once; say what a person should know of it."""
    if not scheduler:
        at_once = choose_jobs(
            plan.configurations,
            plan.ratings,
            workers,
            partial(echo, console),
            batch_is_given=True,
        )
        yield LocalProcesses(plan.ratings, plan.submission, at_once), at_once
        return
    try:
        from experiments.engine.dask_cluster import join_cluster
    except ModuleNotFoundError as error:
        raise UserError(
            f"--scheduler needs the package {error.name}; to install it: python bootstrap.py study"
        ) from error
    echo(console, f"Joining {scheduler} ...")
    with join_cluster(scheduler, plan.ratings, plan.submission) as cluster:
        if not len(cluster):
            echo(console, "The cluster has no worker yet; waiting for one ...")
        if slowed := cluster.slowed:
            echo(
                console,
                f"{slowed} workers were started by Dask's nanny, whose setting of "
                "MALLOC_TRIM_THRESHOLD_ makes a run take several times as long; start them "
                "with --no-nanny (docs/study.md)",
            )
        yield cluster, max(1, len(cluster))


def _say_what_it_costs(
    plan: Plan, store: Store, executor: Executor, at_once: int, console: Console
) -> Costs:
    """Show what there is to do, part by part, and how long it takes; return the costs."""
    found = [record for run in plan.configurations if (record := store.read(run))]
    usable = [record for record in found if record.made_by == executor.made_by]
    if len(usable) < len(found):
        echo(
            console,
            f"{len(found) - len(usable)} complete runs were made by other code (another "
            "submission, experiments/ or torch); done again.",
        )
    folders = {record.run.folder for record in usable}
    to_do = {run: part for part, run in plan.runs if run.folder not in folders}
    costs = recorded_costs(usable)
    if costs.missing(list(to_do)):
        costs = _measure(costs, list(to_do), executor, console)
    table = Table("part", "asks", caption_justify="left")
    for heading in ("runs", "to do", "time one at a time"):
        table.add_column(heading, justify="right")
    for title, number in Counter(title for title, _ in plan.runs).items():
        seconds = [costs.seconds(run) for run, part in to_do.items() if part == title]
        time = format_seconds(sum(seconds)) if seconds else "complete"
        table.add_row(title, f"{PARTS[title].question}?", str(number), str(len(seconds)), time)
    console.print(table)
    if not to_do:
        echo(console, f"All {len(plan.runs)} runs are complete.")
        return costs
    seconds = list(map(costs.seconds, to_do))
    echo(
        console,
        f"{len(to_do)} of {len(plan.runs)} runs to do: about "
        f"{format_seconds(max(sum(seconds) / at_once, *seconds))}, {at_once} at a time. Stop with "
        "Ctrl-C at any time; the same command resumes.",
    )
    return costs


def _measure(known: Costs, to_do: Sequence[Run], executor: Executor, console: Console) -> Costs:
    kinds = len(known.missing(to_do))
    redraws = console.is_terminal or console.is_jupyter
    what = f"Trying out some epochs of {kinds} kinds of run"
    if not redraws:
        echo(console, f"{what} ...")
    columns = TextColumn("{task.description}"), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True, disable=not redraws) as progress:
        task = progress.add_task(what, total=kinds)
        return measure_costs(known, to_do, executor, lambda: progress.advance(task))
