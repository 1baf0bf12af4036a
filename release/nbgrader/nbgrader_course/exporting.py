"""``nbgrader export``: ``grades.csv`` as a spreadsheet may open it.

nbgrader's own exporter puts commas between values as they are: a name with a comma moves all that
follows, and a name that begins with ``=`` is a formula.
"""

import csv
import io
from math import isclose
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from grader.cohort.table import cell
from problem_set.io import write_atomic

from .late import extension_of, final_of, update_penalties

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "reason"),
)


class QuotedExportPlugin(ExportPlugin):
    """Writes the columns of nbgrader's exporter, each value quoted, and why points were lost.

    ``raw_score`` is before, ``score`` after the late policy, which is applied again first.
    """

    def export(self, gradebook: Gradebook) -> None:
        text = io.StringIO()
        table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        table.writerow(COLUMNS)
        chosen, students = {str(a) for a in self.assignment}, {str(s) for s in self.student}
        for assignment in gradebook.assignments:
            for student in gradebook.students:
                wanted = not chosen or assignment.name in chosen
                if wanted and (not students or student.id in students):
                    row = self._row(gradebook, assignment, student)
                    table.writerow([row[column] for column in COLUMNS])
        path = Path(self.to or "grades.csv")
        write_atomic(path, text.getvalue())
        self.log.info("Exported grades to %s", path)

    def _row(
        self, gradebook: Gradebook, assignment: Assignment, student: Student
    ) -> dict[str, str]:
        texts: dict[str, Any] = {
            "assignment": assignment.name,
            "student_id": student.id,
            "last_name": student.last_name,
            "first_name": student.first_name,
            "email": student.email,
        }
        known: dict[str, Any] = {"duedate": assignment.duedate, "timestamp": "", "reason": ""}
        scores = {"raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
        scores["max_score"] = assignment.max_score
        try:
            submission = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            pass
        else:
            update_penalties(self, gradebook, submission)
            points, penalty = submission.score, submission.late_submission_penalty
            scores |= {"raw_score": points, "late_submission_penalty": penalty}
            scores["score"] = max(0.0, points - penalty)
            known["timestamp"] = submission.timestamp
            final = final_of(submission, points, extension_of(gradebook, submission, self))
            # Where the course has a plugin of its own, that decides, and has reasons of its own.
            ours = isclose(scores["score"], final.points, abs_tol=0.02)
            known["reason"] = final.sentence if ours else ""
        return {
            **{column: cell(text or "") for column, text in texts.items()},
            **{column: str(value or "") for column, value in known.items()},
            **{column: str(round(value, 6)) for column, value in scores.items()},
        }
