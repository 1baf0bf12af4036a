"""The assignment as ``assignment.toml`` describes it: questions, tests, points."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from problem_set import find_project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def assignment_file() -> Path:
    """Return the ``assignment.toml`` that is graded by.

    Raises
    ------
    ValueError
        If the programs are installed and the working directory is in no problem set.
    """
    return find_project() / "assignment.toml"


@dataclass(frozen=True)
class GradedTest:
    """A test's line in ``assignment.toml``.

    ``visibility`` is ``"public"`` or ``"hidden"``; ``timeout`` is in seconds.
    """

    id: str
    question: str
    points: float
    visibility: str
    timeout: float

    @property
    def hidden(self) -> bool:
        return self.visibility == "hidden"


@dataclass(frozen=True)
class Question:
    """A coding question and its tests, in the order in which they are reported."""

    id: str
    title: str
    file: str
    points: float
    tests: tuple[GradedTest, ...]


@dataclass(frozen=True)
class Assignment:
    """What the automated grader needs to know of the course; written questions are not here.

    ``gradescope_timeout`` is in seconds, and says when Gradescope ends a grading.
    """

    course: str
    title: str
    questions: tuple[Question, ...]
    gradescope_timeout: float = 600.0

    @property
    def tests(self) -> tuple[GradedTest, ...]:
        return tuple(test for question in self.questions for test in question.tests)


def read_assignment(path: Path | None = None) -> Assignment:
    """Read the coding questions, by default those of ``assignment_file``.

    Raises
    ------
    ValueError
        If it is no TOML, a test's visibility is unknown, an id comes twice, or the points of a
        question's tests do not add up to the question's.
    """
    path = path or assignment_file()
    with path.open("rb") as file:
        try:
            content = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{path.name} cannot be read: {error}") from error
    questions = tuple(
        _question(entry) for entry in content["questions"] if entry["kind"] == "coding"
    )
    ids = [test.id for question in questions for test in question.tests]
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValueError(f"{path.name}: these test ids come more than once: {', '.join(twice)}")
    course = content["course"]
    timeout = content.get("gradescope", {}).get("timeout", Assignment.gradescope_timeout)
    return Assignment(course["name"], course["title"], questions, timeout)


def _question(entry: dict) -> Question:
    tests = tuple(
        GradedTest(test["id"], entry["id"], test["points"], test["visibility"], test["timeout"])
        for test in entry.get("tests", ())
    )
    for test in tests:
        if test.visibility not in ("public", "hidden"):
            raise ValueError(
                f"{test.id}: visibility should be public or hidden, not {test.visibility!r}"
            )
    total = sum(test.points for test in tests)
    if not math.isclose(total, entry["points"]):
        raise ValueError(
            f"question {entry['id']} has {entry['points']:g} points, its tests add up to {total:g}"
        )
    return Question(entry["id"], entry["title"], entry["file"], entry["points"], tests)
