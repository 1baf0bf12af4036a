"""What autograding makes of one submission, by nbgrader's own command."""

import pytest

from release.archive import write_folder


@pytest.fixture
def graded(classroom, course_files, reference_code, edit_notebook):
    """A course with one submission that has a mistake in 2b, and forged points, autograded."""
    classroom.nbgrader("generate_assignment", "ps1")
    folder = classroom.course / "submitted" / "ada" / "ps1"
    released = classroom.course / "release" / "ps1"
    write_folder(reference_code, folder)
    loss = folder / "submission" / "loss.py"
    loss.write_text(loss.read_text().replace("predicted_ratings) ** 2).mean()", "predicted_ratings) ** 2).sum()"))
    for name in ("00_code", "01_experiments"):
        (folder / f"{name}.ipynb").write_bytes((released / f"{name}.ipynb").read_bytes())
    with edit_notebook(folder / "00_code.ipynb") as notebook:
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "2b":
                cell.metadata.nbgrader.points = 100.0
                cell.source = "raise SystemExit('a line of the student')"
    with edit_notebook(folder / "01_experiments.ipynb") as notebook:
        (answer,) = (cell for cell in notebook.cells if cell.id == "answer-3a")
        answer.source = "No: $0.2 <0.3$. <script>alert(1)</script>"
    print(classroom.nbgrader("autograde", "ps1"))
    return classroom


def test_it(graded):
    nb = graded.notebook("autograded", "ada", "00_code")
    for c in nb.cells:
        if "nbgrader" in c.metadata:
            print(c.metadata.nbgrader, c.source, [o.get("data", {}).get("text/plain") for o in c.outputs][1:])
    nb = graded.notebook("autograded", "ada", "01_experiments")
    for c in nb.cells:
        if "nbgrader" in c.metadata:
            print(c.metadata.nbgrader, c.source)
