"""The notebooks with what nbgrader needs: graded cells, points, rubrics."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from problem_set.assignment import WRITTEN, Assignment, Question
from release.files import ReleaseError

RUBRIC = """

<!-- BEGIN MARK SCHEME -->
**For the grader.** An answer of {points:g} points says:

{parts}
<!-- END MARK SCHEME -->"""


def graded_notebooks(
    notebooks: Mapping[str, str], assignment: Assignment, rubrics: Mapping[str, Any]
) -> dict[str, str]:
    """Return the notebooks with nbgrader's metadata, by name.

    A coding question is graded at the cell ``check-1a``; a written one at ``answer-3a``, below
    ``question-3a``, which is locked and ends with the rubric.

    Parameters
    ----------
    notebooks : mapping of str to str
        JSON texts by name.
    rubrics : mapping
        The content of ``rubrics.toml``.

    Raises
    ------
    ReleaseError
        If a question has no cell, or a written one no rubric that adds up to its points.
    """
    parsed = {name: nbformat.reads(text, as_version=4) for name, text in notebooks.items()}
    cells = {cell.id: cell for notebook in parsed.values() for cell in notebook.cells}
    for question in assignment.questions:
        written = question.kind == WRITTEN
        for kind in ("question", "answer") if written else ("check",):
            if f"{kind}-{question.id}" not in cells:
                raise ReleaseError(
                    f"No notebook has a cell with the id {kind}-{question.id}, where question "
                    f"{question.id} is graded. Add it in notebooks/."
                )
        graded = {"grade": True, "points": question.points}
        if written:
            asked = cells[f"question-{question.id}"]
            asked.source += rubric_of(question, rubrics.get(question.id, ()))
            _set(asked, f"question-{question.id}", locked=True)
            _set(cells[f"answer-{question.id}"], question.id, solution=True, **graded)
        else:
            _set(cells[f"check-{question.id}"], question.id, locked=True, **graded)
    for cell in cells.values():
        cell.source = cell.source.replace("](../submission/", "](submission/")
    return {name: nbformat.writes(notebook) + "\n" for name, notebook in parsed.items()}


def rubric_of(question: Question, parts: Sequence[Mapping[str, Any]]) -> str:
    """Return what an answer must say, for how many points."""
    total = sum(part["points"] for part in parts)
    if not math.isclose(total, question.points):
        raise ReleaseError(
            f"Question {question.id} has {question.points:g} points, and the parts of its rubric "
            f"in release/nbgrader/rubrics.toml add up to {total:g}. Make them agree."
        )
    lines = [f"- ({part['points']:g}) {part['must']}" for part in parts]
    return RUBRIC.format(points=question.points, parts="\n".join(lines))


def _set(cell: NotebookNode, grade_id: str, **metadata: Any) -> None:
    """Give a cell nbgrader's metadata, https://nbgrader.readthedocs.io, "Cell metadata"."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, **flags, **metadata}
