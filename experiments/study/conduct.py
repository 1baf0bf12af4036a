"""A study's runs done: what there is to do and what it costs is said first."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from experiments.console import echo
from experiments.data.ratings import DataError
from experiments.engine.resources import jobs_that_fit, processor_cores
from experiments.engine.store import RunRecord, write_record
from experiments.locking import lock_folder
from experiments.run import Run
from experiments.study.cluster import Workers, open_workers
from experiments.study.cost import Costs, recorded_costs
from experiments.study.engine import complete_records, complete_study, measure_costs
from experiments.study.grid import PARTS
from experiments.study.plan import Plan
from experiments.study.progress import StudyProgress, format_duration
from experiments.study.tidy_files import comparable_records, study_records, write_tidy_files


@dataclass(frozen=True)
class Work:
    """The runs that a study lacks, and the workers that are ready for them.

    Attributes
    ----------
    todo : list of Run
    costs : Costs
    workers : Workers
    """

    todo: list[Run]
    costs: Costs
    workers: Workers


def conduct_study(
    plan: Plan,
    study: Path,
    console: Console,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> list[RunRecord]:
    """Do the runs that are missing and write ``runs.csv``, ``curves.csv`` and ``gradients.csv``.

    The files cover every complete run in the folder that can be compared with the plan's: see
    ``comparable_records``. They are written also if a run fails or the user interrupts.

    Parameters
    ----------
    plan : Plan
    study : Path
    console : Console
    workers : int, optional
        Processes to start here; default as many as there are cores for.
    scheduler : str, optional
        The address of a Dask scheduler to use instead.

    Returns
    -------
    list of RunRecord
        The runs that the files cover.

    Raises
    ------
    DataError
        If the folder has a study of other ratings.
    RunsFailed, StudyInterrupted
        After what is finished has been written.
    ClusterError, WorkerUnfit
        If there are no workers to be had.
    FolderInUse
        If another study is under way in ``study``.
    ValueError
        If a run does not fit into this machine's memory.
    """
    runs = plan.configurations
    with lock_folder(study):
        try:
            with _work_to_do(plan, study, console, workers, scheduler) as work:
                if work:
                    ready = len(work.workers)
                    with StudyProgress(runs, work.todo, work.costs, ready, console) as progress:
                        complete_study(work.todo, work.workers, study, progress)
        finally:
            records = comparable_records(study, runs[0])
            if records:
                write_tidy_files(study, records)
    return records


def price_study(
    plan: Plan,
    study: Path,
    console: Console,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> None:
    """Say what ``conduct_study`` would do and how long it would take; leave nothing behind.

    Parameters and errors are those of ``conduct_study``.
    """
    with _work_to_do(plan, study, console, workers, scheduler):
        pass  # saying it takes workers, which try out some epochs


@contextlib.contextmanager
def _work_to_do(
    plan: Plan, study: Path, console: Console, count: int | None, scheduler: str | None
) -> Iterator[Work | None]:
    """Say what there is to do and what it costs, and have workers ready for it.

    Yields None, and starts no workers, if all runs are complete.
    """
    _check_folder(study, plan.configurations[0], console)
    _use_course_runs(study, plan.configurations)
    complete = complete_records(study, plan.configurations)
    todo = [run for run in plan.configurations if run.id not in complete]
    costs = recorded_costs(list(complete.values()))
    if not todo:
        _show_plan(plan, set(complete), costs, 1, console)
        yield None
        return
    with _workers(todo, plan, count, scheduler, console) as workers:
        costs = _measure(costs, todo, workers, console)
        _show_plan(plan, set(complete), costs, len(workers), console)
        yield Work(todo, costs, workers)


@contextlib.contextmanager
def _workers(
    todo: Sequence[Run],
    plan: Plan,
    count: int | None,
    scheduler: str | None,
    console: Console,
) -> Iterator[Workers]:
    """Start workers or join a cluster, and say what a person should know about them."""
    if scheduler:
        echo(console, f"Joining {scheduler} ...")
        count = 0
    else:
        fitting = jobs_that_fit(todo, plan.ratings, batch_is_given=True)
        cores = max(1, processor_cores() // todo[0].threads)
        if count is None and fitting < min(cores, len(todo)):
            echo(console, f"Free memory holds {fitting} of these runs at once.")
        count = min(len(todo), count or min(cores, fitting))
        echo(console, f"Starting {count} worker process{'es' if count > 1 else ''} ...")
    with open_workers(plan.ratings, plan.submission, count, scheduler) as ready:
        if not len(ready):
            echo(console, "The cluster has no worker yet; waiting for one ...")
        if slowed := ready.slowed:
            echo(
                console,
                f"{slowed} workers were started by Dask's nanny, whose setting of "
                "MALLOC_TRIM_THRESHOLD_ makes a run take several times as long; start them "
                "with --no-nanny (docs/study.md)",
            )
        yield ready


def _check_folder(study: Path, run: Run, console: Console) -> None:
    """Refuse to mix the runs of two data sets; say which runs will be replaced."""
    others = [record.run for record in study_records(study)]
    if any(other.data != run.data for other in others):
        raise DataError(
            f"{study} has a study of other ratings, hours of work perhaps. Give another folder "
            "with --out, or remove that one"
        )
    changes = {
        "of a submission that has changed since": ("submission",),
        "of another device or number of threads": ("device", "threads"),
    }
    for what, fields in changes.items():
        changed = attrgetter(*fields)
        if old := sum(changed(other) != changed(run) for other in others):
            echo(
                console,
                f"{old} complete runs in {study} are {what}. They are done anew where this study "
                "needs them, and left out of its files",
            )


def _use_course_runs(study: Path, runs: Sequence[Run]) -> None:
    """Copy into a study those of its runs that are complete in the results folder around it."""
    known = complete_records(study, runs)
    for name, record in complete_records(study.parent, runs).items():
        if name not in known:
            write_record(study, record)


def _measure(known: Costs, todo: Sequence[Run], workers: Workers, console: Console) -> Costs:
    kinds = len(known.missing(todo))
    if not kinds:
        return known
    redraws = console.is_terminal or console.is_jupyter
    what = f"Trying out an epoch of {kinds} kinds of run"
    if not redraws:
        echo(console, f"{what} ...")
    columns = TextColumn("{task.description}"), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True, disable=not redraws) as progress:
        task = progress.add_task(what, total=kinds)
        return measure_costs(known, todo, workers, lambda: progress.advance(task))


def _show_plan(
    plan: Plan, complete: set[str], costs: Costs, workers: int, console: Console
) -> None:
    """Say what there is to do, part by part, and how long it takes."""
    table = Table(caption_justify="left")
    for heading in ("part", "asks", "runs", "to do", "time of one worker"):
        right = "right" if heading in ("runs", "to do", "time of one worker") else "left"
        table.add_column(heading, justify=right)
    total = 0.0
    for title, part in PARTS.items():
        runs = [run for own, run in plan.runs if own == title]
        todo = [run for run in runs if run.id not in complete]
        seconds = sum(map(costs.seconds, todo))
        total += seconds
        if runs:
            time = format_duration(seconds) if todo else "complete"
            table.add_row(title, f"{part.question}?", str(len(runs)), str(len(todo)), time)
    console.print(table)
    todo = [run for _, run in plan.runs if run.id not in complete]
    if not todo:
        echo(console, f"All {len(plan.runs)} runs are complete.")
        return
    longest = max(map(costs.seconds, todo))
    workers = max(1, workers)
    echo(
        console,
        f"{len(todo)} of {len(plan.runs)} runs to do: about "
        f"{format_duration(max(total / workers, longest))} on {workers} "
        f"worker{'s' if workers > 1 else ''}. Stop it with Ctrl-C whenever you like; the same "
        "command goes on.",
    )
