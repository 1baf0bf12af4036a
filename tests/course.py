"""What tests know of the course: what ``assignment.toml`` says, whatever its instructor wrote."""

from pathlib import Path

from grader.engine.assignment import read_assignment
from handout.course import read_assignment as read_toml

ASSIGNMENT = read_toml(Path(__file__).parents[1] / "assignment.toml")
COURSE = ASSIGNMENT["course"]
POINTS: dict[str, float] = {
    question["id"]: question["points"]
    for question in ASSIGNMENT["questions"]
    if question["kind"] == "coding"
}
WRITTEN_POINTS: dict[str, float] = {
    question["id"]: question["points"]
    for question in ASSIGNMENT["questions"]
    if question["kind"] == "written"
}
FULL_MARKS = sum(POINTS.values())
POINTS_OF_TEST = {test.id: test.points for test in read_assignment().tests}


def points_of(question: str, ends: str = "") -> float:
    """Return the points of a question's tests whose ids end so, for example ``"-hidden"``."""
    return sum(
        points
        for id_, points in POINTS_OF_TEST.items()
        if id_.startswith(f"{question}-") and id_.endswith(ends)
    )
