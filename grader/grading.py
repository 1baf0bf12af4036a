"""Grade one submission: the door for the command line and for a loop over many."""

import time
import traceback
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from grader.assignment import Assignment, GradedTest, read_assignment
from grader.explain import Explainer
from grader.feedback import results_of
from grader.intake import IntakeError, Submission, read_submission
from grader.isolation import ForkServer, IsolationError
from grader.report import ERROR, NOT_RUN, QuestionResult, Report, TestResult
from grader.sandbox import Sandbox, TimedAsk
from grader.suite import hidden_tests_are_here, run_suite
from grader.trial import Outcome

FAULT = "The grader failed. That is its own fault, not the submission's. "
UNJUDGED = "The grader could not judge every test. That is its own fault, not the submission's."


def grade(
    path: Path,
    server: ForkServer,
    explainer: Explainer | None = None,
    questions: Collection[str] = (),
    public_only: bool = False,
    allow_unisolated_hidden: bool = False,
    progress: Callable[[str], None] = lambda id_: None,
) -> Report:
    """Grade a submission; always return a report, whatever goes wrong.

    Parameters
    ----------
    path : Path
        A folder that holds ``submission/``, that folder, or a zip of either.
    server : ForkServer
        Keep one for many submissions: it imports torch once.
    explainer : Explainer, optional
        Keep one for many submissions: it remembers what each misconception returns.
    questions : collection of str
        Ids of the questions to grade; all of them if empty.
    public_only : bool
        Leave the hidden tests out.
    allow_unisolated_hidden : bool
        Run hidden tests also where nothing isolates the submission.
    progress : callable
        Is told each test's id before it runs.
    """
    start = time.perf_counter()
    assignment = read_assignment()
    chosen = [test for test in assignment.tests if not questions or test.question in questions]
    reason = _why_not_hidden(server, public_only, allow_unisolated_hidden)
    selected = [test for test in chosen if not (test.hidden and reason)]
    absent = [test for test in chosen if test not in selected]
    record = partial(
        Report,
        course=assignment.course,
        title=assignment.title,
        submission=str(path),
        layers=tuple(server.layers),
        absent=len(absent),
        absent_points=sum(test.points for test in absent),
        absent_reason=reason if absent else "",
    )
    try:
        submission = read_submission(Path(path))
        outcomes = _outcomes(assignment, selected, submission, server, progress)
        hints = (explainer or Explainer()).hints(outcomes.values())
        results = results_of([t for t in selected if t.id in outcomes], outcomes, hints)
        lost = [test.id for test in selected if test.id not in outcomes]
        problem, fault = "", ""
        if lost or any(result.status == ERROR for result in results):
            problem, fault = UNJUDGED, "\n".join(result.raised for result in results) + str(lost)
    except IntakeError as error:
        results, problem, fault = _nothing_ran(selected, str(error)), str(error), ""
    except Exception as error:  # the promise is a report, also of the grader's own bugs
        problem, fault = FAULT + _advice(error), traceback.format_exc()
        results = _nothing_ran(selected, "The grader failed before this test.")
    return record(
        questions=_by_question(assignment, results),
        problem=problem,
        grader_at_fault=bool(fault),
        fault=fault,
        seconds=time.perf_counter() - start,
    )


def _outcomes(
    assignment: Assignment,
    selected: list[GradedTest],
    submission: Submission,
    server: ForkServer,
    progress: Callable[[str], None],
) -> dict[str, Outcome]:
    seconds = {test.id: test.timeout for test in selected}
    with server.open(submission) as session:
        sandbox = Sandbox(session)
        asks = {id_: TimedAsk(sandbox, seconds[id_]) for id_ in seconds}
        return run_suite(assignment, set(seconds), asks.__getitem__, progress)


def _why_not_hidden(server: ForkServer, public_only: bool, allow_unisolated: bool) -> str:
    """Say why hidden tests do not run; empty if they do."""
    if not hidden_tests_are_here():
        return "Hidden tests decide the rest; they are not in this folder."
    if public_only:
        return "Hidden tests were left out, as asked."
    if not server.isolated and not allow_unisolated:
        return (
            "Hidden tests were not run: nothing isolates the submission on this machine "
            "(--allow-unisolated-hidden runs them all the same)."
        )
    return ""


def grader_failed(path: Path, error: Exception) -> Report:
    """Return the report of a grading that could not even begin."""
    return Report(
        course="",
        title="",
        submission=str(path),
        questions=(),
        problem=FAULT + _advice(error),
        grader_at_fault=True,
        fault="".join(traceback.format_exception(error)),
    )


def _advice(error: Exception) -> str:
    """Return what our own sandbox says to do; other errors may quote a hidden test."""
    return str(error) if isinstance(error, IsolationError) else "Please tell the course staff."


def _nothing_ran(tests: list[GradedTest], message: str) -> list[TestResult]:
    return [
        TestResult(t.id, t.question, t.id, NOT_RUN, 0.0, t.points, t.hidden, message) for t in tests
    ]


def _by_question(assignment: Assignment, results: list[TestResult]) -> tuple[QuestionResult, ...]:
    grouped = (
        (question, tuple(result for result in results if result.question == question.id))
        for question in assignment.questions
    )
    return tuple(QuestionResult(q.id, q.title, tests) for q, tests in grouped if tests)
