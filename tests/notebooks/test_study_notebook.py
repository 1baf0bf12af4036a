"""The second notebook, on a study that is there, and on one that it makes itself."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from planted_study import PlantedStudy, plant_claims

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "notebooks" / "02_study.ipynb"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the real experiments and a submission of its own."""
    for package in ("experiments", "problem_set"):
        (tmp_path / package).symlink_to(PROJECT / package, target_is_directory=True)
    (tmp_path / "notebooks").mkdir()
    shutil.copytree(PROJECT / "submission", tmp_path / "submission")
    shutil.copy(PROJECT / "assignment.toml", tmp_path)
    return tmp_path


def execute(project: Path, parameters: str) -> nbformat.NotebookNode:
    """Run the notebook from top to bottom with other parameters."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source += parameters
    options = {"timeout": 250, "resources": {"metadata": {"path": str(project / "notebooks")}}}
    return NotebookClient(notebook, **options).execute()


def pictures(notebook: nbformat.NotebookNode, cell_id: str) -> list[str]:
    """Return the PNGs that a cell displayed beside its pages."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    return [png for output in cell.outputs if (png := output.get("data", {}).get("image/png"))]


def shown(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    """Return all that a cell printed, and the pages that it displayed."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    texts = [output.get("text", "") for output in cell.outputs]
    texts += [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return "\n".join(texts)


@pytest.mark.thorough
def test_it_shows_a_study_that_is_there_and_does_no_runs(project):
    study = PlantedStudy(epochs=4)
    plant_claims(study, seeds=2)
    study.write(project / "results" / "study")
    written = {path: path.stat().st_mtime_ns for path in project.glob("results/runs/*/*")}
    notebook = execute(project, "\ndo_runs = False")
    assert "8 runs answer 2 questions" in shown(notebook, "read")
    assert "--part minibatch" in shown(notebook, "read")
    claims = shown(notebook, "claims")
    assert "separate 0.99 is better" in claims
    assert 'src="data:image/png' in claims
    assert "by seed:" in shown(notebook, "own-claim")
    assert "too few runs for this" in shown(notebook, "sharing")
    assert len(pictures(notebook, "preference")) == 1
    assert written == {p: p.stat().st_mtime_ns for p in project.glob("results/runs/*/*")}


@pytest.mark.thorough
def test_it_makes_a_quick_study_by_itself(project):
    notebook = execute(project, '\ndata, epochs = "synthetic", 3')
    assert "15 runs answer" in shown(notebook, "read")
    assert re.search(r"shared 0\.9\b(?!9)", shown(notebook, "balance"))
    assert 'src="data:image/png' in shown(notebook, "balance")
    assert len(pictures(notebook, "preference")) == 1
    assert len(list((project / "results" / "runs").iterdir())) == 15


def test_it_asks_for_the_quick_study_and_is_committed_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
    (parameters,) = (cell for cell in notebook.cells if cell.id == "parameters")
    assert "quick = True" in parameters.source
