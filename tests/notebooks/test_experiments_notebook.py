"""The first notebook, run as a student runs it, on a reduced run."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from problem_set.assignment import read_assignment

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "notebooks" / "01_experiments.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the real experiments and a submission of its own."""
    for package in ("experiments", "problem_set"):
        (tmp_path / package).symlink_to(PROJECT / package, target_is_directory=True)
    (tmp_path / "notebooks").mkdir()
    shutil.copytree(PROJECT / "submission", tmp_path / "submission")
    shutil.copy(PROJECT / "assignment.toml", tmp_path)
    return tmp_path


def execute(project: Path) -> nbformat.NotebookNode:
    """Run the notebook from top to bottom on the synthetic data, two epochs a run."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (parameters,) = (
        cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])
    )
    parameters.source = 'data, epochs, results = "synthetic", 2, None'
    options = {"timeout": 200, "resources": {"metadata": {"path": str(project / "notebooks")}}}
    return NotebookClient(notebook, **options).execute()


def outputs_of(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    """Return all that a cell printed or displayed, as text, without colours."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    texts = [output.get("text", "") for output in cell.outputs]
    texts += [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return re.sub(r"\x1b\[[\d;]*m", "", "\n".join(texts))


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")
def test_it_runs_from_top_to_bottom(project):
    notebook = execute(project)
    errors = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
    assert errors == []
    assert "Your model, losses and metric run." in outputs_of(notebook, "check")
    assert "Synthetic Movie" in outputs_of(notebook, "history")
    assert "done in " in str(notebook.metadata.widgets), "the bars are drawn to the end"
    assert "shared=False_LF=0.99_LR=0.01" in outputs_of(notebook, "table")
    (curves,) = (cell for cell in notebook.cells if cell.id == "curves")
    assert "image/png" in curves.outputs[0].data
    (recommended,) = (cell for cell in notebook.cells if cell.id == "recommend")
    pages = [output.data["text/html"] for output in recommended.outputs]
    assert len(pages) == 2 and all(page.count("Synthetic Movie") == 10 for page in pages)
    assert (project / "results" / "summary.json").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")
def test_with_a_broken_submission_the_failing_cell_says_what_to_mend(project):
    loss = project / "submission" / "loss.py"
    text = loss.read_text().replace(
        "    return loss\n", "    raise NotImplementedError('Question 2a is not written yet')\n", 1
    )
    loss.write_text(text)
    line = text.splitlines().index(
        "    raise NotImplementedError('Question 2a is not written yet')"
    )
    with pytest.raises(CellExecutionError) as caught:
        execute(project)
    said = str(caught.value)
    assert "smoke_test" in said, "the cell that checks is the one that fails"
    assert f"submission/loss.py, line {line + 1}, in bpr_loss: Question 2a is not" in said
    assert "training.py" not in said, "no traceback of ours"


def test_it_is_committed_without_outputs_and_asks_every_written_question():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
    sources = {cell.id: cell.source for cell in notebook.cells}
    ids = list(sources)
    for question in read_assignment(PROJECT / "assignment.toml").written:
        id_ = question.id
        assert ids.index(f"answer-{id_}") == ids.index(f"question-{id_}") + 1
        assert sources[f"question-{id_}"].startswith(f"### {id_} ({question.points:g} points)")


def test_it_asks_the_written_questions_in_the_handouts_words():
    """Whoever answers in the notebook is asked for all that the answer is graded by."""
    handout = (PROJECT / "handout" / "sections" / "written.tex").read_text()
    handout = handout.replace(r"\weight", r"\lambda_")
    asked = re.findall(r"\\begin\{question\}\{(\w+)\}(.*?)\\end\{question\}", handout, re.DOTALL)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert len(asked) == 3
    for id_, words in asked:
        _, text = sources[f"question-{id_}"].split("\n\n", 1)
        assert text.split() == words.split()
