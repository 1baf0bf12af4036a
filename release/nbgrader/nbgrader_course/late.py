"""What late work loses here: ``[late]`` in ``assignment.toml``, extensions in ``extensions.csv``.

nbgrader computes penalties when it grades. Here they are computed again for feedback and export
(:func:`update_penalties`), so that another due date, extension or policy needs no grading.
"""

import logging
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties

from grader.cohort.late import read_extensions
from grader.cohort.roster import Person
from problem_set.assignment import read_assignment
from problem_set.late import Extension, Final, final_points, own_due

from .course import coursedir_of

EXTENSIONS = "extensions.csv"
_QUIET = logging.getLogger(__name__)
_QUIET.setLevel(logging.ERROR)  # grading has said who was late


class LatePolicy(LateSubmissionPlugin):
    """Takes off what ``assignment.toml`` says; ``penalty_method = "zero"`` takes all, as ever."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        if self.penalty_method != "none":
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        gradebook = self.parent.gradebook
        submission = gradebook.find_submission(self.parent.assignment_id, student_id)
        final = final_of(submission, score, extension_of(gradebook, submission, self))
        return (final.original - final.points) or None


def final_of(submission: SubmittedAssignment, points: float, extension: Extension) -> Final:
    """Return what the policy leaves of some of a submission's points."""
    came = submission.timestamp
    at = came.replace(tzinfo=timezone.utc) if came else None
    return final_points(points, at, due_of(submission), extension, read_assignment().late)


def due_of(submission: SubmittedAssignment) -> datetime:
    """Return the due date of everybody, as it is in the gradebook, in the course's time zone."""
    course = read_assignment().course
    due = submission.assignment.duedate
    return due.replace(tzinfo=timezone.utc).astimezone(course.due.tzinfo) if due else course.due


def extension_of(gradebook: Gradebook, submission: SubmittedAssignment, step: Any) -> Extension:
    """Return what a student has been granted: in ``extensions.csv``, else in the gradebook.

    ``step`` belongs to the command that is under way.

    Raises
    ------
    ExtensionsError
        If the file has a slip. Those who are not in the gradebook have submitted nothing.
    """
    due = due_of(submission)
    path = Path(coursedir_of(step).root) / EXTENSIONS
    if path.is_file():
        people = {student.id: _person(student) for student in gradebook.students}
        granted = read_extensions(path, people.values(), due, strangers=True)
        if found := granted.get(people[submission.student.id]):
            return found
    added = submission.extension
    return Extension(due=due.astimezone(timezone.utc) + added) if added else Extension()


def own_due_of(gradebook: Gradebook, submission: SubmittedAssignment, step: Any) -> datetime:
    """Return a student's own due date."""
    return own_due(due_of(submission), extension_of(gradebook, submission, step))


def update_penalties(step: Any, gradebook: Gradebook, submission: SubmittedAssignment) -> None:
    """Compute the penalty of each notebook of a submission again, as at its grading."""
    for notebook in submission.notebooks:
        names = {
            "notebook": notebook.name,
            "assignment": submission.name,
            "student": submission.student.id,
            "db_url": coursedir_of(step).db_url,
        }
        again = AssignLatePenalties(parent=step, log=_QUIET)
        again.preprocess(new_notebook(), {"nbgrader": names})
    gradebook.db.expire_all()


def _person(student: Any) -> Person:
    name = " ".join(part for part in (student.first_name, student.last_name) if part)
    return Person(student.id, name, student.email or "")
