"""The command line: ``python -m release [build|check]``."""

import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from problem_set import __version__, find_project
from problem_set.assignment import AssignmentError
from release.files import ReleaseError, tracked_files
from release.leaks import LeakCheck
from release.products import BUILDERS, LeakError, Product, build_student, refuse, zip_name
from release.student import TOOLS, VISIBLE, left_out

PROJECT = find_project()
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 96}


class BuildByDefault(click.Group):
    """A group whose command ``build`` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = (*ctx.help_option_names, "--version")
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["build", *args]
        return super().parse_args(ctx, args)


@click.group(cls=BuildByDefault, context_settings=SETTINGS)
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Turn this repository into what each person receives: dist/.

    \b
    ps1-student-VERSION.zip     for students: gaps for solutions, public tests, no hidden ones
    ps1-gradescope-VERSION.zip  Gradescope's autograder, with the hidden tests
    nbgrader/                   a course for nbgrader

    Without a command it builds all three. The student's package is written only if the leak check
    finds neither solution nor hidden test nor answer in it, and each of the three only if it grades
    the reference solution right. Two builds of one commit are the same, byte for byte.
    """


@main.command()
@click.option(
    "--only",
    type=click.Choice(list(BUILDERS)),
    multiple=True,
    help="Build this one and not the others; may be given several times.",
)
@click.option("--without-pdf", is_flag=True, help="Leave out the blank handout, which needs LaTeX.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=PROJECT / "dist",
    help="Folder to write to, instead of dist/.",
)
def build(only: tuple[str, ...], without_pdf: bool, out: Path) -> None:
    """Write the products (the default)."""

    def say(what: str) -> None:
        click.echo(f"{what} ...", err=True)

    products = []
    try:
        for note in notes():
            click.secho(note, err=True, fg="yellow")
        for name in only or BUILDERS:
            if name == "student":
                products.append(build_student(PROJECT, out, say, pdf=not without_pdf))
            else:
                products.append(BUILDERS[name](PROJECT, out, say))
    except (ReleaseError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(1 if isinstance(error, LeakError) else 2)
    show(products)


@main.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True), required=False)
def check(archive: Path | None) -> None:
    """Look for leaks in a student's package, a zip or a folder.

    ARCHIVE is the one of this version in dist/ if left out. Check a package again after changing
    it by hand.

    Exits with 0 if there are none, 1 if there are, 2 if it cannot be checked.
    """
    try:
        archive = archive or PROJECT / "dist" / zip_name(PROJECT, "student")
        refuse(archive.name, LeakCheck(PROJECT).in_archive(archive))
    except (ReleaseError, AssignmentError, OSError) as error:
        click.echo(error, err=True)
        sys.exit(1 if isinstance(error, LeakError) else 2)
    click.echo(f"{archive.name} holds no solution, hidden test or answer that this check knows.")


def notes() -> list[str]:
    """Say what an instructor may not expect of the working tree; it is no reason to refuse."""
    status = subprocess.run(
        ["git", "-C", str(PROJECT), "status", "--porcelain", "--no-renames", "-z"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    entries = [(entry[:2], entry[3:]) for entry in status if entry]
    folders = (*VISIBLE, *TOOLS, "release")
    said = {
        "Not committed, and in the release all the same": [n for s, n in entries if s != "??"],
        "Not in the release, for git does not track it": [
            name for state, name in entries if state == "??" and name.startswith(folders)
        ],
        "Not in the release, being no kind of file that it lists": left_out(tracked_files(PROJECT)),
    }
    return [f"{what}: {few(names)}." for what, names in said.items() if names]


def few(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def show(products: list[Product]) -> None:
    """Print what was written, for whom, and what to do with it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("written", "for", "files", "size", "next"):
        is_number = column in ("files", "size")
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for path, files, receiver, next_step in products:
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        written = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        size = decimal(sum(file.stat().st_size for file in written))
        table.add_row(str(shown), receiver, str(len(files)), size, next_step)
    Console().print(table)
