"""The command line: ``python -m handout build | watch | clean | overleaf``."""

import sys
from pathlib import Path

import click

from handout.build import FOLDER, Typeset, clean, typeset
from handout.errors import describe
from handout.latex import LatexMissingError
from handout.overleaf import pack
from handout.watch import changes
from problem_set import ProjectNotFoundError, find_project
from problem_set.assignment import AssignmentError, read_assignment
from problem_set.project import ASSIGNMENT


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """Typeset the handout."""
    try:
        context.obj = find_project()
        read_assignment(context.obj / ASSIGNMENT)
    except (AssignmentError, ProjectNotFoundError) as error:
        click.echo(error, err=True)
        sys.exit(2)


@main.command("build")
@click.option("--blank", is_flag=True, help="Ruled lines for every answer, to write by hand.")
@click.pass_obj
def build_command(project: Path, blank: bool) -> None:
    """Typeset the handout into handout/ps1.pdf (or ps1_blank.pdf)."""
    try:
        done = typeset(project, blank)
    except (LatexMissingError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(2)
    report(done, project)
    sys.exit(1 if done.errors else 0)


@main.command("watch")
@click.option("--blank", is_flag=True, help="Ruled lines for every answer, to write by hand.")
@click.pass_obj
def watch_command(project: Path, blank: bool) -> None:
    """Typeset the handout again each time that one of its files is saved. Ctrl-C ends it."""
    try:
        for _ in changes(project):
            report(typeset(project, blank), project)
            click.echo("Watching for changes; Ctrl-C ends it.\n")
    except (LatexMissingError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo()


@main.command("clean")
@click.pass_obj
def clean_command(project: Path) -> None:
    """Remove the PDFs, the build folder and the generated files."""
    clean(project)


@main.command("overleaf")
@click.pass_obj
def overleaf_command(project: Path) -> None:
    """Pack the handout into a zip that compiles on Overleaf."""
    archive = pack(project)
    click.echo(
        f"{shown(archive, project)}: on overleaf.com choose New Project, Upload Project, and pick "
        "this zip."
    )


def report(done: Typeset, project: Path) -> None:
    """Say what came of typesetting."""
    if not done.errors:
        for warning in done.warnings:
            click.echo(f"{describe(warning, project / FOLDER)}\n", err=True)
        click.echo(shown(done.pdf, project))
        return
    for problem in done.errors:
        click.echo(f"{describe(problem, project / FOLDER)}\n", err=True)
    as_it_was = f"{shown(done.pdf, project)} is as it was. " if done.pdf.exists() else ""
    click.echo(f"{as_it_was}LaTeX's own log: {shown(done.log, project)}", err=True)


def shown(path: Path, project: Path) -> str:
    """Return a path as the user would type it, from the project's folder."""
    return path.relative_to(project).as_posix()
