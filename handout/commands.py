"""The command line: ``python -m handout build | watch | clean | overleaf``."""

import sys
from pathlib import Path

import click

from handout.build import FOLDER, Typeset, clean, typeset
from handout.errors import describe
from handout.latex import LatexMissingError
from handout.overleaf import pack
from handout.watch import changes

PROJECT = Path(__file__).resolve().parent.parent


@click.group()
def main() -> None:
    """Typeset the handout."""


@main.command("build")
@click.option("--blank", is_flag=True, help="Ruled lines for every answer, to write by hand.")
def build_command(blank: bool) -> None:
    """Typeset the handout into handout/ps1.pdf (or ps1_blank.pdf)."""
    try:
        done = typeset(PROJECT, blank)
    except (LatexMissingError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(2)
    report(done)
    sys.exit(1 if done.errors else 0)


@main.command("watch")
@click.option("--blank", is_flag=True, help="Ruled lines for every answer, to write by hand.")
def watch_command(blank: bool) -> None:
    """Typeset the handout again each time that one of its files is saved. Ctrl-C ends it."""
    try:
        for _ in changes(PROJECT):
            report(typeset(PROJECT, blank))
            click.echo("Watching for changes; Ctrl-C ends it.\n")
    except (LatexMissingError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo()


@main.command("clean")
def clean_command() -> None:
    """Remove the PDFs, the build folder and the generated files."""
    clean(PROJECT)


@main.command("overleaf")
def overleaf_command() -> None:
    """Pack the handout into a zip that compiles on Overleaf."""
    archive = pack(PROJECT)
    click.echo(
        f"{shown(archive)}: on overleaf.com choose New Project, Upload Project, and pick this zip."
    )


def report(done: Typeset) -> None:
    """Say what came of typesetting."""
    if not done.errors:
        for warning in done.warnings:
            click.echo(f"{describe(warning, PROJECT / FOLDER)}\n", err=True)
        click.echo(shown(done.pdf))
        return
    for problem in done.errors:
        click.echo(f"{describe(problem, PROJECT / FOLDER)}\n", err=True)
    as_it_was = f"{shown(done.pdf)} is as it was. " if done.pdf.exists() else ""
    click.echo(f"{as_it_was}LaTeX's own log: {shown(done.log)}", err=True)


def shown(path: Path) -> str:
    """Return a path as the user would type it, from the project's folder."""
    return path.relative_to(PROJECT).as_posix()
