"""What the nbgrader course consists of."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from problem_set.assignment import read_assignment
from release.files import ReleaseError, starting_with, zip_bytes
from release.nbgrader import nbgrader_files
from release.nbgrader.notebooks import graded_notebooks
from release.products import build_nbgrader

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[3]
ASSIGNMENT = read_assignment(PROJECT / "assignment.toml")
RUBRICS = tomllib.loads((PROJECT / "release" / "nbgrader" / "rubrics.toml").read_text())
NOTEBOOKS = {path.name: path.read_text() for path in (PROJECT / "notebooks").glob("*.ipynb")}


def graded_cells(notebooks):
    """Return the cells with points, by grade id."""
    parsed = [nbformat.reads(text, 4) for text in notebooks.values()]
    cells = [cell for notebook in parsed for cell in notebook.cells]
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def test_every_question_is_graded_with_its_points():
    cells = graded_cells(graded_notebooks(NOTEBOOKS, ASSIGNMENT, RUBRICS))
    points = {question.id: question.points for question in ASSIGNMENT.questions}
    assert {id_: cell.metadata.nbgrader.points for id_, cell in cells.items()} == points
    for question in ASSIGNMENT.coding:
        assert cells[question.id].metadata.nbgrader.locked
        assert cells[question.id].cell_type == "code"
    for id_ in ("3a", "3b", "3c"):
        assert cells[id_].metadata.nbgrader.solution and cells[id_].cell_type == "markdown"


def test_points_follow_assignment_toml_and_rubrics_must_agree():
    first, *rest = ASSIGNMENT.questions
    changed = replace(ASSIGNMENT, questions=(replace(first, points=7.0), *rest))
    cells = graded_cells(graded_notebooks(NOTEBOOKS, changed, RUBRICS))
    assert cells["1a"].metadata.nbgrader.points == 7
    with pytest.raises(ReleaseError, match=r"Question 3b has 2 points.*rubric.*add up to 1\.5"):
        graded_notebooks(NOTEBOOKS, ASSIGNMENT, RUBRICS | {"3b": RUBRICS["3b"][1:]})


def test_a_question_without_a_cell_is_refused():
    notebook = json.loads(NOTEBOOKS["00_code.ipynb"])
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "check-1d"]
    texts = NOTEBOOKS | {"00_code.ipynb": json.dumps(notebook)}
    with pytest.raises(ReleaseError, match="No notebook has a cell with the id check-1d"):
        graded_notebooks(texts, ASSIGNMENT, RUBRICS)


def test_a_rubric_claims_what_the_reference_results_show():
    path = PROJECT / "tests" / "handout" / "claims.py"
    spec = importlib.util.spec_from_file_location("handout_claims", path)
    claims = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = claims
    spec.loader.exec_module(claims)
    results = claims.Results.read(PROJECT / "tests" / "handout" / "course_results")
    parts = [part for parts in RUBRICS.values() for part in parts]
    shown = [claim for part in parts for claim in part.get("shows", ())]
    assert len(shown) > 10
    assert [claim for claim in shown if not claims.holds(claim, results)] == []


def test_students_get_no_hidden_test_and_instructors_get_all(course_files):
    source = starting_with(course_files, "source/")
    assert not [name for name in source if "hidden" in name or "misconceptions" in name]
    solved = [name for name, file in source.items() if b"lambda_F * L_F" in file.content]
    assert "source/ps1/submission/loss.py" in solved
    gaps = source["source/ps1/submission/loss.py"].content
    assert gaps.count(b"raise NotImplementedError") == 3
    grading = starting_with(course_files, "grading/grader/")
    tracked = {path.name for path in (PROJECT / "grader" / "hidden_tests").glob("*.py")}
    assert tracked <= {Path(name).name for name in grading}
    outside = {name.split("/")[0] for name in course_files}
    assert outside == {"nbgrader_config.py", "source", "grading"}


def test_two_builds_are_the_same_to_the_byte(course_files):
    assert zip_bytes(nbgrader_files(PROJECT)) == zip_bytes(course_files)


def test_a_release_does_not_replace_a_gradebook(tmp_path):
    gradebook = tmp_path / "nbgrader" / "gradebook.db"
    gradebook.parent.mkdir()
    gradebook.write_text("a term's grades")
    with pytest.raises(ReleaseError, match="has a gradebook, and a release would replace it"):
        build_nbgrader(PROJECT, tmp_path, lambda what: None)
    assert gradebook.read_text() == "a term's grades"


def test_the_notebooks_beside_the_files_link_to_them(course_files):
    text = course_files["source/ps1/00_code.ipynb"].content.decode()
    assert "](submission/model.py)" in text and "../submission" not in text
