"""The command line: ``python -m grader.cohort FOLDER``."""

import sys
from pathlib import Path

import click

TIME_LIMIT = 60.0


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
    "--roster",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who is in the course: the gradebook as Canvas, Moodle or Gradescope exports it, or a CSV "
    "with the columns id, name, email. Default: those who have uploaded something.",
)
@click.option(
    "--extensions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Extensions, a CSV: columns id (or email, or name), and days or due.",
)
@click.option(
    "--column",
    metavar="NAME",
    help="The assignment's name in the platform's gradebook. Default: the title in "
    "assignment.toml, or Problem Set and its number.",
)
@click.option(
    "--missing",
    type=click.FloatRange(min=0),
    metavar="POINTS",
    help="What gradebook.csv has for those who handed in nothing. Default: nothing.",
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="OLD_OUT",
    help="Show whose points differ from those in another --out folder, and why, and write "
    "changes.csv; what has not changed is taken from there.",
)
@click.option(
    "--only-up", is_flag=True, help="With --compare: nobody loses points in any question."
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Submissions at once, each in half a gigabyte of memory. Default: as many as there are "
    "cores, if the memory is there, but no more than one for each four submissions.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Grade on the workers of a Dask scheduler that is there, such as tls://10.0.0.5:8786 "
    "(docs/cluster.md).",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=1),
    default=TIME_LIMIT,
    show_default=True,
    help="Seconds by the clock that a submission may take; what is judged until then counts.",
)
@click.option("--public-only", is_flag=True, help="Leave the hidden tests out.")
@click.option(
    "--allow-unisolated-hidden",
    is_flag=True,
    help="Run hidden tests even where nothing isolates the submission, which can then read them.",
)
def main(
    folder: Path,
    out: Path,
    roster: Path | None,
    extensions: Path | None,
    column: str | None,
    missing: float | None,
    compare: Path | None,
    only_up: bool,
    jobs: int | None,
    scheduler: str | None,
    time_limit: float,
    public_only: bool,
    allow_unisolated_hidden: bool,
) -> None:
    """Grade everybody's submission in FOLDER: a download of Canvas, Moodle, Gradescope or
    Blackboard as it is, or zips and folders named after the students.

    \b
    Writes into the --out folder
      points.csv         a row for everybody, a column for each question
      gradebook.csv      everybody's points, as the roster's platform imports them
      pages/NAME.html    what the student may read
      cohort.html        what the course has understood, for the lecture; statistics/ as CSV
      similarity.html    submissions that are alike in what few others have, to be read by you
      staff/NAME.json    all that was found, with hidden tests' values: not for students
      changes.csv        with --compare: whose points changed, and by which test

    A row has points if its status is "graded". "not graded" is what could not be read, which the
    column "problem" explains; "grader failed" is what has to be graded again.

    Stop it with Ctrl-C whenever you like: the same command goes on where it stopped. The same code
    is graded once for all who hand it in, and again only where a change of the tests, the grader or
    the catalogue touches it; a change of points or due dates grades nothing again.

    Exits with 0 if everything in FOLDER was graded, 1 if something could not be, 2 if there was
    nothing to grade or the grader itself failed, 130 if it was interrupted.
    """
    from grader.cohort.course import CohortError, Options, grade_course
    from grader.cohort.grading import Rules

    if out.resolve().is_relative_to(folder.resolve()):
        raise click.BadParameter(f"{out} lies in {folder}; choose a folder outside of it.")
    if compare and compare.resolve() == out.resolve():
        raise click.BadParameter(
            f"--compare and --out are both {out}: choose a new --out, so that the results of "
            "before stay as they are until you have seen what changes."
        )
    if only_up and not compare:
        raise click.BadParameter("--only-up needs --compare.")
    if jobs and scheduler:
        raise click.BadParameter("--scheduler uses the workers that are there: leave --jobs out.")
    asked = Options(
        folder=folder,
        out=out,
        roster=roster,
        extensions=extensions,
        column=column,
        missing=missing,
        compare=compare,
        only_up=only_up,
        jobs=jobs,
        scheduler=scheduler,
        rules=Rules(public_only, allow_unisolated_hidden, time_limit),
    )
    try:
        sys.exit(grade_course(asked))
    except CohortError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
