"""Course data come from assignment.toml, in LaTeX."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from handout.course import course_macros, escape
from handout.slips import find_slips
from problem_set.assignment import Late, Policies, Upload, read_assignment
from tests.handout.conftest import PROJECT


def test_points_are_added_up() -> None:
    assignment = read_assignment(PROJECT / "assignment.toml")
    total = sum(question.points for question in assignment.questions)
    assert rf"\coursedata{{points}}{{{total:g}}}" in course_macros(assignment)


def test_every_question_has_its_data_and_its_row() -> None:
    assignment = read_assignment(PROJECT / "assignment.toml")
    macros = course_macros(assignment)
    (asked,) = (question for question in assignment.questions if question.id == "3a")
    data = f"{{3a}}{{{escape(asked.title)}}}{{{asked.file}}}{{{asked.points:g}}}"
    assert rf"\questiondata{data}" in macros
    assert r"\newcommand{\writtenrows}{\pointsrow{3a}\pointsrow{3b}\pointsrow{3c}}" in macros


def test_where_to_upload_may_be_left_to_the_course() -> None:
    assignment = read_assignment(PROJECT / "assignment.toml")
    said = replace(assignment, upload=Upload("the course's site", "https://example.edu"))
    assert r"\coursedata{upload}{the course's site}" in course_macros(said)
    unsaid = replace(assignment, upload=Upload())
    assert r"\coursedata{upload}{as your course says}" in course_macros(unsaid)


def test_policies_stand_in_the_handout_where_a_course_has_them() -> None:
    assignment = read_assignment(PROJECT / "assignment.toml")
    none = replace(assignment, policies=Policies(), late=Late())
    assert r"\newcommand{\policies}{}" in course_macros(none)
    some = replace(assignment, policies=Policies(late="10% a day.", ai="Say so."))
    words = r"\paragraph{Late work.} 10\% a day. \paragraph{AI tools.} Say so."
    assert rf"\newcommand{{\policies}}{{{words}}}" in course_macros(some)
    ruled = replace(assignment, policies=Policies(), late=Late(percent_per_day=10))
    rule = "For each day late, begun ones counted, 10 \\% of the points are lost."
    assert rf"\newcommand{{\policies}}{{\paragraph{{Late work.}} {rule}}}" in course_macros(ruled)


@given(st.text(alphabet="ab %&#_{}$\\~^"))
def test_escaped_text_has_nothing_that_latex_takes_for_itself(text: str) -> None:
    assert find_slips(escape(text)) == []
