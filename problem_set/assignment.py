"""The one reader of ``assignment.toml``: the course, its questions, their tests and points."""

import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

from problem_set.project import ASSIGNMENT, find_project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CODING, WRITTEN = "coding", "written"
QUESTIONS = "[[questions]]"

T = TypeVar("T")


class AssignmentError(ValueError):
    """An instructor's slip, in ``assignment.toml`` or in a test: what, where, what to do."""


@dataclass(frozen=True)
class Course:
    """The course, the assignment's short name (``ps1``), number and title, and when it is due.

    ``zone`` is the IANA name of the course's time zone, as ``America/Los_Angeles``. With it,
    ``due`` is in this zone, so that an extension of three days ends at the same hour as clocks
    show it. Without it, ``due`` keeps its offset from UTC.
    """

    name: str
    short: str
    term: str
    assignment: str
    number: int
    title: str
    due: datetime
    zone: str = ""


@dataclass(frozen=True)
class Upload:
    """Where students upload their work; empty where the course does not say."""

    where: str = ""
    url: str = ""


@dataclass(frozen=True)
class Policies:
    """The course's rules in sentences, for the handout; empty where it has none."""

    honor_code: str = ""
    late: str = ""
    ai: str = ""


@dataclass(frozen=True)
class Limits:
    """``timeout`` is in seconds: of processor time a request, or on Gradescope of a grading."""

    timeout: float


@dataclass(frozen=True)
class Late:
    """What late work loses: see ``problem_set/late.py``.

    Attributes
    ----------
    percent_per_day : float
        Of the points that the work got, for each day late that has begun.
    late_days : int
        Days late that cost nothing, out of the budget that each student has.
    zero_after : float
        Work that is more than so many days late gets no points.
    """

    percent_per_day: float = 0.0
    late_days: int = 0
    zero_after: float = math.inf


# When something is shown to students.
When = Literal["at once", "after due", "never"]


@dataclass(frozen=True)
class Feedback:
    """How much students are told of what the tests found, and when.

    Attributes
    ----------
    hints : str
        How much is told of a mistake; each level includes those before it.
    show_hidden : str
        When students see which hidden tests passed, and what the others found: ``"at once"``,
        ``"after due"``, which is after the student's own due date, or ``"never"``.
    show_hints : str
        When they see the mistake that explains a failed test.
    uploads_with_hints : float
        How many uploads get hints, where the platform counts them; later ones get none until
        hints are shown to all.
    regrade_reason : str
        Why points have changed since the last grading, as a sentence for students.
    """

    hints: Literal["sentence", "question", "counterexample"] = "counterexample"
    show_hidden: When = "at once"
    show_hints: When = "at once"
    uploads_with_hints: float = math.inf
    regrade_reason: str = ""


@dataclass(frozen=True)
class GradedTest:
    """A test's place in ``assignment.toml``."""

    id: str
    question: str
    points: float
    hidden: bool


@dataclass(frozen=True)
class Question:
    """A question; ``public`` and ``hidden`` are the points of its tests, by test id.

    ``kind`` is ``"coding"``, graded by tests, or ``"written"``, graded by people.
    """

    id: str
    title: str
    file: str
    points: float
    kind: str
    public: Mapping[str, float] = field(default_factory=dict)
    hidden: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """All that ``assignment.toml`` says."""

    course: Course
    questions: tuple[Question, ...]
    upload: Upload = Upload()
    policies: Policies = Policies()
    grading: Limits = Limits(5.0)
    gradescope: Limits = Limits(600.0)
    feedback: Feedback = Feedback()
    late: Late = Late()

    @property
    def coding(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.kind == CODING)

    @property
    def written(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.kind == WRITTEN)

    @property
    def written_ids(self) -> tuple[str, ...]:
        return tuple(question.id for question in self.written)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that students hand in, each once."""
        return tuple(dict.fromkeys(PurePath(question.file).name for question in self.coding))

    @cached_property
    def tests(self) -> tuple[GradedTest, ...]:
        """The tests in the order in which they are reported: a question's public ones first."""
        return tuple(
            GradedTest(id_, question.id, float(points), hidden)
            for question in self.coding
            for hidden, tests in ((False, question.public), (True, question.hidden))
            for id_, points in tests.items()
        )

    def require_coding(self, ids: Iterable[str]) -> None:
        """Raise ``ValueError``, naming all coding questions, if one of the ids is none."""
        known = [question.id for question in self.coding]
        for id_ in ids:
            if id_ not in known:
                raise ValueError(
                    f"there is no coding question {id_!r}; there are {', '.join(known)}"
                )


def read_assignment(path: Path | None = None) -> Assignment:
    """Read ``assignment.toml``, by default the one that ``find_project`` finds.

    Raises
    ------
    AssignmentError
        If it is not TOML, lacks a key or has an unknown one, or contradicts itself. The message
        names the file, the line and the key or id.
    ProjectNotFoundError
        If no path is given, and the working directory is in no problem set.
    """
    path = path or find_project() / ASSIGNMENT
    return parse_assignment(path.read_text(encoding="utf-8"), path.name)


def parse_assignment(text: str, name: str = ASSIGNMENT) -> Assignment:
    """Return what the text of an ``assignment.toml`` says, as :func:`read_assignment` does."""
    return _Parser(text, name).assignment()


class _Parser:
    """The text, to find the line of what is wrong, and what it says as TOML."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = text.splitlines()
        self._name = name
        try:
            self._content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise AssignmentError(f"{name} is not TOML: {error}") from error

    def assignment(self) -> Assignment:
        sections = {
            **{"course": Course, "upload": Upload, "policies": Policies},
            **{"grading": Limits, "gradescope": Limits, "feedback": Feedback, "late": Late},
        }
        for key in self._content:
            if key not in (*sections, "questions"):
                raise self._error(f"there is no section {key!r}", f"[{key}")
        for key, kind in (("course", dict), ("questions", list)):
            if not isinstance(self._content.get(key), kind):
                raise self._error(f"[{key}] is needed")
        found: dict[str, Any] = {
            key: self._filled(kind, self._content[key], f"[{key}]")
            for key, kind in sections.items()
            if key in self._content
        }
        found["course"] = self._in_zone(found["course"])
        self._check_bounds(found)
        questions: list[Question] = []
        ids: set[str] = set()
        for index, entry in enumerate(self._content["questions"]):
            question = self._question(index, entry)
            for id_ in (question.id, *question.public, *question.hidden):
                if id_ in ids:
                    raise self._error(f"the id {id_} comes more than once", QUESTIONS, index, id_)
                ids.add(id_)
            questions.append(question)
        return Assignment(questions=tuple(questions), **found)

    def _in_zone(self, course: Course) -> Course:
        """Return the course with its due date in its time zone, if it names one.

        Where the machine has no time zones, as Windows without the package tzdata, it stays.
        """
        if not course.zone or not available_timezones():
            return course
        try:
            due = course.due.astimezone(ZoneInfo(course.zone))
        except (ValueError, KeyError, OSError) as error:  # what ZoneInfo raises for no zone's name
            problem = f"there is no time zone {course.zone!r}; write it as America/Los_Angeles"
            raise self._error(problem, "[course]", 0, "zone") from error
        if due.utcoffset() != course.due.utcoffset():
            problem = f"{course.zone} is {due:%z} from UTC then, and due says {course.due:%z}"
            raise self._error(problem, "[course]", 0, "due")
        return replace(course, due=due)

    def _check_bounds(self, found: Mapping[str, Any]) -> None:
        for section, key, highest in BOUNDS:
            value = getattr(found.get(section), key, 0)
            if not 0 <= value <= highest:
                bound = f"from 0 to {highest}" if highest < math.inf else "0 or more"
                problem = f"{key} under [{section}] should be {bound}; it is {value:g}"
                raise self._error(problem, f"[{section}]", 0, key)

    def _question(self, index: int, entry: Any) -> Question:
        question = self._filled(Question, entry, QUESTIONS, index)
        name = f"question {question.id}"
        if question.kind not in (CODING, WRITTEN):
            problem = f"the kind of {name} should be coding or written, not {question.kind}"
            raise self._error(problem, QUESTIONS, index, "kind")
        if question.kind == WRITTEN and (question.public or question.hidden):
            raise self._error(f"{name} is written, and has tests", QUESTIONS, index)
        twice = question.public.keys() & question.hidden.keys()
        for id_ in sorted(twice):
            raise self._error(f"{id_} is public and hidden", QUESTIONS, index, id_)
        tests = {**question.public, **question.hidden}
        for id_, points in tests.items():
            if not _fits(points, float) or points < 0:
                raise self._error(f"{id_} should have points", QUESTIONS, index, id_)
        total = sum(tests.values())
        if question.kind == CODING and not math.isclose(total, question.points):
            problem = f"{name} has {question.points:g} points, and its tests add up to {total:g}"
            raise self._error(problem, QUESTIONS, index, "points")
        return question

    def _filled(self, kind: type[T], table: Any, section: str, index: int = 0) -> T:
        """Return a dataclass made from a table that has its fields, of their types."""
        if not isinstance(table, dict):
            raise self._error(f"{section} should be a table", section, index)
        types = get_type_hints(kind)
        whose = f"{section} {table.get('id', '')}".strip()
        for key, value in table.items():
            if key not in types:
                problem = f"{whose} has no key {key!r}; it may have {', '.join(types)}"
                raise self._error(problem, section, index, key)
            if not _fits(value, types[key]):
                problem = f"{key} under {whose} should be {_named(types[key])}; it is {value!s}"
                raise self._error(problem, section, index, key)
        for needed in fields(cast(Any, kind)):
            required = needed.default is MISSING and needed.default_factory is MISSING
            if required and needed.name not in table:
                raise self._error(f"{whose} needs {needed.name}", section, index)
        return kind(**{k: float(v) if types[k] is float else v for k, v in table.items()})

    def _error(
        self, problem: str, section: str = "", index: int = 0, word: str = ""
    ) -> AssignmentError:
        """Return the error, with the line of a word in the section of this index."""
        headers = [n for n, line in enumerate(self._lines) if line.startswith(section or "\0")]
        place = self._name
        if index < len(headers):
            rest = self._lines[headers[index] :]
            whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
            found = [n for n, line in enumerate(rest) if whole.search(line)] if word else []
            place += f", line {headers[index] + (found or [0])[0] + 1}"
        return AssignmentError(f"{place}: {problem}.")


BOUNDS = (
    ("late", "percent_per_day", 100),
    ("late", "late_days", 366),
    ("late", "zero_after", math.inf),
    ("feedback", "uploads_with_hints", math.inf),
)
_KINDS: dict[Any, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    datetime: (
        "a date and a time, with the offset from UTC and without quotes, as "
        "2027-04-16T23:59:00-07:00"
    ),
    Mapping[str, float]: "a table of points by test id, as { 1a-0 = 0.5 }",
}


def _named(kind: Any) -> str:
    return " or ".join(get_args(kind)) if get_origin(kind) is Literal else _KINDS[kind]


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is datetime:
        return isinstance(value, datetime) and value.utcoffset() is not None
    if kind in (int, float):
        allowed = (int, float) if kind is float else (int,)
        return isinstance(value, allowed) and not isinstance(value, bool)
    return isinstance(value, dict if kind == Mapping[str, float] else kind)
