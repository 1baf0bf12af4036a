"""The notebooks with what nbgrader needs: graded cells, points, rubrics."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from problem_set.assignment import WRITTEN, Assignment
from release.files import ReleaseError

RUBRIC = """

<!-- BEGIN MARK SCHEME -->
**For the grader.** An answer of {points:g} points says:

{parts}
<!-- END MARK SCHEME -->"""


class GradedQuestion(NamedTuple):
    """A question as the gradebook will know it; ``rubric`` is empty for a coding question."""

    id: str
    points: float
    rubric: str = ""


def graded_questions(assignment: Assignment, rubrics: Mapping[str, Any]) -> list[GradedQuestion]:
    """Return the questions of ``assignment.toml`` with the rubrics of ``rubrics.toml``.

    Raises
    ------
    ReleaseError
        If a written question has no rubric, or one that does not add up to its points.
    """
    questions = []
    for question in assignment.questions:
        id_, points, rubric = question.id, question.points, ""
        if question.kind == WRITTEN:
            parts = rubrics.get(id_, ())
            total = sum(part["points"] for part in parts)
            if not math.isclose(total, points):
                raise ReleaseError(
                    f"Question {id_} has {points:g} points, and the parts of its rubric in "
                    f"release/nbgrader/rubrics.toml add up to {total:g}. Make them agree."
                )
            lines = [f"- ({part['points']:g}) {part['must']}" for part in parts]
            rubric = RUBRIC.format(points=points, parts="\n".join(lines))
        questions.append(GradedQuestion(id_, points, rubric))
    return questions


def graded_notebooks(
    notebooks: Mapping[str, str], questions: Sequence[GradedQuestion]
) -> dict[str, str]:
    """Return the notebooks with nbgrader's metadata, by name.

    A coding question is graded at the cell ``check-1a``; a written one at ``answer-3a``, below
    ``question-3a``, which is locked and ends with the rubric.

    Parameters
    ----------
    notebooks : mapping of str to str
        JSON texts by name.

    Raises
    ------
    ReleaseError
        If a question has no cell.
    """
    parsed = {name: nbformat.reads(text, as_version=4) for name, text in notebooks.items()}
    cells = {cell.id: cell for notebook in parsed.values() for cell in notebook.cells}

    def find(kind: str, question: GradedQuestion) -> NotebookNode:
        if f"{kind}-{question.id}" in cells:
            return cells[f"{kind}-{question.id}"]
        raise ReleaseError(
            f"No notebook has a cell with the id {kind}-{question.id}, where question "
            f"{question.id} is graded. Add it in notebooks/."
        )

    for question in questions:
        graded = {"grade": True, "points": question.points}
        if question.rubric:
            asked = find("question", question)
            asked.source += question.rubric
            _set(asked, f"question-{question.id}", locked=True)
            _set(find("answer", question), question.id, solution=True, **graded)
        else:
            _set(find("check", question), question.id, locked=True, **graded)
    for cell in cells.values():
        cell.source = cell.source.replace("](../submission/", "](submission/")
    return {name: nbformat.writes(notebook) + "\n" for name, notebook in parsed.items()}


def _set(cell: NotebookNode, grade_id: str, **metadata: Any) -> None:
    """Give a cell nbgrader's metadata, https://nbgrader.readthedocs.io, "Cell metadata"."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, **flags, **metadata}
