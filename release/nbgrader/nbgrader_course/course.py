"""What nbgrader is told of the course, out of ``assignment.toml``."""

import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.assignment import ASSIGNMENT_FILE

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


def read_course(path: Path = ASSIGNMENT_FILE) -> Course:
    """Return the course's data; ``KeyError`` names what is missing."""
    entry = tomllib.loads(path.read_text(encoding="utf-8"))["course"]
    return Course(entry["short"], entry["assignment"], entry["due"])


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
