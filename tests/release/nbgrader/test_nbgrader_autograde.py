"""The step that grades, and what ``generate_assignment`` releases."""

import html
from dataclasses import replace
from datetime import timezone

import nbformat
import pytest
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from grader.contents import CONTENTS
from grader.engine.digests import grader_digest
from grader.engine.grader import Grader
from release.files import write_folder
from release.nbgrader import nbgrader_course
from release.nbgrader.nbgrader_course import autograding
from release.nbgrader.nbgrader_course.autograding import GradeSubmission, NotGradedError
from release.nbgrader.nbgrader_course.course import SetPoints
from tests.course import COURSE, FULL_MARKS, POINTS, POINTS_OF_TEST, WRITTEN_POINTS

MISTAKE = ("predicted_ratings) ** 2).mean()", "predicted_ratings) ** 2).sum()")
NAMES = {"nbgrader": {"student": "ada", "assignment": "ps1", "notebook": "00_code"}}


@pytest.fixture
def folder(tmp_path, reference_code):
    """What a student has submitted."""
    folder = tmp_path / "submitted" / "ada" / "ps1"
    write_folder(reference_code, folder)
    return folder / "submission"


@pytest.fixture
def graded(tmp_path, course_files, folder):
    """A function that grades the course's notebook beside a submission with a mistake in 2b."""
    loss = folder / "loss.py"
    assert MISTAKE[0] in loss.read_text()
    loss.write_text(loss.read_text().replace(*MISTAKE))
    converter = Autograde(coursedir=CourseDirectory(root=str(tmp_path)))

    def grade(change=lambda cells: None):
        notebook = nbformat.reads(course_files["source/ps1/00_code.ipynb"].content.decode(), 4)
        cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
        by_id = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
        change(by_id)
        GradeSubmission(parent=converter).preprocess(notebook, NAMES)
        return by_id

    return grade


def test_each_question_gets_its_report_and_its_points_and_each_file_is_shown_once(graded, folder):
    loss = folder / "loss.py"
    loss.write_text("# <script>alert(1)</script> \x1b[31m\n" + loss.read_text())
    cells = graded()
    files = {
        id_: "".join(output.data["text/html"] for output in cell.outputs[1:-1])
        for id_, cell in cells.items()
    }
    assert {id_ for id_, shown in files.items() if shown} == {"1a", "2a", "2d"}
    count = len(loss.read_text().splitlines())
    assert f"submission/loss.py, as it was handed in ({count} lines)" in files["2a"]
    assert "# &lt;script&gt;alert(1)&lt;/script&gt;" in files["2a"]
    assert "<script" not in files["2a"] and "\x1b" not in files["2a"]
    assert "def init_mlp_layers" in html.unescape(files["1a"])
    points = {id_: cell.outputs[-1].data["text/plain"] for id_, cell in cells.items()}
    expected = {**POINTS, "2b": POINTS_OF_TEST["2b-2"]}
    assert points == {id_: str(float(scored)) for id_, scored in expected.items()}
    page = cells["2b"].outputs[0].data["text/html"]
    assert "are summed, not averaged." in page
    assert "are summed" not in cells["2a"].outputs[0].data["text/html"]
    assert cells["2b"].outputs[-1].output_type == "execute_result", (
        "where nbgrader takes points from"
    )


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("", "no file at all"),
        ("my_model.py", "submission/my_model.py"),
        ("model.ipynb", "submission/model.ipynb"),
    ],
)
def test_without_any_of_the_files_each_question_has_no_points_and_says_why(
    graded, folder, file, found
):
    for path in folder.glob("*.py"):
        path.unlink()
    if file:
        (folder / file).write_text("")
    for id_, cell in graded().items():
        assert cell.outputs[-1].data["text/plain"] == "0.0", id_
        page = cell.outputs[0].data["text/html"]
        assert f"none of model.py, loss.py, mrr.py. It holds {found}" in page
        assert "ModuleNotFoundError" not in page


def test_a_question_that_the_report_leaves_out_does_not_get_all_points(graded, monkeypatch):
    whole = autograding.judged

    def without_1a(folder):
        report = whole(folder)
        return replace(report, questions=report.questions[1:])

    monkeypatch.setattr(autograding, "judged", without_1a)
    with pytest.raises(NotGradedError, match="the report has nothing on 1a"):
        graded()


def test_points_that_the_gradebook_does_not_know_are_not_given(graded):
    def other_points(cells):
        cells["1a"].metadata.nbgrader.points = POINTS["1a"] + 1.0

    said = f"1a has {POINTS['1a']:g} points in assignment.toml and {POINTS['1a'] + 1:g} in the"
    with pytest.raises(NotGradedError, match=said):
        graded(other_points)


def test_without_isolation_nobody_is_graded(graded, monkeypatch):
    plain = Grader(CONTENTS, isolation="none")
    monkeypatch.setattr(autograding, "_grader", lambda: plain)
    with plain, pytest.raises(NotGradedError, match="nothing keeps a submission from the hidden"):
        graded()


def test_nobody_is_graded_with_other_tests_than_those_in_the_folder(graded, monkeypatch):
    monkeypatch.setattr(nbgrader_course, "AT_THE_START", "of the files of before")
    with pytest.raises(NotGradedError, match="end JupyterLab and start it again"):
        graded()


def test_a_change_of_any_file_that_grades_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    for name in ("grading.py", "tests/hidden.py", "page.html.jinja"):
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(nbgrader_course, "HERE", tmp_path)
    monkeypatch.setattr(nbgrader_course, "AT_THE_START", grader_digest(tmp_path))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "grading.pyc").write_text("made by an import")
    assert not nbgrader_course.has_changed()
    (tmp_path / "tests" / "hidden.py").write_text("after")
    assert nbgrader_course.has_changed()


def test_nobody_is_graded_with_settings_that_could_not_be_read(tmp_path):
    step = GradeSubmission(problem="course_config.py cannot be read")
    with pytest.raises(NotGradedError, match=r"course_config\.py cannot be read"):
        step.preprocess(nbformat.v4.new_notebook(), NAMES)


def test_points_of_the_notebook_become_those_of_assignment_toml(course_files):
    for name in ("00_code", "01_experiments"):
        text = course_files[f"source/ps1/{name}.ipynb"].content.decode()
        notebook, right = nbformat.reads(text, 4), nbformat.reads(text, 4)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                cell.metadata.nbgrader.points += 1
        assert notebook != right
        SetPoints().preprocess(notebook, NAMES)
        assert notebook == right


@pytest.mark.thorough
def test_generate_assignment_takes_rubrics_out(classroom):
    classroom.nbgrader("generate_assignment", "ps1")
    for name in ("00_code", "01_experiments"):
        source = (classroom.course / "source" / "ps1" / f"{name}.ipynb").read_text()
        released = (classroom.course / "release" / "ps1" / f"{name}.ipynb").read_text()
        assert ("For the grader" in source) == (name == "01_experiments")
        for word in ("MARK SCHEME", "For the grader"):
            assert word not in released
    with classroom.gradebook() as book:
        assignment = book.find_assignment("ps1")
        assert assignment.max_score == FULL_MARKS + sum(WRITTEN_POINTS.values())
        due = COURSE.due.astimezone(timezone.utc).replace(tzinfo=None)
        assert assignment.duedate == due
