"""A study from its plan to its files: say what it costs, have its runs done, write them down."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from experiments.configuration import (
    DEFAULT_EPOCHS,
    Configuration,
    default_threads,
    processor_cores,
)
from experiments.course_runs import resolve_device
from experiments.memory import jobs_that_fit
from experiments.one_writer import only_writer
from experiments.plain_lines import print_plainly
from experiments.ratings import DataError, Ratings
from experiments.records import RunRecord, read_record
from experiments.student_code import code_digest, find_submission
from experiments.study.cluster import Workers, open_workers
from experiments.study.cost import Costs, recorded_costs
from experiments.study.design import (
    DEFAULT_SEEDS,
    PARTS,
    QUICK_PARTS,
    QUICK_SEEDS,
    STANDARD,
    Part,
    study_runs,
)
from experiments.study.engine import complete_records, complete_study, measure_costs
from experiments.study.progress import StudyProgress, format_duration
from experiments.study.tidy_files import study_records, write_tidy_files


@dataclass(frozen=True)
class Plan:
    """The runs that a study needs.

    Attributes
    ----------
    runs : tuple of (str, Configuration)
        Each with the part that asks for it first, in the order in which they are wanted.
    """

    runs: tuple[tuple[str, Configuration], ...]

    @property
    def configurations(self) -> list[Configuration]:
        return [run for _, run in self.runs]


def plan_study(
    ratings: Ratings,
    submission: Path,
    *,
    quick: bool = False,
    parts: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int = DEFAULT_EPOCHS,
    device: str = "auto",
    threads: int | None = None,
) -> Plan:
    """Return the runs of the parts that are named, or of all.

    Raises
    ------
    StudentError
        If there is no submission.
    ValueError
        If the device is not there, a part is not among those that there are, or the parts have
        no runs with so few seeds.
    """
    common = replace(
        STANDARD,
        epochs=epochs,
        device=resolve_device(device),
        threads=threads or default_threads(),
        data=ratings.digest,
        submission=code_digest(find_submission(submission)),
    )
    known: dict[str, Part] = QUICK_PARTS if quick else PARTS
    strange = [name for name in parts if name not in known]
    if strange:
        kind = "the quick study" if quick else "a study"
        raise ValueError(
            f"{', '.join(strange)}: {kind} has no such part; it has {', '.join(known)}"
        )
    chosen = {name: part for name, part in known.items() if not parts or name in parts}
    num_seeds = seeds or (QUICK_SEEDS if quick else DEFAULT_SEEDS)
    runs = tuple(study_runs(common, chosen, num_seeds))
    if not runs:
        raise ValueError(
            f"--part {', '.join(chosen)} compares seeds, and has nothing to do with {num_seeds} of "
            "them: give --seeds 5"
        )
    return Plan(runs)


def conduct_study(
    plan: Plan,
    ratings: Ratings,
    submission: Path,
    study: Path,
    console: Console,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    only_plan: bool = False,
) -> list[RunRecord]:
    """Do the runs that are missing and write ``runs.csv``, ``curves.csv`` and ``gradients.csv``.

    The files cover every complete run in the folder that can be compared with the plan's: see
    ``comparable_records``. They are written also if a run fails or the user interrupts.

    Parameters
    ----------
    plan : Plan
    ratings : Ratings
    submission, study : Path
    console : Console
    workers : int, optional
        Processes to start here; default as many as there are cores for.
    scheduler : str, optional
        The address of a Dask scheduler to use instead.
    only_plan : bool
        Say what it would cost, and stop.

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
    _check_folder(study, runs[0], console)
    if only_plan:
        _do_runs(plan, ratings, submission, study, console, workers, scheduler, only_plan)
        return []
    with only_writer(study):
        try:
            _do_runs(plan, ratings, submission, study, console, workers, scheduler, only_plan)
        finally:
            records = comparable_records(study, runs[0])
            if records:
                write_tidy_files(study, records)
    return records


def _do_runs(
    plan: Plan,
    ratings: Ratings,
    submission: Path,
    study: Path,
    console: Console,
    count: int | None,
    scheduler: str | None,
    only_plan: bool,
) -> None:
    """Say what the missing runs cost and, unless only the plan is wanted, do them."""
    complete = complete_records(study, plan.configurations)
    todo = [run for run in plan.configurations if run.name not in complete]
    costs = recorded_costs(list(complete.values()))
    if not todo:
        _show_plan(plan, set(complete), costs, 1, console)
        return
    with _workers(todo, ratings, submission, count, scheduler, console) as ready:
        costs = _measure(costs, todo, ready, console)
        _show_plan(plan, set(complete), costs, len(ready), console)
        if only_plan:
            return
        with StudyProgress(plan.configurations, todo, costs, len(ready), console) as progress:
            complete_study(todo, ready, study, progress)


def gather_runs(study: Path) -> None:
    """Write the tidy files anew from a folder's complete runs, where it has any.

    They may be older than the runs, whose study is under way or was killed. They cover the runs
    that can be compared with the one that was finished last.
    """
    files = {file: file.stat().st_mtime_ns for file in study.glob("runs/*/run.json")}
    for file in sorted(files, key=lambda file: (-files[file], file)):
        if last := read_record(study, file.parent.name):
            write_tidy_files(study, comparable_records(study, last.configuration))
            return


def comparable_records(study: Path, run: Configuration) -> list[RunRecord]:
    """Return a folder's complete runs of the same code, data, epochs, device and threads."""
    same = attrgetter("epochs", "learning_rate", "device", "threads", "data", "submission")
    return [record for record in study_records(study) if same(record.configuration) == same(run)]


@contextlib.contextmanager
def _workers(
    todo: Sequence[Configuration],
    ratings: Ratings,
    submission: Path,
    count: int | None,
    scheduler: str | None,
    console: Console,
) -> Iterator[Workers]:
    """Start workers or join a cluster, and say what a person should know about them."""
    if scheduler:
        print_plainly(console, f"Joining {scheduler} ...")
        count = 0
    else:
        fitting = jobs_that_fit(todo, ratings, batch_is_given=True)
        cores = max(1, processor_cores() // todo[0].threads)
        if count is None and fitting < min(cores, len(todo)):
            print_plainly(console, f"Free memory holds {fitting} of these runs at once.")
        count = min(len(todo), count or min(cores, fitting))
        print_plainly(console, f"Starting {count} worker process{'es' if count > 1 else ''} ...")
    with open_workers(ratings, find_submission(submission), count, scheduler) as ready:
        if not len(ready):
            print_plainly(console, "The cluster has no worker yet; waiting for one ...")
        if slowed := ready.slowed:
            print_plainly(
                console,
                f"{slowed} workers were started by Dask's nanny, whose setting of "
                "MALLOC_TRIM_THRESHOLD_ makes a run take several times as long; start them "
                "with --no-nanny (docs/study.md)",
            )
        yield ready


def _check_folder(study: Path, run: Configuration, console: Console) -> None:
    """Refuse to mix the runs of two data sets; say which runs will be replaced."""
    others = [record.configuration for record in study_records(study)]
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
            print_plainly(
                console,
                f"{old} complete runs in {study} are {what}. They are done anew where this study "
                "needs them, and left out of its files",
            )


def _measure(
    known: Costs, todo: Sequence[Configuration], workers: Workers, console: Console
) -> Costs:
    kinds = len(known.missing(todo))
    if not kinds:
        return known
    redraws = console.is_terminal or console.is_jupyter
    what = f"Trying out an epoch of {kinds} kinds of run"
    if not redraws:
        print_plainly(console, f"{what} ...")
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
        todo = [run for run in runs if run.name not in complete]
        seconds = sum(map(costs.seconds, todo))
        total += seconds
        if runs:
            time = format_duration(seconds) if todo else "complete"
            table.add_row(title, f"{part.question}?", str(len(runs)), str(len(todo)), time)
    console.print(table)
    todo = [run for _, run in plan.runs if run.name not in complete]
    if not todo:
        print_plainly(console, f"All {len(plan.runs)} runs are complete.")
        return
    longest = max(map(costs.seconds, todo))
    workers = max(1, workers)
    print_plainly(
        console,
        f"{len(todo)} of {len(plan.runs)} runs to do: about "
        f"{format_duration(max(total / workers, longest))} on {workers} "
        f"worker{'s' if workers > 1 else ''}. Stop it with Ctrl-C whenever you like; the same "
        "command goes on.",
    )
