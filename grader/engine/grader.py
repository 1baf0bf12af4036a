"""Grade submissions: one ``Grader`` for one of them or for many."""

import contextlib
import math
import tempfile
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.engine.assignment import require_agreement
from grader.engine.check import Caller
from grader.engine.cleaning import clean_line
from grader.engine.contents import Contents
from grader.engine.counterexample import Counterexamples
from grader.engine.feedback import results_of
from grader.engine.hints import Explainer
from grader.engine.intake import FOLDER, HandedIn, IntakeError, Submission, read_submission
from grader.engine.local import LocalCaller, LocalSubmission
from grader.engine.replies import IsolationError
from grader.engine.results import ERROR, NOT_RUN, Hint, QuestionResult, Report, TestResult
from grader.engine.runner import (
    Callers,
    Dependencies,
    TestOutcome,
    calls_of,
    run_tests,
    sentence_of,
)
from grader.engine.variants import variants_for
from problem_set.assignment import GradedTest, read_assignment

if TYPE_CHECKING:
    from grader.engine.cached_session import Together
    from grader.engine.sandbox import ForkServer

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
STOPPED = (
    "The grader was stopped before it had judged every test. Tests that it had not judged count "
    "no points here; please ask the course staff to have this graded again."
)


@dataclass(frozen=True)
class Asked:
    """What to grade of a submission.

    Attributes
    ----------
    questions : collection of str
        Ids of the questions; all of them if empty.
    public_only : bool
        Leave the hidden tests out.
    allow_unisolated_hidden : bool
        Run hidden tests also where nothing isolates the submission. Without it, no test runs
        there: points of the public tests alone would pass for the submission's points.
    time_limit : float
        Judge no test after so many seconds. Hints still take a few seconds more.
    on_test : callable
        Is given each test's id before it runs.
    on_checkpoint : callable, optional
        Is given, after each test, the report to leave behind if the grader is stopped then.
    """

    questions: Collection[str] = ()
    public_only: bool = False
    allow_unisolated_hidden: bool = False
    time_limit: float = math.inf
    on_test: Callable[[str], None] = lambda id_: None
    on_checkpoint: Callable[[Report], None] | None = None


EVERYTHING = Asked()


class Grader:
    """A context manager that grades submissions; keep one for many of them.

    It imports torch once, and remembers what each misconception returns.

    Parameters
    ----------
    contents : Contents
        The assignment.
    isolation : str, optional
        ``"bubblewrap"``, ``"fallback"`` or ``"none"``; default the strongest that works here.
    sandbox : ForkServer, optional
        One that runs already, and is closed with the grader.

    Raises
    ------
    AssignmentError
        If ``assignment.toml`` is wrong, or does not agree with the tests that are here.
    """

    def __init__(
        self,
        contents: Contents,
        isolation: str | None = None,
        sandbox: "ForkServer | None" = None,
    ) -> None:
        self.contents = contents
        self.assignment = read_assignment(contents.assignment)
        self.tests = contents.tests()
        require_agreement(self.assignment, self.tests, contents.has_hidden_tests)
        self._isolation = isolation
        self._calls: dict[tuple[tuple[str, ...], int], Together] = {}
        if sandbox is not None:
            self.server = sandbox

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox, if it was started."""
        server = vars(self).pop("server", None)
        if server is not None:
            server.close()

    @cached_property
    def server(self) -> "ForkServer | None":
        """The sandbox, started when it is first needed; None in a copy that comes without.

        Raises
        ------
        IsolationError
            If it does not start.
        """
        return start_sandbox(self.contents, self._isolation)

    @property
    def isolated(self) -> bool:
        """Whether a submission is kept from everything that it should not see."""
        return self.server is not None and self.server.isolated

    @cached_property
    def explainer(self) -> Explainer:
        return Explainer(self.contents, self.question_of)

    @cached_property
    def counterexamples(self) -> Counterexamples:
        return Counterexamples(self.contents, FOLDER)

    @cached_property
    def question_of(self) -> dict[str, str]:
        return {test.id: test.question for test in self.assignment.tests}

    def grade(self, handed_in: HandedIn | str, asked: Asked = EVERYTHING) -> Report:
        """Grade a submission; return a report, whatever goes wrong with the submission or in here.

        Parameters
        ----------
        handed_in : Path or mapping
            A folder that holds ``submission/``, that folder, an archive of either, or the paths of
            loose files by the names that they were given.
        asked : Asked
            What to grade of it.
        """
        handed_in = Path(handed_in) if isinstance(handed_in, str) else handed_in
        try:
            return self._grade(handed_in, asked)
        except Exception as error:  # a report is always written
            return grader_failed(handed_in, error)

    def _grade(self, handed_in: HandedIn, asked: Asked) -> Report:
        start, cpu_start = time.monotonic(), time.process_time()
        deadline = start + asked.time_limit
        tests = self.assignment.tests
        chosen = [test for test in tests if not asked.questions or test.question in asked.questions]
        reason = self._why_not_hidden(asked)
        selected = [test for test in chosen if not (test.hidden and reason)]
        skipped = [test for test in chosen if test not in selected]
        server = self.server
        record = partial(
            Report,
            course=self.assignment.course.name,
            title=self.assignment.course.title,
            submission=_title(handed_in),
            layers=tuple(server.layers) if server else (),
            feedback=self.assignment.feedback,
            absent=len(skipped),
            absent_points=sum(test.points for test in skipped),
            absent_reason=reason if skipped else "",
            people_points=0.0
            if asked.questions
            else sum(q.points for q in self.assignment.written),
        )
        if not (self.isolated or asked.allow_unisolated_hidden) and any(t.hidden for t in selected):
            fault = self._how_to_isolate()
            return record(questions=(), problem=UNPROTECTED, grader_at_fault=True, fault=fault)

        def leave_behind(outcomes: Mapping[str, TestOutcome]) -> None:
            if asked.on_checkpoint is not None:
                unjudged = "Not judged: the grader was stopped."
                results = self._results(selected, outcomes, {}, unjudged)
                asked.on_checkpoint(record(questions=self._by_question(results), problem=STOPPED))

        problem, fault = "", ""
        notes: tuple[str, ...] = ()
        cpu, memory = 0.0, 0
        try:
            submission = read_submission(handed_in, self.assignment.files)
            notes = submission.notes
            variant = variants_for(submission.files, self.contents.hidden_tests).of
            with self._callers(submission, handed_in, deadline, selected, variant) as callers:
                outcomes = run_tests(
                    self.tests,
                    [test.id for test in selected],
                    Dependencies(self.contents.parts, self.question_of),
                    callers,
                    variant,
                    on_test=asked.on_test,
                    on_checkpoint=leave_behind,
                    time_is_up=lambda: time.monotonic() >= deadline,
                )
                late = time.monotonic() >= deadline
                hints = self.explainer.hints(outcomes.values())
                if not late:
                    hints = self._with_counterexamples(hints, callers)
            if server is not None:
                cpu, memory = server.used.cpu, server.used.memory
            reason = "Not judged: the time for grading was up." if late else ""
            results = self._results(selected, outcomes, hints, reason)
            lost = [test.id for test in selected if test.id not in outcomes]
            failed = [f"{r.id}: {r.raised}" for r in results if r.status == ERROR]
            if lost and not late:
                failed.append(f"without an outcome: {', '.join(lost)}")
            if failed:
                problem, fault = UNJUDGED, "\n".join(failed)
            elif lost:
                problem = TIME_IS_UP
        except IntakeError as error:
            results, problem = _nothing_ran(selected, str(error)), str(error)
        except Exception as error:  # the promise is a report, also of the grader's own bugs
            problem, fault = FAULT + _advice(error), traceback.format_exc()
            results = _nothing_ran(selected, "The grader failed before this test.")
        return record(
            questions=self._by_question(results),
            problem=problem,
            grader_at_fault=bool(fault),
            fault=fault,
            notes=notes,
            seconds=time.monotonic() - start,
            cpu=time.process_time() - cpu_start + cpu,
            memory=memory,
        )

    @contextlib.contextmanager
    def _callers(
        self,
        submission: Submission,
        handed_in: HandedIn,
        deadline: float,
        selected: list[GradedTest],
        variant: Callable[[str], int],
    ) -> Iterator[Callers]:
        """Give, from a test's id, how to call the submission: in its sandbox, if there is one."""
        if self.server is None:
            with _folder_of(submission, handed_in) as folder:
                yield lambda id_: (self.local_caller(folder),)
            return
        from grader.engine.cached_session import CachedSession

        files = {question.id: question.file for question in self.assignment.coding}
        ids: dict[str, tuple[str, ...]] = {}
        for test in selected:
            ids[test.question] = (*ids.get(test.question, ()), test.id)
        with self.server.open(submission.files) as session:
            cached = CachedSession(session, self.assignment.grading.timeout, deadline)

            def callers(id_: str) -> tuple[Caller, ...]:
                question = self.question_of[id_]
                together = self._together(ids[question], variant(question))
                return cached.callers(files[question], together)

            yield callers

    def _together(self, ids: tuple[str, ...], variant: int) -> "Together":
        """Return all calls that some tests make, which are the same for every submission."""
        from grader.engine.cached_session import Together

        if (ids, variant) not in self._calls:
            asked = [call for id_ in ids for call in calls_of(self.tests[id_], variant)]
            self._calls[ids, variant] = Together(asked)
        return self._calls[ids, variant]

    def _with_counterexamples(
        self, hints: Mapping[str, tuple[Hint, ...]], callers: Callers
    ) -> dict[str, tuple[Hint, ...]]:
        """Return hints by test id, with the input that shows each of the mistakes."""
        shown: dict[Hint, Hint] = {}
        for id_, hint in ((id_, hint) for id_, told in hints.items() for hint in told):
            if hint not in shown:
                question = self.question_of[id_]
                found = self.counterexamples.shown(hint, question, callers(id_)[-1])
                shown[hint] = replace(hint, counterexample=found)
        return {id_: tuple(shown[hint] for hint in told) for id_, told in hints.items()}

    def local_caller(self, path: Path) -> Caller:
        """Return how to call the submission of a folder in this process."""
        local = LocalSubmission(_inner(path).resolve())
        return LocalCaller(self.contents.adapter, local.load, local.frames)

    def _results(
        self,
        tests: list[GradedTest],
        outcomes: Mapping[str, TestOutcome],
        hints: Mapping[str, tuple[Hint, ...]],
        unjudged: str,
    ) -> list[TestResult]:
        """Return the tests' lines in the report.

        Those without an outcome are "not run", and ``unjudged`` says why; if it is empty, they
        are left out.
        """
        ran = [test for test in tests if test.id in outcomes]
        judged = results_of(ran, outcomes, hints)
        if not unjudged:
            return judged
        rest = _nothing_ran([test for test in tests if test.id not in outcomes], unjudged)
        named = [replace(result, sentence=sentence_of(self.tests[result.id])) for result in rest]
        results = {result.id: result for result in (*judged, *named)}
        return [results[test.id] for test in tests]

    def _why_not_hidden(self, asked: Asked) -> str:
        """Return why hidden tests are not wanted; empty if they are."""
        if not self.contents.has_hidden_tests:
            return "Hidden tests decide the rest; they are not in this folder."
        return "Hidden tests were left out, as asked." if asked.public_only else ""

    def _how_to_isolate(self) -> str:
        """Return what staff can do where nothing isolates a submission."""
        leaks = self.server.leaks if self.server else ("runs in the grader's process",)
        return (
            f"The hidden tests are here, and a submission {'; it '.join(leaks)}. Grade where the "
            "sandbox holds: on Linux, with what the page on grading names under Isolation. "
            "--public-only leaves the hidden tests out; --allow-unisolated-hidden runs them "
            "although a submission can read them."
        )

    def _by_question(self, results: list[TestResult]) -> tuple[QuestionResult, ...]:
        grouped = (
            (question, tuple(result for result in results if result.question == question.id))
            for question in self.assignment.coding
        )
        return tuple(QuestionResult(q.id, q.title, tests) for q, tests in grouped if tests)


def start_sandbox(contents: Contents, isolation: str | None = None) -> "ForkServer | None":
    """Return the sandbox of an assignment; None in a copy that comes without.

    Raises
    ------
    IsolationError
        If it does not start.
    """
    try:
        from grader.engine.sandbox import ForkServer, WorkerSetup
    except ModuleNotFoundError as error:
        if error.name != "grader.engine.sandbox":
            raise
        return None
    setup = WorkerSetup(
        adapter=Path(str(contents.adapter.__file__)),
        preload=contents.preload,
        preload_if_named=contents.preload_if_named,
    )
    return ForkServer(setup, isolation)


def _title(handed_in: HandedIn) -> str:
    return clean_line(str(handed_in) if isinstance(handed_in, Path) else ", ".join(handed_in), 300)


def grader_failed(handed_in: HandedIn, error: Exception) -> Report:
    """Return the report of a grading that could not even begin."""
    return Report(
        course="",
        title="",
        submission=_title(handed_in),
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


def _inner(path: Path) -> Path:
    return path / FOLDER if (path / FOLDER).is_dir() else path


@contextlib.contextmanager
def _folder_of(submission: Submission, handed_in: HandedIn) -> Iterator[Path]:
    """Give the folder that was handed in or, of all else, one with a copy of the files."""
    if isinstance(handed_in, Path):
        inner = _inner(handed_in)
        if all((inner / name).is_file() for name in submission.files):
            yield handed_in
            return
    with tempfile.TemporaryDirectory(prefix="submission-") as scratch:
        for name, content in submission.files.items():
            file = Path(scratch) / FOLDER / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield Path(scratch)
