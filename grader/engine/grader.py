"""Grade one submission: the door for the command line and for a loop over many."""

import math
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.engine.assignment import load_assignment
from grader.engine.cached_session import BUDGET, Sandbox, TimedAsk
from grader.engine.cleaning import clean_line
from grader.engine.feedback import results_of
from grader.engine.hints import Explainer
from grader.engine.intake import IntakeError, Submission, read_submission
from grader.engine.results import ERROR, NOT_RUN, Hint, QuestionResult, Report, TestResult
from grader.engine.runner import hidden_tests_are_here, present_tests, run_suite
from grader.engine.sandbox import ForkServer, IsolationError
from grader.engine.trial import Outcome, sentence_of
from grader.engine.variants import variants_for
from problem_set.assignment import Assignment, GradedTest

FAULT = "The grader failed. That is its own fault, not the submission's. "
UNPROTECTED = (
    "This was not graded: on this machine, nothing keeps a submission from the hidden tests. That "
    "is the grader's fault, not the submission's. Please tell the course staff."
)
UNJUDGED = "The grader could not judge every test. That is its own fault, not the submission's."
TIME_IS_UP = (
    "The time for grading was up before every test had been judged. "
    "Tests that were not judged count no points."
)
USED_UP = (
    f"The submission used up its time, {BUDGET:g} seconds for all tests together, before every "
    "test had been judged. Tests that were not judged count no points."
)
STOPPED = (
    "The grader was stopped before it had judged every test. Tests that it had not judged count "
    "no points here; please ask the course staff to have this graded again."
)


def grade(
    path: Path,
    server: ForkServer,
    explainer: Explainer | None = None,
    questions: Collection[str] = (),
    public_only: bool = False,
    allow_unisolated_hidden: bool = False,
    progress: Callable[[str], None] = lambda id_: None,
    seconds: float = math.inf,
    so_far: Callable[[Report], None] | None = None,
) -> Report:
    """Grade a submission; return a report, whatever goes wrong with the submission or in here.

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
        Run hidden tests also where nothing isolates the submission. Without it, no test runs
        there: points of the public tests alone would pass for the submission's points.
    progress : callable
        Is told each test's id before it runs.
    seconds : float
        Judge no test after this time. Hints still take a few seconds more.
    so_far : callable, optional
        Is given, after each test, the report to leave behind if the grader is stopped then.

    Raises
    ------
    AssignmentError
        If ``assignment.toml`` is wrong, or does not agree with the tests that are here.
    """
    start = time.monotonic()
    until = start + seconds
    assignment = load_assignment()
    chosen = [test for test in assignment.tests if not questions or test.question in questions]
    reason = _why_not_hidden(public_only)
    selected = [test for test in chosen if not (test.hidden and reason)]
    absent = [test for test in chosen if test not in selected]
    record = partial(
        Report,
        course=assignment.course.name,
        title=assignment.course.title,
        submission=clean_line(str(path), 300),
        layers=tuple(server.layers),
        absent=len(absent),
        absent_points=sum(test.points for test in absent),
        absent_reason=reason if absent else "",
    )

    if not (server.isolated or allow_unisolated_hidden) and any(test.hidden for test in selected):
        fault = _how_to_isolate(server)
        return record(questions=(), problem=UNPROTECTED, grader_at_fault=True, fault=fault)

    def leave_behind(outcomes: Mapping[str, Outcome]) -> None:
        if so_far is not None:
            results = _results(selected, outcomes, {}, "Not judged: the grader was stopped.")
            so_far(record(questions=_by_question(assignment, results), problem=STOPPED))

    try:
        submission = read_submission(Path(path))
        outcomes, used_up = _outcomes(
            assignment, selected, submission, server, progress, until, leave_behind
        )
        late = time.monotonic() >= until
        hints = (explainer or Explainer()).hints(outcomes.values())
        reason = "Not judged: the time for grading was up." if late else ""
        if used_up:
            reason = "Not judged: the submission had used up its time."
        results = _results(selected, outcomes, hints, reason)
        lost = [test.id for test in selected if test.id not in outcomes]
        problem, fault = "", ""
        failed = [f"{result.id}: {result.raised}" for result in results if result.status == ERROR]
        if lost and not reason:
            failed.append(f"without an outcome: {', '.join(lost)}")
        if failed:
            problem, fault = UNJUDGED, "\n".join(failed)
        elif lost:
            problem = USED_UP if used_up else TIME_IS_UP
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
        seconds=time.monotonic() - start,
    )


def _outcomes(
    assignment: Assignment,
    selected: list[GradedTest],
    submission: Submission,
    server: ForkServer,
    progress: Callable[[str], None],
    until: float,
    so_far: Callable[[Mapping[str, Outcome]], None],
) -> tuple[dict[str, Outcome], bool]:
    """Run the tests until a time on the clock ``time.monotonic``.

    Returns
    -------
    outcomes : dict
        By test id.
    used_up : bool
        Whether the submission used up its own time before.
    """
    seconds = {test.id: test.timeout for test in selected}
    with server.open(submission) as session:
        sandbox = Sandbox(session, until)
        asks = {id_: TimedAsk(sandbox, seconds[id_]) for id_ in seconds}
        outcomes = run_suite(
            assignment,
            set(seconds),
            asks.__getitem__,
            variants_for(submission.files).of,
            progress,
            so_far,
            time_is_up=lambda: sandbox.used_up or time.monotonic() >= until,
        )
    return outcomes, sandbox.used_up


def _results(
    tests: list[GradedTest],
    outcomes: Mapping[str, Outcome],
    hints: Mapping[str, Hint],
    unjudged: str,
) -> list[TestResult]:
    """Return the tests' lines in the report.

    Those without an outcome are "not run", and ``unjudged`` says why; if it is empty, they are
    left out.
    """
    judged = results_of([test for test in tests if test.id in outcomes], outcomes, hints)
    if not unjudged:
        return judged
    rest = _nothing_ran([test for test in tests if test.id not in outcomes], unjudged)
    functions = present_tests()
    named = [replace(result, sentence=sentence_of(functions[result.id])) for result in rest]
    results = {result.id: result for result in (*judged, *named)}
    return [results[test.id] for test in tests]


def _why_not_hidden(public_only: bool) -> str:
    """Return why hidden tests are not wanted; empty if they are."""
    if not hidden_tests_are_here():
        return "Hidden tests decide the rest; they are not in this folder."
    if public_only:
        return "Hidden tests were left out, as asked."
    return ""


def _how_to_isolate(server: ForkServer) -> str:
    """Return what staff can do where nothing isolates a submission."""
    return (
        f"The hidden tests are here, and a submission {'; it '.join(server.leaks)}. Grade "
        "where the sandbox holds: on Linux, with what the page on grading names under Isolation. "
        "--public-only leaves the hidden tests out; --allow-unisolated-hidden runs them although "
        "a submission can read them."
    )


def grader_failed(path: Path, error: Exception) -> Report:
    """Return the report of a grading that could not even begin."""
    return Report(
        course="",
        title="",
        submission=clean_line(str(path), 300),
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
        for question in assignment.coding
    )
    return tuple(QuestionResult(q.id, q.title, tests) for q, tests in grouped if tests)
