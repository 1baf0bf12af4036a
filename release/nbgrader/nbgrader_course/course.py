"""What nbgrader is told of the course, out of ``assignment.toml``."""

import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.engine.assignment import assignment_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Course:
    """The course's short name, which is its id, the assignment's, and when it is due."""

    short: str
    assignment: str
    due: datetime


def read_course(path: Path | None = None) -> Course:
    """Return the course's data.

    Raises
    ------
    KeyError
        Names what is missing.
    ValueError
        If the file is no TOML, or the due date is not a time.
    """
    path = path or assignment_file()
    entry = tomllib.loads(path.read_text(encoding="utf-8"))["course"]
    due = entry["due"]
    if not isinstance(due, datetime) or due.utcoffset() is None:
        raise ValueError(
            f"{path.name}: due under [course] should be a date and a time, with the offset from "
            f"UTC and without quotes, as 2027-04-16T23:59:00-07:00; it is {due!s}"
        )
    return Course(entry["short"], entry["assignment"], due)


def read_points(path: Path | None = None) -> dict[str, float]:
    """Return the points of each question, coding and written, by its id."""
    path = path or assignment_file()
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["questions"]
    return {entry["id"]: float(entry["points"]) for entry in entries}


class SetPoints(NbGraderPreprocessor):
    """The first step of ``generate_assignment``: a graded cell has its question's points.

    The Create Assignment panel of JupyterLab lets people type other points into ``source/``, for
    which the question's tests would not add up.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        points = read_points()
        for cell in nb.cells:
            graded = cell.metadata.get("nbgrader", {})
            id_ = graded.get("grade_id")
            if graded.get("grade") and id_ in points and graded["points"] != points[id_]:
                self.log.warning(
                    "%s has %g points in assignment.toml, which counts, and %g in the notebook.",
                    id_,
                    points[id_],
                    graded["points"],
                )
                graded["points"] = points[id_]
        return nb, resources


class SaveDueDate(NbGraderPreprocessor):
    """The last step of ``generate_assignment``: the gradebook's due date is the course's."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        course = read_course()
        names = resources["nbgrader"]
        if names["assignment"] == course.assignment:
            due = course.due.astimezone(timezone.utc).replace(tzinfo=None)
            with Gradebook(names["db_url"]) as gradebook:
                gradebook.update_or_create_assignment(names["assignment"], duedate=due)
        return nb, resources
