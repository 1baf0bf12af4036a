"""The first cell of each notebook finds the problem set, or says what to upload."""

import json
import site
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from release.files import zip_bytes
from release.student import student_files

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")


def first_cell(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def run_in(folder: Path, *sources: str, kernel: str = "python3") -> str:
    """Run cells in a fresh kernel, after the first cell of a notebook; return what they put out."""
    cells = [first_cell(NOTEBOOKS[0]), *map(nbformat.v4.new_code_cell, sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, resources=place, kernel_name=kernel).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    shown = (output.get("data", {}).get("text/plain", "") for output in outputs)
    return "".join([*(output.get("text", "") for output in outputs), *shown])


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


@pytest.fixture
def bare_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kernel, as Colab's, with the packages that are installed here and none of this project."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.rglob("site-packages")
    # Of a folder that is named in a .pth file, Python reads no .pth files, such as this project's.
    (packages / "here.pth").write_text("\n".join(site.getsitepackages()))
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    kernels = tmp_path / "jupyter" / "kernels" / "bare"
    kernels.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": command, "display_name": "bare", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return "bare"


@pytest.mark.thorough
def test_in_a_folder_with_the_zip_alone_it_unpacks_and_installs_it(bare_kernel, tmp_path):
    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "ps1-student-2.0.zip").write_bytes(zip_bytes(student_files(PROJECT), "ps1/"))
    said = run_in(
        folder,
        "import experiments, hand_in\nprint('of the wheel', experiments.__file__)",
        "from grader.notebook import check\ncheck('2b')",
        "from experiments.training.trainer import smoke_test\n"
        "try:\n    smoke_test(project / 'submission')\n"
        "except Exception as error:\n    print(error)",
        kernel=bare_kernel,
    )
    assert "Installing the tools of the problem set, once" in said
    assert f"Your code is in {folder / 'ps1' / 'submission'}" in said
    assert f"of the wheel {tmp_path / 'environment'}" in said
    assert "submission/model.py, line" in said and "1a is not written yet" in said
    assert "2b is not written yet" in said
    again = run_in(folder, kernel=bare_kernel)
    assert "Installing" not in again and f"Your code is in {folder / 'ps1'}" in again
