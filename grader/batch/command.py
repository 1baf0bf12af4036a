"""The command line: ``python -m grader.batch FOLDER``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="grades",
    show_default=True,
    help="Folder to write to.",
)
@click.option("--public-only", is_flag=True, help="Leave the hidden tests out.")
@click.option(
    "--allow-unisolated-hidden",
    is_flag=True,
    help="Run hidden tests even where nothing isolates the submission, which can then read them.",
)
def main(folder: Path, out: Path, public_only: bool, allow_unisolated_hidden: bool) -> None:
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

    from grader.batch.records import read_record, write_points
    from grader.batch.uploads import find_uploads

    if out.resolve().is_relative_to(folder.resolve()):
        raise click.BadParameter(f"{out} lies in {folder}; choose a folder outside of it.")
    try:
        uploads = find_uploads(folder)
    except ValueError as error:
        _fail(str(error))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name in uploads.others:
        console.print(f"{name}: skipped, neither a folder nor a zip")
    if not uploads.paths:
        _fail(f"{folder} holds no submission: no folder and no zip.")
    options = {"public_only": public_only, "allow_unisolated_hidden": allow_unisolated_hidden}
    stopped = False
    try:
        _grade_all(uploads.paths, out, options, console)
    except KeyboardInterrupt:
        stopped = True
    kept = {name: read_record(out, name) for name in uploads.paths}
    records = {name: record for name, record in kept.items() if record}
    write_points(out, records)
    console.print(f"{out / 'points.csv'}: {len(records)} of {len(uploads.paths)} submissions")
    if stopped:
        click.echo("Interrupted. The same command goes on where it stopped.", err=True)
        sys.exit(130)
    sys.exit(_summary(records, console))


def _grade_all(
    paths: dict[str, Path], out: Path, options: dict[str, bool], console: "Console"
) -> None:
    """Grade what was not graded before, a line for each, and a bar where there is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from grader.batch.records import fingerprint, grader_fingerprint, read_record, write_record
    from grader.explain import Explainer
    from grader.grading import grade
    from grader.isolation import ForkServer

    by = f"{grader_fingerprint()} {options}"
    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    explainer = Explainer()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(paths))
        with ForkServer() as server:
            for number, (name, path) in enumerate(paths.items(), 1):
                made_from = fingerprint(path, f"{by} {server.isolated}")
                record = read_record(out, name)
                if record is None or record.get("fingerprint") != made_from:
                    report = grade(path, server, explainer, **options)
                    record = write_record(out, name, report, made_from)
                    console.print(f"{number}/{len(paths)}  {_line(name, record)}")
                progress.advance(task)


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
