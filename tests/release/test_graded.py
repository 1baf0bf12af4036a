"""A product that would not grade as it should is refused, and the question is named."""

import pytest

from release import graded
from release.files import PackedFile, ReleaseError
from release.graded import grade_gradescope, grade_nbgrader, grade_student
from release.gradescope import gradescope_files
from release.nbgrader import nbgrader_files

GAP = b'raise NotImplementedError("Question 2b is not written yet")'
RIGHT = b"loss = ((observed_ratings - predicted_ratings) ** 2).mean()"


def changed(files, name, *replacement):
    """Return the files with one changed."""
    content = files[name].content
    assert content.count(replacement[0]) == 1
    return {**files, name: PackedFile(content.replace(*replacement))}


@pytest.fixture
def wrong_solution(project, monkeypatch):
    """The reference solution, with a mistake in 2b."""
    solutions = graded.solutions(project)
    files = changed(solutions, "submission/loss.py", b") ** 2).mean()", b") ** 2).sum()")
    monkeypatch.setattr(graded, "solutions", lambda project: files)


def test_a_package_with_an_answer_or_without_a_gap_is_refused(project, student):
    given = changed(student, "submission/loss.py", GAP, RIGHT)
    given = changed(given, "submission/loss.py", GAP.replace(b"2b", b"2c"), b"loss = None")
    with pytest.raises(ReleaseError, match="these questions should be open:") as refused:
        grade_student(project, given)
    answered, empty = str(refused.value).splitlines()[1:]
    assert answered == "  2b gets 1 of 1 points. 2b-0: passed"
    assert empty.startswith("  2c gets 0 of 1 points. 2c-0: ")


@pytest.mark.thorough
def test_a_package_in_which_a_right_answer_is_not_right_is_refused(
    project, student, wrong_solution
):
    says = r"solutions should get all points:(.|\n)*  2b gets 0\.\d+ of 1 points\. 2b-0: "
    with pytest.raises(ReleaseError, match=says):
        grade_student(project, student)


def test_a_zip_for_gradescope_that_lacks_a_file_is_refused(project):
    files = gradescope_files(project)
    less = {name: file for name, file in files.items() if not name.endswith("test_2d_metric.py")}
    with pytest.raises(ReleaseError, match="The zip for Gradescope does not grade"):
        grade_gradescope(less)


@pytest.mark.thorough
def test_an_nbgrader_course_that_does_not_give_all_points_is_refused(project, wrong_solution):
    says = r"In the nbgrader course.*\n  2b gets 0\.\d+ of 1 points"
    with pytest.raises(ReleaseError, match=says):
        grade_nbgrader(project, nbgrader_files(project), "ps1")


def test_where_nothing_isolates_a_submission_it_says_so_and_does_not_refuse(project, monkeypatch):
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    assert "not graded: on this machine, nothing" in grade_gradescope(gradescope_files(project))
