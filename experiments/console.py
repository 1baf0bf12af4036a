"""What a command prints for a person."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def echo(console: "Console", text: str) -> None:
    """Print text as it is: no markup, no colours guessed, no line breaks put in."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def rerun_command() -> str:
    """Return a line that does the same again when it is pasted into the same terminal.

    ``make`` has handed on its ``ARGS`` by then, so its command is told in the long form.
    """
    python, here = Path(sys.executable), Path.cwd()
    if python.is_relative_to(here):
        python = python.relative_to(here)
    words = [str(python), "-m", "experiments", *sys.argv[1:]]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


NOTEBOOK_COLUMNS = 90  # a line of JupyterLab's cells, 768 pixels wide; rich takes 115 for granted


def make_console() -> "Console":
    """Return a console for this terminal or notebook, as wide as its lines are."""
    from rich.console import Console

    console = Console()
    if console.is_jupyter:
        console.width = NOTEBOOK_COLUMNS
    return console
