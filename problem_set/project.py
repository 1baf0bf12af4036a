"""Find the problem set's folder: the one that holds assignment.toml, submission/ and results/."""

from pathlib import Path

ASSIGNMENT = "assignment.toml"
SUBMISSION = "submission"


class ProjectNotFoundError(ValueError):
    """A command was given outside of the problem set's folder; the message says what to do."""


def find_project() -> Path:
    """Return the problem set's folder.

    It is the folder that this package stands in, where the programs are not installed but stand
    beside ``assignment.toml``: in a clone, or in an autograder. A submission that was unpacked
    into the working directory must not bring its own points there. Where the programs are
    installed, as a student has them, it is the working directory or the nearest folder around it.

    Raises
    ------
    ProjectNotFoundError
        If neither is one.
    """
    around = Path(__file__).resolve().parents[1]
    if (around / ASSIGNMENT).is_file():
        return around
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ASSIGNMENT).is_file() and (folder / SUBMISSION).is_dir():
            return folder
    raise ProjectNotFoundError(
        f"{here} is not in the problem set's folder, the one with {ASSIGNMENT} and {SUBMISSION}/. "
        "Go there first: cd FOLDER"
    )
