"""What is said of the written answers, and which files hold them."""

import json
import os
from pathlib import Path

import pytest

from experiments.engine.store import made_by
from experiments.training.student_code import code_digest
from hand_in.written import LARGEST_FILE, read_written
from problem_set import __version__
from problem_set.assignment import Assignment

NOTEBOOK = "notebooks/01_experiments.ipynb"


def warnings(project: Path, assignment: Assignment) -> str:
    return "\n".join(read_written(project, assignment).warnings)


def type_answer(project: Path, name: str, text: str = "No.\n") -> None:
    with (project / "handout" / "answers" / f"{name}.tex").open("a") as file:
        file.write(text)


def typeset(project: Path, seconds_later: int = 10) -> None:
    """Put a PDF there that is younger, or older, than everything else."""
    pdf = project / "handout" / "ps1.pdf"
    pdf.write_bytes(b"%PDF-1.5")
    now = (project / "handout" / "answers" / "3a.tex").stat().st_mtime
    os.utime(pdf, (now + seconds_later, now + seconds_later))


def answer_in_notebook(
    project: Path, *questions: str, run: bool = True, saved_later: int = 10
) -> None:
    path = project / NOTEBOOK
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        text = "".join(cell["source"])
        for question in questions:
            if text == f"*Your answer to {question}.*":
                cell["source"] = ["Sharing\n", "loses."]
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
    if not run:
        last = [cell for cell in content["cells"] if cell["cell_type"] == "code"][-1]
        last["execution_count"] = None
    path.write_text(json.dumps(content))
    code = max(file.stat().st_mtime for file in (project / "submission").glob("*.py"))
    os.utime(path, (code + saved_later, code + saved_later))


def test_where_nothing_is_written_each_thing_is_named(project, assignment):
    written = read_written(project, assignment)
    assert list(written.files) == [NOTEBOOK]
    said = "\n".join(written.warnings)
    assert "3a, 3b, 3c: no answer yet" in said
    assert "handout/ps1.pdf is not there" in said
    assert f"{NOTEBOOK} was not run to its end" in said


def test_a_typed_answer_is_packed_and_a_comment_is_none(project, assignment):
    type_answer(project, "3a")
    type_answer(project, "3b", "  % To do\n\n")
    written = read_written(project, assignment)
    assert "handout/answers/3a.tex" in written.files
    assert "handout/answers/3b.tex" not in written.files
    assert written.warnings[0].startswith("3b, 3c: no answer yet")


def test_nothing_is_said_where_all_is_typed_and_typeset(project, assignment):
    for name in ("3a", "3b", "3c", "name"):
        type_answer(project, name)
    typeset(project)
    written = read_written(project, assignment)
    assert written.warnings == ()
    assert written.files["ps1.pdf"] == b"%PDF-1.5"


def test_a_pdf_older_than_an_answer_and_without_a_name_is_told(project, assignment):
    for name in ("3a", "3b", "3c"):
        type_answer(project, name)
    typeset(project, seconds_later=-10)
    said = warnings(project, assignment)
    assert "handout/ps1.pdf is older than handout/answers/3a.tex and handout/answers/3b.tex" in said
    assert "Your name is not in handout/answers/name.tex" in said


def test_a_scan_answers_everything_and_is_what_is_packed(project, assignment):
    typeset(project)
    (project / "ps1.pdf").write_bytes(b"scan")
    written = read_written(project, assignment)
    assert written.warnings == ()
    assert written.files["ps1.pdf"] == b"scan"


def test_a_scan_too_large_for_the_zip_is_left_out_with_a_word(project, assignment):
    with (project / "ps1.pdf").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    written = read_written(project, assignment)
    assert "ps1.pdf" not in written.files
    assert "ps1.pdf is left out" in "\n".join(written.warnings)


def test_answers_in_a_notebook_that_was_run_need_no_pdf(project, assignment):
    answer_in_notebook(project, "3a", "3b", "3c")
    assert warnings(project, assignment) == ""


@pytest.mark.parametrize("placeholder", ["*Your answer to 3a.*", "YOUR ANSWER HERE", "", " \n"])
def test_a_placeholder_is_no_answer(project, assignment, placeholder):
    answer_in_notebook(project, "3b", "3c")
    path = project / NOTEBOOK
    path.write_text(path.read_text().replace("*Your answer to 3a.*", json.dumps(placeholder)[1:-1]))
    assert warnings(project, assignment).startswith("3a: no answer yet")


def test_a_notebook_that_was_not_run_or_is_older_than_the_code_is_told(project, assignment):
    answer_in_notebook(project, "3a", "3b", "3c", run=False)
    assert "was not run to its end" in warnings(project, assignment)
    answer_in_notebook(project, run=True, saved_later=-10)
    assert "is older than your code" in warnings(project, assignment)
    answer_in_notebook(project, run=True)
    copy = project / "submission" / ".ipynb_checkpoints" / "loss-checkpoint.py"
    copy.parent.mkdir()
    copy.write_text("")
    later = (project / NOTEBOOK).stat().st_mtime + 10
    os.utime(copy, (later, later))
    assert warnings(project, assignment) == "", "JupyterLab keeps copies of what it opened"


def test_a_large_output_is_left_out_and_the_curves_stay(project, assignment):
    answer_in_notebook(project, "3a", "3b", "3c")
    path = project / NOTEBOOK
    content = json.loads(path.read_text())
    cell = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["x" * 3_000_000]},
        {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {}},
    ]
    path.write_text(json.dumps(content))
    packed = json.loads(read_written(project, assignment).files[NOTEBOOK])
    cell = next(cell for cell in packed["cells"] if cell["cell_type"] == "code")
    assert cell["outputs"][0]["text"] == ["An output of 2.9 MB was left out of what was handed in."]
    assert cell["outputs"][1]["data"] == {"image/png": "aGk="}


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"cells": 3}', "\xff", '{"cells": [4], "nbformat": 4}']
)
def test_a_notebook_that_cannot_be_read_is_told_and_packed_as_it_is(project, assignment, content):
    (project / NOTEBOOK).write_text(content, encoding="latin-1")
    written = read_written(project, assignment)
    assert written.files == {NOTEBOOK: content.encode("latin-1")}
    assert f"{NOTEBOOK} cannot be read as a notebook" in "\n".join(written.warnings)


def test_a_cell_without_a_source_does_not_hide_the_answers(project, assignment):
    answer_in_notebook(project, "3a", "3b", "3c")
    path = project / NOTEBOOK
    content = json.loads(path.read_text())
    kinds = ("code", "markdown", "raw")
    content["cells"][:0] = [{"cell_type": kind, "metadata": {}} for kind in kinds]
    path.write_text(json.dumps(content))
    later = path.stat().st_mtime + 10
    os.utime(path, (later, later))
    written = read_written(project, assignment)
    assert written.warnings == ()
    assert json.loads(written.files[NOTEBOOK]) == content


def test_a_notebook_of_the_students_own_stays_at_home(project, assignment):
    (project / "notebooks" / "scratch.ipynb").write_text('{"cells": []}')
    assert list(read_written(project, assignment).files) == [NOTEBOOK]


def test_curves_of_other_code_are_told(project, assignment):
    (project / "results").mkdir()
    summary = project / "results" / "summary.json"
    record = {"made_by": vars(made_by(code_digest(project / "submission")))}
    summary.write_text(json.dumps({"runs": {"a": record}}))
    assert "results/ was made by" not in warnings(project, assignment)
    with (project / "submission" / "loss.py").open("a") as file:
        file.write("# changed\n")
    said = warnings(project, assignment)
    assert "results/ was made by another version of the submission. `make experiments`" in said
    record["made_by"] |= {"submission": code_digest(project / "submission")}
    record["made_by"] |= {"experiments": "of old", "version": "1.9"}
    summary.write_text(json.dumps({"runs": {"a": record}}))
    said = warnings(project, assignment)
    assert f"results/ was made by version 1.9 of the tools (now {__version__})" in said
    summary.write_text(json.dumps({"runs": {"a": {"config": {}}}}))
    assert "results/ was made by older tools" in warnings(project, assignment)
