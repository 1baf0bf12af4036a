"""End a command with a sentence where Python packages are missing."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def environment_needed(module: str) -> Iterator[None]:
    """End the program with the command that installs a package which an import did not find.

    Parameters
    ----------
    module : str
        What ``python -m`` was given.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if (Path(__file__).parents[2] / package).exists():  # ours: a mistake of ours
            raise
        python = r".venv\Scripts\python" if os.name == "nt" else ".venv/bin/python"
        sys.exit(
            f"error: {sys.executable} has no package {error.name}. `make environment`, or "
            f"`{Path(sys.executable).name} bootstrap.py`, installs what the grader needs. Then "
            f"run\n    {python} -m {module} ..."
        )
