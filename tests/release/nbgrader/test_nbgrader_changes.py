"""What changes during a term: second submissions, updates, settings, points; by real commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from release.files import Files, write_folder
from tests.course import FULL_MARKS, POINTS, WRITTEN_POINTS
from tests.release.nbgrader.conftest import Classroom

ALL_POINTS = FULL_MARKS + sum(WRITTEN_POINTS.values())
SET = POINTS["1a"]
OTHER = SET + 1

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.timeout(1200),  # a minute on a machine that does nothing else
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own
]
MISTAKE = ("predicted_ratings) ** 2).mean", "predicted_ratings) ** 2).sum")
HINT = "are summed, not averaged."

# What Formgrader does in JupyterLab's process, which has loaded the tests at its first grading.
FORMGRADER = """
import sys
from pathlib import Path
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

class App(NbGrader):
    name = "formgrader"

app = App()
app.load_config_file()
api = NbGraderAPI(CourseDirectory(parent=app), parent=app)

def autograde():
    done = api.autograde("ps1", "ada")
    print("GRADED" if done["success"] else "REFUSED " + done["log"])

autograde()
oracle = Path("grading/grader/oracle.py")
oracle.write_text(oracle.read_text() + "# an update\\n")
autograde()
"""


def submit(room: Classroom, code: Files, *, right: bool) -> None:
    folder = room.fetched("ada")
    write_folder(code, folder)
    if not right:
        loss = folder / "submission" / "loss.py"
        assert MISTAKE[0] in loss.read_text()
        loss.write_text(loss.read_text().replace(*MISTAKE))
    room.nbgrader("submit", "ps1", "--student", "ada", person="ada")


def points(room: Classroom) -> float:
    with room.gradebook() as book:
        return book.find_submission("ps1", "ada").score


def most_points(room: Classroom) -> float:
    with room.gradebook() as book:
        return book.find_assignment("ps1").max_score


def feedback(room: Classroom) -> str:
    return (room.course / "feedback" / "ada" / "ps1" / "00_code.html").read_text()


def penalty(room: Classroom) -> float:
    with room.gradebook() as book:
        return book.find_submission("ps1", "ada").late_submission_penalty


@pytest.fixture(scope="module")
def room(shared_classroom: Classroom, reference_code: Files) -> Classroom:
    """A course in which ada has submitted a wrong solution, and has her feedback."""
    room = shared_classroom
    room.nbgrader("generate_assignment", "ps1")
    room.nbgrader("release_assignment", "ps1")
    room.nbgrader("fetch_assignment", "ps1", "--student", "ada", person="ada")
    submit(room, reference_code, right=False)
    for command in ("collect", "autograde", "generate_feedback"):
        room.nbgrader(command, "ps1")
    return room


def test_a_second_submission_is_graded_with_the_courses_own_settings_after_an_update(
    room: Classroom, reference_code: Files, course_files: Files
) -> None:
    assert 0 < points(room) < FULL_MARKS
    assert penalty(room) == 0
    assert HINT in feedback(room)
    settings = room.course / "course_config.py"
    settings.write_text('c = get_config()\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    write_folder(course_files, room.course)
    with room.gradebook() as book:
        book.update_or_create_assignment("ps1", duedate="2020-01-01 00:00:00 UTC")
    submit(room, reference_code, right=True)
    for command in ("collect", "autograde", "generate_feedback"):
        room.nbgrader(command, "ps1")
    settings.unlink()
    assert (points(room), penalty(room)) == (FULL_MARKS, FULL_MARKS)
    assert HINT not in feedback(room)
    before = room.nbgrader("collect", "ps1")
    assert "No newer submission to collect: ada ps1" in before


def test_with_settings_that_cannot_be_read_nobody_is_graded_and_no_notebook_is_run(
    room: Classroom,
) -> None:
    for broken in ("course_config.py", "grading/assignment.toml"):
        path = room.course / broken
        before = path.read_bytes() if path.exists() else None
        path.write_text("penalty = = zero\n")
        try:
            said = room.nbgrader("autograde", "ps1", "--force", status=1)
        finally:
            path.unlink() if before is None else path.write_bytes(before)
        assert "cannot be read, so nobody is graded" in said
        assert "Executing notebook" not in said
    room.nbgrader("autograde", "ps1")
    assert (points(room), penalty(room)) == (FULL_MARKS, 0), "late, which the course lets pass"


def edit_points(room: Classroom, points: float) -> None:
    """Set the points of 1a as the panel does, in the notebook that students get."""
    with room.editing(room.course / "source" / "ps1" / "00_code.ipynb") as notebook:
        (cell,) = (cell for cell in notebook.cells if cell.id == "check-1a")
        cell.metadata.nbgrader.points = points


def test_points_edited_in_the_create_assignment_panel_do_not_count(room: Classroom) -> None:
    edit_points(room, OTHER)
    said = room.nbgrader("generate_assignment", "ps1")
    assert (
        f"1a has {SET:g} points in assignment.toml, which counts, and {OTHER:g} in the notebook."
        in said
    )
    assert most_points(room) == ALL_POINTS


def test_a_running_formgrader_does_not_grade_with_the_tests_of_before_an_update(
    room: Classroom, tmp_path: Path
) -> None:
    script = tmp_path / "formgrader.py"
    script.write_text(FORMGRADER)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=room.course,
        env=room.environment("instructor"),
        capture_output=True,
        text=True,
        timeout=240,
    )
    first, second = (line for line in done.stdout.splitlines() if line[:3] in ("GRA", "REF"))
    assert (first, second[:7]) == ("GRADED", "REFUSED"), done.stderr
    assert "end JupyterLab and start it again" in done.stdout


def test_the_advice_for_points_that_disagree_helps(room: Classroom) -> None:
    """And a program that is started after the update, as above, grades again."""
    config = room.course / "nbgrader_config.py"
    before = config.read_text()
    step = 'c.GenerateAssignment.preprocessors.insert(0, "nbgrader_course.course.SetPoints")'
    assert step in before
    edit_points(room, OTHER)
    config.write_text(before.replace(step, ""))
    room.nbgrader("generate_assignment", "ps1")
    config.write_text(before)
    assert most_points(room) == ALL_POINTS + OTHER - SET
    said = room.nbgrader("autograde", "ps1", "--force", status=1)
    assert f"1a has {SET:g} points in assignment.toml and {OTHER:g} in the gradebook" in said
    assert "run nbgrader generate_assignment" in said and "then nbgrader autograde again" in said
    room.nbgrader("generate_assignment", "ps1")
    room.nbgrader("autograde", "ps1")
    assert (points(room), most_points(room)) == (FULL_MARKS, ALL_POINTS)
