"""What grading one submission found: plain records that every format is written from."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from problem_set import __version__
from problem_set.assignment import Feedback
from problem_set.late import Final

PASSED, FAILED, NOT_RUN, ERROR = "passed", "failed", "not run", "error"
OPEN = "open"
NOT_WRITTEN, NOT_IMPORTED = "not written", "not imported"
SHOWN = 300  # characters of an exception's text in a hidden test


@dataclass(frozen=True)
class Counterexample:
    """A program that shows a mistake, what it prints here, and what would be right.

    If it ``raises`` an exception, ``got`` is its class.
    """

    program: str
    got: str
    expected: str
    raises: bool = False

    @property
    def verb(self) -> str:
        return "raises" if self.raises else "gives"


@dataclass(frozen=True)
class Hint:
    """A catalogued mistake that explains a failure, in two sentences, and where it shows."""

    id: str
    diagnosis: str
    question: str
    counterexample: Counterexample | None = None

    def told(self, level: str) -> "Hint":
        """Return as much of it as a level of help has: see ``Feedback.hints``."""
        if level == "counterexample":
            return self
        question = self.question if level == "question" else ""
        return replace(self, question=question, counterexample=None)


@dataclass(frozen=True)
class Detail:
    """The call that shows a failure, what it should return, and what it returned."""

    given: str
    expected: str
    got: str


@dataclass(frozen=True)
class TestResult:
    """One test's outcome.

    Attributes
    ----------
    sentence : str
        What is true of a right submission: the test's docstring.
    status : str
        ``"passed"``, ``"failed"``, ``"not run"`` or, where the grader is at fault, ``"error"``.
    message : str
        Why it did not pass, fit for a student: it holds no input and no expected value.
    where : tuple of str
        Lines of the student's own files, outermost first, for code that raised.
    raised : str
        The student's exception with its text; our own traceback where the grader is at fault.
    detail : Detail or None
        The numbers of the failure.
    hints : tuple of Hint
        The mistakes that together explain the failure.
    printed : str
        The end of what the submission printed in the test.
    cause : str
        ``"not written"`` if a function still waits for its answer, ``"not imported"`` if the file
        could not even be imported; empty otherwise.
    """

    __test__ = False

    id: str
    question: str
    sentence: str
    status: str
    points: float
    max_points: float
    hidden: bool
    message: str = ""
    where: tuple[str, ...] = ()
    raised: str = ""
    detail: Detail | None = None
    hints: tuple[Hint, ...] = ()
    printed: str = ""
    seconds: float = 0.0
    cause: str = ""

    @property
    def state(self) -> str:
        """The status, or ``"open"`` for a function that is not written yet, which is no mistake."""
        return OPEN if self.cause == NOT_WRITTEN else self.status

    def for_student(self) -> "TestResult":
        """Return what a student may see: of a hidden test, no input and no value of ours.

        The text of an exception is the student's own, and may repeat an input. The next upload
        gets other inputs, so this one is of no use there; still, it is cut.
        """
        if self.status == ERROR:
            return replace(self, raised="", detail=None, where=(), printed="", seconds=0.0)
        if not self.hidden:
            return self
        raised = self.raised if len(self.raised) <= SHOWN else self.raised[: SHOWN - 3] + "..."
        return replace(self, raised=raised, detail=None, printed="", seconds=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, and as ``hint`` the first of the hints."""
        fields = asdict(self)
        return {**fields, "hint": fields["hints"][0] if self.hints else None}


@dataclass(frozen=True)
class QuestionResult:
    """A question's tests that were run or tried."""

    id: str
    title: str
    tests: tuple[TestResult, ...]

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)

    @property
    def max_points(self) -> float:
        return sum(test.max_points for test in self.tests)


@dataclass(frozen=True)
class Report:
    """All that one grading has to say.

    Attributes
    ----------
    layers : tuple of str
        The isolation layers that were active.
    absent : int
    absent_points : float
        Hidden tests that were not run, and their points.
    absent_reason : str
        Why, as a sentence.
    people_points : float
        Points of the written questions, which people grade.
    feedback : Feedback
        How much of it students are told.
    final : Final, optional
        The points after the late policy; None where it has not been applied.
    withheld : str
        Which tests have been taken out for the student, and until when; empty if none.
    graded_at : str
        Date and time, with the offset from UTC, to the minute.
    version : str
        The grader's.
    problem : str
        Why nothing, or not all, could be graded; empty if everything could.
    grader_at_fault : bool
        Whether ``problem`` is the grader's and not the submission's.
    fault : str
        Our own traceback, for instructors.
    notes : tuple of str
        More sentences for the student, below the points: what was taken for what on reading the
        submission, what has changed since an earlier one.
    seconds, cpu : float
        What the grading took, by the clock and of the processor: the grader's own, and the
        submission's calls with their processes.
    memory : int
        Bytes that the largest of these processes held; 0 where nothing measures it.
    """

    course: str
    title: str
    submission: str
    questions: tuple[QuestionResult, ...]
    layers: tuple[str, ...] = ()
    absent: int = 0
    absent_points: float = 0.0
    absent_reason: str = ""
    people_points: float = 0.0
    feedback: Feedback = field(default_factory=Feedback)
    final: Final | None = None
    withheld: str = ""
    graded_at: str = field(
        default_factory=lambda: datetime.now().astimezone().isoformat(" ", "minutes")
    )
    version: str = __version__
    problem: str = ""
    grader_at_fault: bool = False
    fault: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0

    @property
    def tests(self) -> tuple[TestResult, ...]:
        return tuple(test for question in self.questions for test in question.tests)

    def for_student(self) -> "Report":
        """Return what a student may see, which is all that any format but JSON gets."""
        questions = tuple(
            replace(question, tests=tuple(map(self._for_student, question.tests)))
            for question in self.questions
        )
        return replace(self, questions=questions, fault="", seconds=0.0, cpu=0.0, memory=0)

    def _for_student(self, test: TestResult) -> TestResult:
        hints = tuple(hint.told(self.feedback.hints) for hint in test.hints)
        return replace(test.for_student(), hints=hints)

    @property
    def score(self) -> float:
        return sum(question.points for question in self.questions)

    @property
    def max_score(self) -> float:
        return sum(question.max_points for question in self.questions)

    @property
    def counted(self) -> float:
        """The points after the late policy; of what is shown, where tests are withheld."""
        return self.final.points if self.final and not self.withheld else self.score

    @property
    def exit_code(self) -> int:
        """0 where all tests passed, 1 where some did not, 2 where grading was not possible."""
        if self.problem:
            return 2
        return 0 if all(test.status == PASSED for test in self.tests) else 1

    def to_dict(self) -> dict[str, Any]:
        """Return everything, with nothing held back; ``report_from`` reads it."""
        left_out = ("questions", "feedback", "withheld")
        return {
            **{k: v for k, v in asdict(self).items() if k not in left_out},
            "score": self.score,
            "max_score": self.max_score,
            "questions": [
                {
                    "id": question.id,
                    "title": question.title,
                    "points": question.points,
                    "max_points": question.max_points,
                    "tests": [test.to_dict() for test in question.tests],
                }
                for question in self.questions
            ],
        }
