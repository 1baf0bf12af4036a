"""A study's runs, done: what there is to do and what it costs is said first."""

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from experiments.console import echo
from experiments.engine.complete import Executor, complete
from experiments.engine.cost import Costs, measure_costs, recorded_costs
from experiments.engine.dask_cluster import join_cluster
from experiments.engine.local import LocalProcesses
from experiments.engine.progress import RunProgress, format_seconds
from experiments.engine.resources import default_jobs, jobs_that_fit
from experiments.engine.store import MadeBy, RunRecord, Store
from experiments.locking import lock_folder
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
        fitting = jobs_that_fit(plan.configurations, plan.ratings, batch_is_given=True)
        cores = default_jobs(plan.configurations)
        if workers is None and fitting < cores:
            echo(console, f"Running {fitting} at a time (limited by free memory).")
        at_once = workers or min(cores, fitting)
        yield LocalProcesses(plan.ratings, plan.submission, at_once), at_once
        return
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
    complete, others = _complete(plan.configurations, store, executor.made_by)
    if others:
        echo(
            console,
            f"{others} complete runs were made by other code (another submission, experiments/ or "
            "torch); done again.",
        )
    to_do = [run for run in plan.configurations if run not in complete]
    costs = recorded_costs(list(complete.values()))
    if to_do:
        costs = _measure(costs, to_do, executor, console)
    _show_plan(plan, complete, costs, at_once, console)
    return costs


def _complete(
    runs: Sequence[Run], store: Store, made_by: MadeBy
) -> tuple[dict[Run, RunRecord], int]:
    """Return the records that are used again, and how many are of other code."""
    found = {run: record for run in runs if (record := store.read(run))}
    usable = {run: record for run, record in found.items() if record.made_by == made_by}
    return usable, len(found) - len(usable)


def _measure(known: Costs, to_do: Sequence[Run], executor: Executor, console: Console) -> Costs:
    kinds = len(known.missing(to_do))
    if not kinds:
        return known
    redraws = console.is_terminal or console.is_jupyter
    what = f"Trying out some epochs of {kinds} kinds of run"
    if not redraws:
        echo(console, f"{what} ...")
    columns = TextColumn("{task.description}"), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True, disable=not redraws) as progress:
        task = progress.add_task(what, total=kinds)
        return measure_costs(known, to_do, executor, lambda: progress.advance(task))


def _show_plan(
    plan: Plan, complete: dict[Run, RunRecord], costs: Costs, at_once: int, console: Console
) -> None:
    """Say what there is to do, part by part, and how long it takes."""
    table = Table(caption_justify="left")
    for heading in ("part", "asks", "runs", "to do", "time one at a time"):
        right = "right" if heading in ("runs", "to do", "time one at a time") else "left"
        table.add_column(heading, justify=right)
    total = 0.0
    for title, part in PARTS.items():
        runs = [run for own, run in plan.runs if own == title]
        to_do = [run for run in runs if run not in complete]
        seconds = sum(map(costs.seconds, to_do))
        total += seconds
        if runs:
            time = format_seconds(seconds) if to_do else "complete"
            table.add_row(title, f"{part.question}?", str(len(runs)), str(len(to_do)), time)
    console.print(table)
    to_do = [run for _, run in plan.runs if run not in complete]
    if not to_do:
        echo(console, f"All {len(plan.runs)} runs are complete.")
        return
    longest = max(map(costs.seconds, to_do))
    echo(
        console,
        f"{len(to_do)} of {len(plan.runs)} runs to do: about "
        f"{format_seconds(max(total / at_once, longest))}, {at_once} at a time. Stop with Ctrl-C "
        "at any time; the same command resumes.",
    )
