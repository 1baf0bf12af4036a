"""Late work in nbgrader's gradebook, in the feedback and in the export, without any grading."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets import Instance
from traitlets.config import Config, LoggingConfigurable

from grader.engine.results import FAILED, Hint, QuestionResult, Report, TestResult
from problem_set.assignment import Feedback, Late, read_assignment
from release.nbgrader.nbgrader_course import feedback, late
from release.nbgrader.nbgrader_course.autograding import KEPT, shown
from release.nbgrader.nbgrader_course.exporting import QuotedExportPlugin
from release.nbgrader.nbgrader_course.feedback import ShowToStudent
from release.nbgrader.nbgrader_course.late import LatePolicy

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own
DUE = "2026-12-12 07:59:00"
STUDENTS = {
    "ada": ("Ada", "Lovelace, Countess", "2026-12-12 07:00:00"),
    "bob": ("=HYPERLINK(1)", "+Bob", "2026-12-12 08:00:00"),
}


class Command(LoggingConfigurable):
    """What a step of nbgrader's belongs to."""

    coursedir = Instance(CourseDirectory)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A course in which two students have 18 of 20 points, one of them in time."""
    root = tmp_path_factory.mktemp("course")
    folders = CourseDirectory(root=str(root), db_url=f"sqlite:///{root}/gradebook.db")
    with Gradebook(folders.db_url) as book:
        book.add_assignment("ps1", duedate=DUE)
        book.add_notebook("00_code", "ps1")
        book.add_grade_cell("1a", "00_code", "ps1", max_score=20, cell_type="code")
        for id_, (first, last, time) in STUDENTS.items():
            book.add_student(id_, first_name=first, last_name=last)
            book.add_submission("ps1", id_, timestamp=time)
            book.find_grade("1a", "00_code", "ps1", id_).auto_score = 18
        book.db.commit()
    config = Config()
    config.AssignLatePenalties.plugin_class = LatePolicy
    return Command(coursedir=folders, config=config)


@pytest.fixture(autouse=True)
def policy(monkeypatch: pytest.MonkeyPatch) -> None:
    tenth = replace(read_assignment(), late=Late(percent_per_day=10))
    monkeypatch.setattr(late, "read_assignment", lambda: tenth)


def exported(command: Command) -> dict[str, dict[str, str]]:
    path = Path(command.coursedir.root) / "grades.csv"
    with Gradebook(command.coursedir.db_url) as book:
        QuotedExportPlugin(parent=command, to=str(path)).export(book)
    with path.open(newline="") as lines:
        return {row["student_id"]: row for row in csv.DictReader(lines)}


def extend(command: Command, text: str) -> None:
    (Path(command.coursedir.root) / "extensions.csv").write_text(text)


def test_the_export_is_quoted_and_has_points_before_and_after_the_policy(command: Command) -> None:
    rows = exported(command)
    ada, bob = rows["ada"], rows["bob"]
    assert (ada["last_name"], bob["last_name"]) == ("Lovelace, Countess", "'+Bob")
    assert bob["first_name"] == "'=HYPERLINK(1)"
    assert [ada[key] for key in ("raw_score", "score", "reason")] == ["18.0", "18.0", ""]
    assert [bob[key] for key in ("raw_score", "score", "max_score")] == ["18.0", "16.2", "20.0"]
    assert "10 % of 18 points are taken off, which leaves 16.2." in bob["reason"]
    with Gradebook(command.coursedir.db_url) as book:
        penalty = book.find_submission("ps1", "bob").late_submission_penalty
    assert penalty == pytest.approx(1.8)


def test_an_extension_heals_what_was_taken_off(command: Command) -> None:
    extend(command, "id,days\nbob,1\nnobody,3\n")
    assert exported(command)["bob"]["score"] == "18.0"
    extend(command, "")
    (Path(command.coursedir.root) / "extensions.csv").unlink()
    assert exported(command)["bob"]["score"] == "16.2"
    with Gradebook(command.coursedir.db_url) as book:
        book.grant_extension("ps1", "bob", days=2)
    assert exported(command)["bob"]["score"] == "18.0"
    with Gradebook(command.coursedir.db_url) as book:
        book.grant_extension("ps1", "bob")
    assert exported(command)["bob"]["score"] == "16.2"


@pytest.mark.parametrize(("when", "is_shown"), [("at once", True), ("never", False)])
def test_feedback_leaves_out_what_students_do_not_see(
    command: Command, monkeypatch: pytest.MonkeyPatch, when: str, is_shown: bool
) -> None:
    hint = Hint("sum", "The errors are summed.", "Why?")
    lost = TestResult("1a-1", "1a", "The loss.", FAILED, 0, 1, True, "Wrong.", hints=(hint,))
    report = Report("Course", "Set 1", "ada", (QuestionResult("1a", "Losses", (lost,)),))
    output = new_output("display_data", shown(report), metadata={KEPT: report.to_dict()})
    notebook = new_notebook(cells=[new_code_cell(outputs=[output])])
    hidden = replace(read_assignment(), feedback=Feedback(show_hidden=when))
    monkeypatch.setattr(feedback, "read_assignment", lambda: hidden)
    names = {"assignment": "ps1", "student": "bob", "db_url": command.coursedir.db_url}
    resources = {"nbgrader": names}
    made, resources = ShowToStudent(parent=command).preprocess(notebook, resources)
    (output,) = made.cells[0].outputs
    assert ("The errors are summed." in output.data["text/html"]) == is_shown
    assert KEPT not in output.metadata
    assert ("1 hidden test decides the other 1 point" in output.data["text/html"]) != is_shown
    assert "came 1 minute late" in resources["nbgrader"]["late"]
