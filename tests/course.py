"""What tests know of the course: what ``assignment.toml`` says, whatever its instructor wrote."""

from pathlib import Path

from problem_set.assignment import read_assignment

ASSIGNMENT = read_assignment(Path(__file__).parents[1] / "assignment.toml")
COURSE = ASSIGNMENT.course
POINTS = {question.id: question.points for question in ASSIGNMENT.coding}
WRITTEN_POINTS = {question.id: question.points for question in ASSIGNMENT.written}
FULL_MARKS = sum(POINTS.values())
POINTS_OF_TEST = {test.id: test.points for test in ASSIGNMENT.tests}
HIDDEN = {test.id for test in ASSIGNMENT.tests if test.hidden}


def points_of(question: str, hidden: bool) -> float:
    """Return the points of a question's public, or of its hidden, tests."""
    tests = ASSIGNMENT.tests
    return sum(t.points for t in tests if (t.question, t.hidden) == (question, hidden))
