"""The command line: ``python -m grader.cohort FOLDER``."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from grader.cohort.gradings import Graded, Options
    from grader.cohort.uploads import Upload

NOT_REACHED = "Not reached: the grading was ended before. Give the same command again."


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="grades",
    show_default=True,
    help="Folder to write to.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions at once, each in half a gigabyte of memory. Default: as many as there are "
    "cores, but no more than one for each four submissions.",
)
@click.option("--public-only", is_flag=True, help="Leave the hidden tests out.")
@click.option(
    "--allow-unisolated-hidden",
    is_flag=True,
    help="Run hidden tests even where nothing isolates the submission, which can then read them.",
)
def main(
    folder: Path, out: Path, jobs: int | None, public_only: bool, allow_unisolated_hidden: bool
) -> None:
    """Grade every submission in FOLDER: a zip or a folder for each student, named after them.

    \b
    Writes into the --out folder
      points.csv         a row for each entry of FOLDER, a column for each question
      pages/NAME.html    what the student may read
      staff/NAME.json    all that was found, with hidden tests' values: not for students

    A row has points if its status is "graded". "not graded" is what could not be read, which the
    column "problem" explains; "grader failed" is what has to be graded again.

    Stop it with Ctrl-C whenever you like: the same command goes on where it stopped. Submissions
    that have not changed are not graded again, unless the grader or assignment.toml has.

    Exits with 0 if everything in FOLDER was graded, 1 if something could not be, 2 if there was
    nothing to grade or the grader itself failed, 130 if it was interrupted.
    """
    from rich.console import Console

    from grader.cohort.gradings import Options, default_jobs
    from grader.cohort.records import records_of_other_folders
    from grader.cohort.table import points_table
    from grader.cohort.uploads import find_uploads
    from grader.contents import CONTENTS
    from grader.engine.cleaning import clean_line
    from grader.engine.grader import Grader
    from grader.engine.sandbox import IsolationError
    from problem_set.io import write_atomic

    if out.resolve().is_relative_to(folder.resolve()):
        raise click.BadParameter(f"{out} lies in {folder}; choose a folder outside of it.")
    try:
        Grader(CONTENTS)
    except ValueError as error:
        _fail(str(error))
    try:
        uploads = find_uploads(folder)
    except OSError as error:
        _fail(f"{folder} cannot be read: {error.strerror}.")
    if not uploads:
        _fail(f"{folder} holds no submission: no folder and no zip.")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    records: dict[str, dict[str, Any]] = {}

    def finished(graded: "Graded") -> None:
        records[graded.upload.name] = graded.record
        if graded.replaced:
            console.print(
                f"{graded.upload.name}: replaces the result of {clean_line(graded.replaced, 300)}"
            )

    stopped, failure = False, ""
    try:
        options = Options(out, public_only, allow_unisolated_hidden)
        _grade_all(uploads, options, jobs or default_jobs(len(uploads)), console, finished)
    except KeyboardInterrupt:
        stopped, failure = True, "Interrupted. The same command goes on where it stopped."
    except IsolationError as error:
        failure = str(error)
    rows = [records.get(upload.name) or _not_reached(upload) for upload in uploads]
    others = records_of_other_folders(out, uploads)
    try:
        write_atomic(out / "points.csv", points_table([*rows, *others]))
    except OSError as error:
        _fail(f"{out / 'points.csv'} was not written: {error.strerror}. What is in staff/ is kept.")
    exit_code = _summary(rows, others, out / "points.csv", console)
    if failure:
        click.echo(failure if stopped else f"error: {failure}", err=True)
    sys.exit(130 if stopped else 2 if failure else exit_code)


def _grade_all(
    uploads: "tuple[Upload, ...]",
    options: "Options",
    jobs: int,
    console: "Console",
    finished: "Callable[[Graded], None]",
) -> None:
    """Grade what was not graded before, a line for each, and a bar where there is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from grader.cohort.gradings import grade_uploads

    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(uploads))

        def show(graded: "Graded") -> None:
            progress.advance(task)
            finished(graded)
            if graded.new:
                number = int(progress.tasks[task].completed)
                console.print(f"{number}/{len(uploads)}  {_line(graded.record)}")

        def stopping() -> None:
            console.print("Stopping; the gradings under way are finished first ...")

        grade_uploads(uploads, options, jobs, show, stopping)


def _not_reached(upload: "Upload") -> dict[str, Any]:
    """Return the record of an upload that was not graded in this run, which ended too early."""
    from grader.cohort.records import record_of
    from grader.engine.results import Report

    problem = upload.refusal or NOT_REACHED
    return record_of(upload, Report("", "", "", questions=(), problem=problem))


def _line(record: dict[str, Any]) -> str:
    from grader.cohort.table import GRADED, problem_of

    if record["problem"] or record["status"] != GRADED:
        return f"{record['submission']}: {problem_of(record)}"
    return f"{record['submission']}: {record['score']:g} of {record['max_score']:g}"


def _summary(
    rows: list[dict[str, Any]], others: list[dict[str, Any]], table: Path, console: "Console"
) -> int:
    """Say what needs a person's look; return the exit code."""
    from grader.cohort.table import GRADED, GRADER_FAILED

    graded = sum(row["status"] == GRADED for row in rows)
    rest = f", {len(rows) - graded} not graded (column problem)" if graded < len(rows) else ""
    console.print(f"{table}: {graded} of {len(rows)} uploads graded{rest}")
    if others:
        console.print(
            f"{table} also has rows of uploads in other folders that were graded into the same "
            f"--out: {_some([row['submission'] for row in others])}"
        )
    if reasons := [row["absent_reason"] for row in rows if row["absent"]]:
        console.print(f"Not all tests were run. {reasons[0]}")
    failed = [row["submission"] for row in rows if row["status"] == GRADER_FAILED]
    unread = [
        row["submission"]
        for row in rows
        if row["problem"] and row["status"] != GRADER_FAILED and row["problem"] != NOT_REACHED
    ]
    if unread:
        console.print(f"Could not be graded in full: {_some(unread)}")
    if failed:
        console.print(
            f"The grader failed at: {_some(failed)}. Column problem and staff/ say how; the "
            "same command tries again."
        )
    return 2 if failed else 1 if unread else 0


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + rest


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)
