"""The command line. What takes long to import is imported when it is needed."""

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.engine.reports import FORMATS
from problem_set import ProjectNotFoundError, __version__
from problem_set.assignment import AssignmentError

if TYPE_CHECKING:
    from grader.engine.contents import Contents
    from grader.engine.grader import Asked, Grader
    from grader.engine.results import Report


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.version_option(__version__, message="%(version)s")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="gradescope and html are for students, and show what assignment.toml lets them see by "
    "now; terminal shows hints at any time; json holds nothing back.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="ID",
    help="Grade this question only; may be given several times.",
)
@click.option("--public-only", is_flag=True, help="Leave the hidden tests out.")
@click.option("--verbose", is_flag=True, help="List the tests that passed, too.")
@click.option(
    "--allow-unisolated-hidden",
    is_flag=True,
    help="Run hidden tests even where nothing isolates the submission, which can then read them.",
)
@click.pass_obj
def main(
    contents: "Contents",
    path: Path,
    format_: str,
    out: Path | None,
    questions: tuple[str, ...],
    public_only: bool,
    verbose: bool,
    allow_unisolated_hidden: bool,
) -> None:
    """Grade the coding questions of a submission.

    PATH is a folder that holds submission/, that folder itself, or an archive of either (zip, tar,
    tar.gz, 7z); the current folder if left out.

    \b
    Examples:
      python -m grader                              the submission here
      python -m grader --question ID --verbose      one question, every test
      python -m grader ada.zip --format html --out ada.html
      python -m grader ada.zip --format gradescope --out results.json

    Exits with 0 if every test passed, 1 if some did not, 2 if it could not grade.
    """
    from grader.engine.grader import Asked, Grader

    try:
        grader = Grader(contents)
        grader.assignment.require_coding(questions)
    except (AssignmentError, ProjectNotFoundError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--question") from error
    asked = Asked(questions, public_only, allow_unisolated_hidden)
    report = _grade(grader, path, asked)
    try:
        _deliver(report, format_, out, verbose, grader.assignment.course.due)
    except OSError as error:  # a full disk, a folder that may not be written
        click.echo(f"error: {out or 'the report'} was not written: {error.strerror}", err=True)
        sys.exit(2)
    if report.fault and contents.has_hidden_tests:  # for staff; students have no hidden tests
        click.echo(report.fault, err=True)
    sys.exit(report.exit_code)


def _grade(grader: "Grader", path: Path, asked: "Asked") -> "Report":
    """Grade, with a line of progress on a terminal; never raise but for Ctrl-C."""
    from dataclasses import replace

    from rich.console import Console

    with grader, Console(stderr=True).status("Starting ...") as status:
        told = replace(asked, on_test=lambda id_: status.update(f"Judging {id_} ..."))
        return grader.grade(path, told)


def _deliver(
    report: "Report", format_: str, out: Path | None, verbose: bool, due: datetime
) -> None:
    from grader.engine.reports import write_report
    from grader.engine.visibility import Moment
    from problem_set.io import write_atomic

    moment = Moment(due, datetime.now(timezone.utc))
    if out is not None:
        write_atomic(out, write_report(report, format_, verbose, moment=moment))
    elif format_ == "terminal":
        from rich.console import Console

        from grader.engine.reports.terminal import show

        show(report, Console(), verbose)
    else:
        click.echo(write_report(report, format_, verbose, moment=moment), nl=False)
