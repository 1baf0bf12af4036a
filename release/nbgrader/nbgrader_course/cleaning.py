"""The first step of autograding: the course's cells as they should be, the student's harmless."""

from copy import deepcopy
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from .course import folder_of
from .harmless import MAX_CELLS, harmless_cells, harmless_markdown

MISSING = "*The cells below were missing from what was handed in, and have been added back.*"


class CleanSubmission(NbGraderPreprocessor):
    """Take from a submitted notebook what is the student's, and all else from the course's own.

    The student's are the texts of the answer cells, and cells that are not the course's, with
    plain text and PNG pictures as outputs. Metadata, grade ids, points, kernel and the cells that
    are locked come from the notebook in ``source/``. Of cells that claim the same grade id, the
    last one counts, as everywhere in nbgrader.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        name = f"{resources['nbgrader']['notebook']}.ipynb"
        master = nbformat.read(folder_of(self, "source", resources) / name, as_version=4)
        return cleaned_notebook(nb, master), resources


def cleaned_notebook(submitted: NotebookNode, master: NotebookNode) -> NotebookNode:
    """Return the master's notebook with what is the student's in it.

    Parameters
    ----------
    submitted : NotebookNode
        Valid by the format's schema.
    master : NotebookNode
        The instructor's version of the same notebook.
    """
    managed = {_grade_id(cell): cell for cell in master.cells if _grade_id(cell)}
    places = {_grade_id(cell): number for number, cell in enumerate(submitted.cells[:MAX_CELLS])}
    plain = harmless_cells(submitted.cells, master.cells)
    cells = []
    for number, (cell, harmless) in enumerate(zip(submitted.cells, plain)):
        id_ = _grade_id(cell)
        ours = id_ in managed and places.get(id_) == number
        cells.append(_restored(managed[id_], cell) if ours else harmless)
    missing = [cell for id_, cell in managed.items() if id_ not in places]
    if missing:
        cells += [new_markdown_cell(MISSING, id="missing"), *map(deepcopy, missing)]
    notebook = deepcopy(master)
    notebook.cells = cells
    return notebook


def _grade_id(cell: NotebookNode) -> str:
    """Return what a cell claims to be, or an empty string."""
    claimed: Any = cell.metadata.get("nbgrader")
    id_ = claimed.get("grade_id") if isinstance(claimed, dict) else None
    return id_ if isinstance(id_, str) else ""


def _restored(master: NotebookNode, submitted: NotebookNode) -> NotebookNode:
    """Return the course's cell; one that students answer in, with the answer."""
    cell = deepcopy(master)
    if cell.metadata.nbgrader.solution and cell.source != submitted.source:
        answer = harmless_markdown(submitted)
        cell.source = answer.source
        if "attachments" in answer:
            cell.attachments = answer.attachments
    return cell
