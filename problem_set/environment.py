"""End a command with a sentence where Python packages are missing."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# The environment's Python, as one types it in the problem set's folder.
PYTHON = r".venv\Scripts\python" if os.name == "nt" else ".venv/bin/python"


@contextlib.contextmanager
def environment_needed(module: str) -> Iterator[None]:
    """End the program with a sentence if a package is missing: which command installs it.

    Parameters
    ----------
    module : str
        What ``python -m`` was given.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if (Path(__file__).parents[1] / package).exists():  # ours: a mistake of ours
            raise
        sys.exit(
            f"error: {sys.executable} has no package {error.name}. This needs the project's "
            f"environment: `make environment`, or `{Path(sys.executable).name} "
            f"bootstrap.py`, sets it up. Then give the command as\n    {PYTHON} -m {module} ..."
        )
