"""The notebook of the coding questions: it checks the files beside it, as they are now."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.notebook import check
from problem_set.assignment import read_assignment
from tests.course import points_of

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "notebooks" / "00_code.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A student's folder: no hidden tests, no misconceptions, and a submission of its own."""
    ignored = shutil.ignore_patterns("hidden_tests", "misconceptions", "__pycache__")
    shutil.copytree(PROJECT / "grader", tmp_path / "grader", ignore=ignored)
    shutil.copytree(PROJECT / "problem_set", tmp_path / "problem_set")
    shutil.copytree(PROJECT / "submission", tmp_path / "submission")
    shutil.copy(PROJECT / "assignment.toml", tmp_path)
    (tmp_path / "experiments").symlink_to(PROJECT / "experiments", target_is_directory=True)
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def shown(cell: nbformat.NotebookNode, kind: str) -> str:
    """Return what a cell displayed, of one kind."""
    return "".join(o.data.get(kind, "") for o in cell.outputs if "data" in o)


def errors(cell: nbformat.NotebookNode) -> str:
    return "".join(o.text for o in cell.outputs if o.get("name") == "stderr")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")
def test_each_check_shows_its_question_and_sees_a_change_without_a_restart(project):
    loss = project / "submission" / "loss.py"
    text = loss.read_text()
    loss.write_text(
        text.replace(
            "loss = ((observed_ratings - predicted_ratings) ** 2).mean()",
            "loss = ((observed_ratings - predicted_ratings) ** 2).sum()\n"
            "    print('my loss', loss)",
        )
    )
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    mend = f"import pathlib\n_ = pathlib.Path({str(loss)!r}).write_text({text!r})"
    chosen = ["setup", "imports", "check-1a", "check-2b"]
    cells = {cell.id: cell for cell in notebook.cells}
    validate = "os.environ['NBGRADER_EXECUTION'] = 'validate'"
    notebook.cells = [
        *(cells[name] for name in chosen),
        nbformat.v4.new_code_cell(f'{validate}\ncheck("2b")'),
        nbformat.v4.new_code_cell(mend),
        nbformat.v4.new_code_cell('check("2b")'),
    ]
    place = {"metadata": {"path": str(project / "notebooks")}}
    *_, tables, wrong, validated, _, mended = (
        NotebookClient(notebook, timeout=120, resources=place).execute().cells
    )
    public, hidden_ones = (f"{points_of('1a', kind):g}" for kind in (False, True))
    all_public = f"{public} of {public} points"
    assert f"1a · Embedding tables and biases: {all_public}" in shown(tables, "text/html")
    assert f"4 hidden tests decide the other {hidden_ones} points." in shown(tables, "text/html")
    assert errors(tables) == ""
    assert errors(wrong) == "", "the report says it"
    assert "2b: 1 of 1 public tests did not pass." in errors(validated), "nbgrader reads it"
    assert "expected  2.5" in shown(wrong, "text/html")
    assert ">2b-0<" in shown(wrong, "text/html"), "other tests say: fix this one first"
    assert "expected  2.5" in shown(wrong, "text/plain")
    for kind in ("text/html", "text/plain"):
        assert re.search(r"\bloss\.py, saved \d\d:\d\d", shown(wrong, kind))
        assert re.search("Your code printed, at the end:.*my loss tensor", shown(wrong, kind), re.S)
    assert errors(mended) == ""
    public_2b = f"{points_of('2b', hidden=False):g}"
    assert f"{public_2b} of {public_2b} points" in shown(mended, "text/html")
    assert all(output.output_type != "stream" for output in wrong.outputs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::ResourceWarning")
def test_in_the_place_to_play_prints_show_and_breakpoint_stops(project):
    model = project / "submission" / "model.py"
    line = "        q = self.Q(item_ids)\n"
    assert model.read_text().count(line) == 1
    model.write_text(model.read_text().replace(line, line + "        print('q is', q.shape)\n"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    stop = f"path = {str(model)!r}\ntext = open(path).read()\n" + (
        "_ = open(path, 'w').write(text.replace('print(', 'breakpoint(), print('))"
    )
    again = nbformat.v4.new_code_cell(cells["play"].source)
    notebook.cells = [cells["setup"], cells["play"], nbformat.v4.new_code_cell(stop), again]
    place = {"metadata": {"path": str(project / "notebooks")}}
    client = NotebookClient(notebook, timeout=120, resources=place, allow_errors=True)
    _, played, _, stopped = client.execute().cells
    printed = "".join(output.get("text", "") for output in played.outputs)
    assert "q is torch.Size([2, 2])" in printed and "all movies torch.Size([2, 6])" in printed
    (error,) = [output for output in stopped.outputs if output.output_type == "error"]
    assert error.ename == "StdinNotImplementedError", "the debugger asks what to do"


def test_an_unknown_question_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no coding question '3a'; there are 1a, 1b, 1c, .*2d"):
        check("3a")


def test_it_is_committed_without_outputs_and_has_a_check_for_every_question():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
    sources = {cell.id: cell.source for cell in notebook.cells}
    for question in read_assignment().coding:
        assert sources[f"check-{question.id}"] == f'check("{question.id}")'
        text = sources[f"question-{question.id}"]
        assert text.startswith(f"## {question.id}. {question.title}\n")
        assert f"](../{question.file})" in text
        names = [name for name in re.findall(r"`(\w+)`", text) if name.islower() and "_" in name]
        code = (PROJECT / question.file).read_text()
        assert names and all(name in code for name in names)


def test_make_lab_opens_it_where_the_files_that_it_links_to_are_served():
    """JupyterLab serves nothing outside of the folder that it is started for."""
    if shutil.which("make") is None:
        pytest.skip("there is no make on this machine; it comes with build-essential or Xcode")
    dry = ["make", "-n", "-o", "environment", "lab"]
    said = subprocess.run(dry, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    (command,) = [line for line in said.splitlines() if "jupyter lab" in line]
    options = shlex.split(command.split("jupyter lab")[1])
    assert all(option.startswith("--") for option in options), "a folder would be all it serves"
    (opened,) = [option.split("/lab/tree/")[1] for option in options if "default_url" in option]
    assert PROJECT / opened == NOTEBOOK
    links = re.findall(r"\]\(([^):]+)\)", NOTEBOOK.read_text())
    files = [(NOTEBOOK.parent / link).resolve() for link in links]
    assert len(files) > 8 and all(file.is_file() for file in files)
    assert all(file.is_relative_to(PROJECT) for file in files)
