"""What nbgrader is told of the course, out of ``assignment.toml``, and where its folders are."""

from datetime import timezone
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from problem_set.assignment import read_assignment


class SetPoints(NbGraderPreprocessor):
    """The first step of ``generate_assignment``: a graded cell has its question's points.

    The Create Assignment panel of JupyterLab lets people type other points into ``source/``, for
    which the question's tests would not add up.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        points = {question.id: question.points for question in read_assignment().questions}
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
        course = read_assignment().course
        names = resources["nbgrader"]
        if names["assignment"] == course.assignment:
            due = course.due.astimezone(timezone.utc).replace(tzinfo=None)
            with Gradebook(names["db_url"]) as gradebook:
                gradebook.update_or_create_assignment(names["assignment"], duedate=due)
        return nb, resources


def folder_of(step: NbGraderPreprocessor, kind: str, resources: dict) -> Path:
    """Return a folder of the course, as the command that is under way was told.

    ``kind`` is ``"source"`` for the assignment's, or ``"submitted"`` for the student's.
    """
    names, course = resources["nbgrader"], coursedir_of(step)
    student = names["student"] if kind == "submitted" else "."
    return Path(
        course.format_path(getattr(course, f"{kind}_directory"), student, names["assignment"])
    )


def coursedir_of(step: Any) -> CourseDirectory:
    """Return the course's folders, as the command that a step belongs to knows them."""
    while not hasattr(step, "coursedir"):
        step = step.parent
    return step.coursedir
