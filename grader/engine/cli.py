"""The command line. What takes long to import is imported when it is needed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from grader.engine.reports import FORMATS
from problem_set import ProjectNotFoundError, __version__
from problem_set.assignment import AssignmentError

if TYPE_CHECKING:
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
    help="terminal, gradescope and html are for students; json holds nothing back.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="ID",
    help="Grade this question only, as 1a; may be given several times.",
)
@click.option("--public-only", is_flag=True, help="Leave the hidden tests out.")
@click.option("--verbose", is_flag=True, help="List the tests that passed, too.")
@click.option(
    "--allow-unisolated-hidden",
    is_flag=True,
    help="Run hidden tests even where nothing isolates the submission, which can then read them.",
)
def main(
    path: Path,
    format_: str,
    out: Path | None,
    questions: tuple[str, ...],
    public_only: bool,
    verbose: bool,
    allow_unisolated_hidden: bool,
) -> None:
    """Grade the coding questions of a submission.

    PATH is a folder that holds submission/, that folder itself, or a zip of either; the current
    folder if left out.

    \b
    Examples:
      python -m grader                              the submission here
      python -m grader --question 1c --verbose      one question, every test
      python -m grader ada.zip --format html --out ada.html
      python -m grader ada.zip --format gradescope --out results.json

    Exits with 0 if every test passed, 1 if some did not, 2 if it could not grade.
    """
    _check_questions(questions)
    report = _grade(path, questions, public_only, allow_unisolated_hidden)
    _deliver(report, format_, out, verbose)
    _explain_fault(report)
    sys.exit(report.exit_code)


def _check_questions(questions: tuple[str, ...]) -> None:
    from problem_set.assignment import read_assignment

    try:
        read_assignment().require_coding(questions)
    except (AssignmentError, ProjectNotFoundError) as error:
        _fail(error)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--question") from error


def _fail(error: Exception) -> NoReturn:
    click.echo(f"error: {error}", err=True)
    sys.exit(2)


def _grade(
    path: Path, questions: tuple[str, ...], public_only: bool, allow_unisolated_hidden: bool
) -> "Report":
    """Grade, with a line of progress on a terminal."""
    from rich.console import Console

    with Console(stderr=True).status("Starting ...") as status:
        try:
            from grader.engine.grader import grade
            from grader.engine.sandbox import ForkServer

            with ForkServer() as server:
                return grade(
                    path,
                    server,
                    questions=questions,
                    public_only=public_only,
                    allow_unisolated_hidden=allow_unisolated_hidden,
                    progress=lambda id_: status.update(f"Judging {id_} ..."),
                )
        except AssignmentError as error:
            _fail(error)
        except Exception as error:  # a report is always written
            from grader.engine.grader import grader_failed

            return grader_failed(path, error)


def _explain_fault(report: "Report") -> None:
    """Print what staff need when the grader is at fault; a student's copy has no hidden tests."""
    from grader.engine.runner import hidden_tests_are_here

    if report.fault and hidden_tests_are_here():
        click.echo(report.fault, err=True)


def _deliver(report: "Report", format_: str, out: Path | None, verbose: bool) -> None:
    from grader.engine.reports import write_report
    from problem_set.io import write_atomic

    if out is not None:
        write_atomic(out, write_report(report, format_, verbose))
    elif format_ == "terminal":
        from rich.console import Console

        from grader.engine.reports.terminal import show

        show(report, Console(), verbose)
    else:
        click.echo(write_report(report, format_, verbose), nl=False)
