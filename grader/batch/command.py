"""The command line: ``python -m grader.batch FOLDER``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch.gradings import Graded, Options


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
      points.csv         a row for each student, a column for each question
      pages/NAME.html    what the student may read
      staff/NAME.json    all that was found, with hidden tests' values: not for students

    Stop it with Ctrl-C whenever you like: the same command goes on where it stopped. Submissions
    that have not changed are not graded again, unless the grader or assignment.toml has.

    Exits with 0 if all were graded, 1 if some could not be read (points.csv says why), 2 if there
    was nothing to grade or the grader itself failed.
    """
    from rich.console import Console

    from grader.assignment import read_assignment
    from grader.batch.gradings import GraderDied, Options, default_jobs
    from grader.batch.records import read_record, write_points
    from grader.batch.uploads import find_uploads
    from grader.isolation import IsolationError

    if out.resolve().is_relative_to(folder.resolve()):
        raise click.BadParameter(f"{out} lies in {folder}; choose a folder outside of it.")
    try:
        read_assignment()
        uploads = find_uploads(folder)
    except ValueError as error:
        _fail(str(error))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name in uploads.others:
        console.print(f"{name}: skipped, neither a folder nor a zip")
    if not uploads.paths:
        _fail(f"{folder} holds no submission: no folder and no zip.")
    options = Options(out, public_only, allow_unisolated_hidden)
    stopped = False
    try:
        _grade_all(uploads.paths, options, jobs or default_jobs(len(uploads.paths)), console)
    except KeyboardInterrupt:
        stopped = True
    except (GraderDied, IsolationError) as error:
        _fail(str(error))
    kept = {name: read_record(out, name) for name in uploads.paths}
    records = {name: record for name, record in kept.items() if record}
    write_points(out, records)
    console.print(f"{out / 'points.csv'}: {len(records)} of {len(uploads.paths)} submissions")
    if stopped:
        click.echo("Interrupted. The same command goes on where it stopped.", err=True)
        sys.exit(130)
    sys.exit(_summary(records, console))


def _grade_all(paths: dict[str, Path], options: "Options", jobs: int, console: "Console") -> None:
    """Grade what was not graded before, a line for each, and a bar where there is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from grader.batch.gradings import grade_uploads

    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(paths))

        def finished(graded: "Graded") -> None:
            progress.advance(task)
            if graded.new:
                number = int(progress.tasks[task].completed)
                console.print(f"{number}/{len(paths)}  {_line(graded.name, graded.record)}")

        def stopping() -> None:
            console.print("Stopping; the gradings under way are finished first ...")

        grade_uploads(paths, options, jobs, finished, stopping)


def _line(name: str, record: dict[str, Any]) -> str:
    if record["problem"]:
        return f"{name}: {record['problem']}"
    return f"{name}: {record['score']:g} of {record['max_score']:g}"


def _summary(records: dict[str, dict[str, Any]], console: "Console") -> int:
    """Say what needs a person's look; return the exit code."""
    failed = [name for name, record in records.items() if record["grader_at_fault"]]
    unread = [name for name, r in records.items() if r["problem"] and name not in failed]
    if any(record["absent"] for record in records.values()):
        reason = next(r["absent_reason"] for r in records.values() if r["absent"])
        console.print(f"Not all tests were run. {reason}")
    if unread:
        console.print(f"Could not be graded in full: {', '.join(unread)}")
    if failed:
        console.print(
            f"The grader failed at: {', '.join(failed)}. staff/ says how; the same command tries "
            "again."
        )
    return 2 if failed else 1 if unread else 0


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)
