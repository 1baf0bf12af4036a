"""The step that stands in the place of nbgrader's ``Execute``: it executes nothing.

nbgrader runs a student's notebook with the instructor's rights, beside the gradebook and the
hidden tests. Here the course's grader judges the files of ``submission/``, whose code runs in its
sandbox, and its report becomes the output of the graded cells: what a student may read, and the
points, which nbgrader takes from a cell's last output.
"""

import atexit
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from html import escape
from math import isclose
from pathlib import Path, PurePath

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Unicode

from grader.contents import CONTENTS
from grader.engine.cleaning import clean_text
from grader.engine.grader import Grader
from grader.engine.intake import IntakeError, read_submission
from grader.engine.reports.html import write_cell, write_cell_text
from grader.engine.reports.wording import points, score_line
from grader.engine.results import QuestionResult, Report
from problem_set.assignment import read_assignment

from . import has_changed
from .course import folder_of

#: Where a cell's output keeps the report that it shows, for the feedback.
KEPT = "report"
FILE = (
    '<details class="tex2jax_ignore mathjax_ignore" style="max-width: 64em;">'
    '<summary style="display: list-item; cursor: pointer; font-weight: 600;">{summary}</summary>'
    '<pre style="white-space: pre; overflow-x: auto; padding: .4em .7em; '
    'background: rgba(128, 128, 128, .12);">{code}</pre></details>'
)
CHANGED = (
    "The files in grading/ have changed since this program loaded them, so it would grade with the "
    "tests of before. Nothing was graded. In JupyterLab: save your work, end JupyterLab and start "
    "it again."
)


class NotGradedError(RuntimeError):
    """A submission's points would not be right; the message says why and what to do."""


class GradeSubmission(NbGraderPreprocessor):
    """Write the grader's report into the cells whose grade ids are coding questions."""

    problem = Unicode("", help="Why nobody can be graded with the settings as they are.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        if self.problem:
            raise NotGradedError(self.problem)
        if has_changed():
            raise NotGradedError(CHANGED)
        questions = {question.id for question in read_assignment().coding}
        cells = [cell for cell in nb.cells if _is_check(cell)]
        graded = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
        if not questions & set(graded):
            return nb, resources
        folder, student = folder_of(self, "submitted", resources), resources["nbgrader"]["student"]
        self.log.info("Judging the code of %s", student)
        report = judged(folder)
        self.log.info("%s: %s in %.1f s", student, score_line(report), report.seconds)
        for number, question in enumerate(report.questions, start=1):
            if question.id in graded:
                write_outputs(graded[question.id], report, question, number)
        left = questions & {id_ for id_, cell in graded.items() if not cell.outputs}
        if left:  # nbgrader takes a cell without output for right
            raise NotGradedError(f"{folder}: the report has nothing on {', '.join(sorted(left))}.")
        show_files(graded, folder)
        return nb, resources


def _is_check(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def judged(folder: Path) -> Report:
    """Return the report on a submission.

    Raises
    ------
    NotGradedError
        If the grader is at fault, or the course's hidden tests are not there: no points are
        better than wrong ones.
    """
    report = _grader().grade(folder)
    if report.grader_at_fault:
        raise NotGradedError(f"{folder}: {report.problem}\n{report.fault}")
    if report.absent:
        raise NotGradedError(
            f"{folder}: {report.absent_reason} No points were recorded. Copy grading/ from "
            "dist/nbgrader/ again."
        )
    return report


def write_outputs(
    cell: NotebookNode, report: Report, question: QuestionResult, number: int
) -> None:
    """Set a graded cell's outputs: the question's report, and its points as the last result.

    Raises
    ------
    NotGradedError
        If the gradebook knows the question with other points than ``assignment.toml``.
    """
    known = float(cell.metadata.nbgrader.points)
    if not isclose(known, question.max_points):
        raise NotGradedError(
            f"{question.id} has {points(question.max_points)} points in assignment.toml and "
            f"{points(known)} in the gradebook. assignment.toml decides, not the Create Assignment "
            "panel: run nbgrader generate_assignment, which corrects the gradebook, and then "
            "nbgrader autograde again."
        )
    alone = replace(report, questions=(question,))
    result = {"text/plain": repr(min(float(question.points), known))}
    cell.execution_count = number
    cell.outputs = [
        new_output("display_data", shown(alone), metadata={KEPT: alone.to_dict()}),
        new_output("execute_result", result, execution_count=number),
    ]


def shown(report: Report) -> dict[str, str]:
    """Return a report as a cell's output."""
    return {"text/html": write_cell(report), "text/plain": write_cell_text(report)}


def show_files(cells: Mapping[str, NotebookNode], folder: Path) -> None:
    """Put each file that was handed in below the report on its first question."""
    assignment = read_assignment()
    try:
        files = read_submission(folder, assignment.files).files
    except IntakeError:  # the report says why
        return
    for name in dict.fromkeys(question.file for question in assignment.coding):
        first = next(question.id for question in assignment.coding if question.file == name)
        content = files.get(PurePath(name).name)
        if content is not None and first in cells:
            text = clean_text(content.decode("utf-8", errors="replace"))
            output = new_output("display_data", file_shown(name, text))
            cells[first].outputs.insert(-1, output)  # the last one has the points


def file_shown(name: str, text: str) -> dict[str, str]:
    """Return a file as a cell's output, with numbers before its lines."""
    lines = text.splitlines()
    width = len(str(len(lines)))
    number = '<span style="opacity: .5; user-select: none;">{:{}}  </span>{}'
    code = "\n".join(number.format(n, width, escape(line)) for n, line in enumerate(lines, 1))
    summary = f"{name}, as it was handed in ({len(lines)} lines)"
    return {
        "text/html": FILE.format(summary=escape(summary), code=code),
        "text/plain": f"{summary}\n{text}",
    }


@cache
def _grader() -> Grader:
    """The process's one grader: torch is imported once for all submissions."""
    grader = Grader(CONTENTS)
    atexit.register(grader.close)
    return grader
