"""The notebooks with what nbgrader needs: graded cells, points, hidden lines, rubrics."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode

from problem_set.assignment import WRITTEN, Question
from release.files import ReleaseError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HIDDEN = '\n### BEGIN HIDDEN TESTS\ncheck("{id}", hidden=True)\n### END HIDDEN TESTS'
RUBRIC = """

<!-- BEGIN MARK SCHEME -->
**For the grader.** An answer of {points:g} points says:

{parts}
<!-- END MARK SCHEME -->"""


@dataclass(frozen=True)
class GradedQuestion:
    """A question as the gradebook will know it; ``rubric`` is empty for a coding question."""

    id: str
    points: float
    written: bool
    rubric: str = ""


def graded_questions(asked: Iterable[Question], rubrics: str) -> list[GradedQuestion]:
    """Return the assignment's questions with the rubrics of ``rubrics.toml``.

    Raises
    ------
    ReleaseError
        If a written question has no rubric, or one that does not add up to its points.
    """
    parts = tomllib.loads(rubrics)
    questions = []
    for question in asked:
        id_, points, written = question.id, question.points, question.kind == WRITTEN
        total = sum(part["points"] for part in parts.get(id_, ()))
        if written and not math.isclose(total, points):
            raise ReleaseError(
                f"Question {id_} has {points:g} points, and the parts of its rubric in "
                f"release/nbgrader/rubrics.toml add up to {total:g}. Make them agree."
            )
        rubric = _rubric(points, parts[id_]) if written else ""
        questions.append(GradedQuestion(id_, points, written, rubric))
    return questions


def _rubric(points: float, parts: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"- ({part['points']:g}) {part['must']}" for part in parts]
    return RUBRIC.format(points=points, parts="\n".join(lines))


def graded_notebooks(
    notebooks: Mapping[str, str], questions: Sequence[GradedQuestion]
) -> dict[str, str]:
    """Return the notebooks with nbgrader's metadata, by name.

    A coding question is graded at the cell ``check-1a``, in which a line for the hidden tests is
    added; a written one at ``answer-3a``, below ``question-3a``, which is locked and ends with
    the rubric.

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
    for question in questions:
        wanted = ["question", "answer"] if question.written else ["check"]
        missing = [
            f"{word}-{question.id}" for word in wanted if f"{word}-{question.id}" not in cells
        ]
        if missing:
            raise ReleaseError(
                f"No notebook has a cell with the id {missing[0]}, where question {question.id} "
                "is graded. Add it in notebooks/."
            )
        _mark(cells, question)
    for cell in cells.values():
        cell.source = cell.source.replace("](../submission/", "](submission/")
    return {name: nbformat.writes(notebook) + "\n" for name, notebook in parsed.items()}


def _mark(cells: Mapping[str, NotebookNode], question: GradedQuestion) -> None:
    if question.written:
        cells[f"question-{question.id}"].source += question.rubric
        _set(cells[f"question-{question.id}"], f"question-{question.id}", locked=True)
        _set(cells[f"answer-{question.id}"], question.id, points=question.points, solution=True)
    else:
        cells[f"check-{question.id}"].source += HIDDEN.format(id=question.id)
        _set(cells[f"check-{question.id}"], question.id, points=question.points, locked=True)


def _set(
    cell: NotebookNode,
    grade_id: str,
    points: float | None = None,
    solution: bool = False,
    locked: bool = False,
) -> None:
    graded = {} if points is None else {"points": points}
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": locked,
        "task": False,
        **graded,
    }
