"""The command line: ``python -m hand_in``."""

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from problem_set import __version__, find_project

if TYPE_CHECKING:
    from rich.console import Console

    from grader.engine.results import Report
    from hand_in.packing import Packed
    from problem_set.assignment import Assignment


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.version_option(__version__, message="%(version)s")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write. Default: FOLDER/dist/ps1-submission.zip.",
)
def main(folder: Path | None, out: Path | None) -> None:
    """Pack what you upload, and say what is unfinished.

    FOLDER is the problem set's folder; the one around the working directory if left out.

    Runs the public tests over your code, looks for your written answers, and packs submission/,
    the notebooks with your answers, what you typed for the handout, and ps1.pdf where there is
    one: the handout's, or a scan that you put beside the README. Nothing is uploaded; the last
    lines say where to do that.

    Work that is unfinished is packed all the same: hand in early, and again as often as you like.

    Exits with 0 if the zip was written, 1 if it was but a file of yours is missing or cannot be
    imported, 2 if there was nothing to pack.
    """
    from rich.console import Console

    from grader.engine.intake import IntakeError
    from hand_in.packing import archive_name, pack
    from problem_set.assignment import read_assignment
    from problem_set.io import write_atomic

    console = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        project = find_project()
        folder = folder or project
        assignment = read_assignment(project / "assignment.toml")
        out = out or folder / "dist" / archive_name(assignment)
        with Console(stderr=True).status("Running the public tests ..."):
            packed = pack(folder, assignment, _judge)
    except (IntakeError, ValueError) as error:
        click.echo(f"error: {error}\nNothing was packed.", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("Interrupted; nothing was packed.", err=True)
        sys.exit(130)
    write_atomic(out, packed.content)
    sound = _show(console, packed)
    _say_where(console, out, packed, assignment)
    sys.exit(0 if sound else 1)


def _judge(path: Path) -> "Report":
    """Run the public tests; never raise but for Ctrl-C."""
    from grader.contents import CONTENTS
    from grader.engine.grader import Asked, Grader

    with Grader(CONTENTS) as grader:
        return grader.grade(path, Asked(public_only=True))


def _show(console: "Console", packed: "Packed") -> bool:
    """Print where each question stands, and what is unfinished; return whether all can run."""
    from rich.table import Table

    from grader.engine.progress import BROKEN, OPEN, RIGHT, WAITING, WRONG, progress_of

    words = {
        RIGHT: ("✓ passes the public tests", "green"),
        OPEN: ("– not written yet", "yellow"),
        WAITING: ("– waits for another question", "yellow"),
        WRONG: ("✗ fails a public test", "red"),
        BROKEN: ("✗ cannot be imported", "red"),
    }
    questions = progress_of(packed.report)
    table = Table(box=None, pad_edge=False, show_header=False)
    stopped: dict[str, list[str]] = {}  # questions by the reason that is to be fixed first
    for question in questions:
        said, colour = words[question.state]
        table.add_row(question.id, question.title, said, style=colour)
        if question.state in (BROKEN, WRONG):
            stopped.setdefault(question.reason, []).append(question.id)
    console.print(table)
    if packed.report.problem:
        console.print(packed.report.problem, style="bold red")
    urgent = [f"{name} is missing." for name in packed.missing]
    urgent += [f"{', '.join(ids)}: {why}" for why, ids in stopped.items() if why not in urgent]
    unfinished = [q.reason for q in questions if q.state in (OPEN, WAITING)]
    for title, sentences, colour in (
        ("Fix first", urgent, "bold red"),
        ("Unfinished", [*unfinished, *packed.warnings], "bold yellow"),
    ):
        if sentences:
            console.print(f"\n{title}", style=colour)
            console.print("\n".join(f"  - {sentence}" for sentence in sentences))
    return not packed.missing and all(question.state != BROKEN for question in questions)


def _say_where(console: "Console", out: Path, packed: "Packed", assignment: "Assignment") -> None:
    from problem_set.due import due_date, time_left
    from problem_set.late import handed_in_late

    size = max(1, round(len(packed.content) / 1000))
    path, here = out.resolve(), Path.cwd()
    path = path.relative_to(here) if path.is_relative_to(here) else path
    upload, due = assignment.upload, assignment.course.due
    where = upload.where or "where your course says"
    console.print(f"\n{path.as_posix()} ({size} kB) holds", style="bold")
    console.print("\n".join(f"  {name}" for name in packed.names))
    console.print(f"Upload it: {where}{f' ({upload.url})' if upload.url else ''}.")
    now = datetime.now(timezone.utc)
    console.print(f"It {time_left(due, now)}: {due_date(due)}.", style="bold")
    if said := handed_in_late(now, due, assignment.late):
        console.print(said, style="bold yellow")
