"""How far a submission is: which questions are open, which are wrong, which are right so far."""

from dataclasses import dataclass

from grader.engine.mistakes import mistakes_in, unexplained
from grader.engine.results import (
    FAILED,
    NOT_IMPORTED,
    NOT_WRITTEN,
    OPEN,
    PASSED,
    QuestionResult,
    Report,
)

WRONG, BROKEN, WAITING, RIGHT = "wrong", "broken", "waiting", "right"


@dataclass(frozen=True)
class QuestionProgress:
    """Where one question stands.

    Attributes
    ----------
    id, title : str
    state : str
        ``"right"`` if all tests that were run passed, ``"open"`` if the answer is not written
        yet, ``"broken"`` if its file cannot be imported, ``"waiting"`` if the tests need another
        question first, else ``"wrong"``.
    reason : str
        Why it is not right, with file and line where there is one; a sentence for the student.
    """

    id: str
    title: str
    state: str
    reason: str = ""


def progress_of(report: Report) -> tuple[QuestionProgress, ...]:
    """Return where each question of a report stands, in the assignment's order."""
    return tuple(_progress(question) for question in report.for_student().questions)


def where_to_start(report: Report) -> str:
    """Return the question to look at first, and why, where there are several things to look at.

    That is the first one that is wrong, since later questions use it, and of its mistakes the one
    that cost the most points. What raises an exception comes before: it hides others.
    """
    report = report.for_student()
    lost = [question for question in progress_of(report) if question.state != RIGHT]
    order = (BROKEN, WRONG, OPEN, WAITING)
    first = min(lost, key=lambda question: order.index(question.state), default=None)
    if first is None:
        return ""
    (wrong,) = (question for question in report.questions if question.id == first.id)
    mistakes, others = mistakes_in(wrong), unexplained(wrong)
    if len(lost) == 1 and len(mistakes) + bool(others) < 2:
        return ""
    reason = first.reason
    if first.state == WRONG and mistakes:
        raised = (test.message for test in others if test.raised)
        reason = next(raised, mistakes[0].hint.diagnosis)
    if reason.startswith(f"{first.id} "):
        reason = f"it{reason.removeprefix(first.id)}"
    return f"Start with {first.id}: {reason}"


def _progress(question: QuestionResult) -> QuestionProgress:
    lost = [test for test in question.tests if test.status != PASSED]
    failed = [test for test in lost if test.status == FAILED]
    broken = [test for test in failed if test.cause == NOT_IMPORTED]
    wrong = [test for test in failed if test.cause not in (NOT_IMPORTED, NOT_WRITTEN)]
    for state, tests in ((BROKEN, broken), (WRONG, wrong), (OPEN, failed), (WAITING, lost)):
        if tests:
            return QuestionProgress(question.id, question.title, state, tests[0].message)
    return QuestionProgress(question.id, question.title, RIGHT)
