"""The command that was given, in a form that can be given again."""

import shlex
import subprocess
import sys
from pathlib import Path


def same_command() -> str:
    """Return a line that does the same again when it is pasted into the same terminal.

    ``make`` has handed on its ``ARGS`` by then, so its command is told in the long form.
    """
    python, here = Path(sys.executable), Path.cwd()
    if python.is_relative_to(here):
        python = python.relative_to(here)
    words = [str(python), "-m", "experiments", *sys.argv[1:]]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
