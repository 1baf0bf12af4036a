"""The first cell of each notebook finds the problem set, or says what to upload."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")


def first_cell(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def run_in(folder: Path, *sources: str) -> str:
    """Run cells in a fresh kernel, after the first cell of a notebook; return what they printed."""
    cells = [first_cell(NOTEBOOKS[0]), *map(nbformat.v4.new_code_cell, sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, resources=place).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return "".join(output.get("text", "") for output in outputs)


def test_it_is_the_same_in_every_notebook():
    assert len(NOTEBOOKS) == 3
    assert len({first_cell(path).source for path in NOTEBOOKS}) == 1
    assert {first_cell(path).id for path in NOTEBOOKS} == {"setup"}


def test_in_an_empty_folder_it_says_what_to_upload(tmp_path):
    with pytest.raises(CellExecutionError) as caught:
        run_in(tmp_path)
    said = str(caught.value)
    assert f"nor its zip (ps1-student-....zip) is in {tmp_path}" in said
    assert "Upload the zip there, beside this notebook, and run this cell again." in said
    assert "StopIteration" not in said


def test_beside_the_unpacked_folder_it_goes_there(tmp_path):
    folder = tmp_path / "ps1"
    (folder / "submission").mkdir(parents=True)
    (folder / "assignment.toml").touch()
    said = run_in(tmp_path, "print(os.getcwd(), project, sys.path[0])")
    assert f"{folder} {folder} {folder}" in said
