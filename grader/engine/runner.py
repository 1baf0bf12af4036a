"""Run tests over one submission, or over one catalogued mistake."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from grader.engine.check import Caller, Check, Failure, Mark, Observation, Stopped
from grader.engine.contents import Test
from grader.engine.replies import Reply
from grader.engine.results import ERROR, FAILED, NOT_RUN, PASSED


@dataclass(frozen=True)
class TestOutcome:
    """What one test found.

    Attributes
    ----------
    observations : tuple of Observation
        What the submission returned wherever the test looked, in order.
    variant : int
        Which inputs a hidden test used.
    reference : frozenset of str
        The parts that it used from the reference.
    reason : str
        Why a test was not run; our own traceback for an ``"error"``.
    printed : str
        The end of what the submission printed.
    """

    __test__ = False

    mark: Mark
    sentence: str
    status: str
    failures: tuple[Failure, ...] = ()
    observations: tuple[Observation, ...] = field(default=(), repr=False)
    variant: int = 0
    reference: frozenset[str] = frozenset()
    reason: str = ""
    printed: str = ""
    seconds: float = 0.0

    def same_as(self, other: "TestOutcome") -> bool:
        """Whether two submissions returned the same, wherever the test looked."""
        return same(self.observations, other.observations)


def same(first: Sequence[Observation], second: Sequence[Observation]) -> bool:
    """Whether two rows of observations hold the same."""
    return len(first) == len(second) and all(a.same_as(b) for a, b in zip(first, second))


#: From a test's id to where its calls run.
Callers: TypeAlias = Callable[[str], Sequence[Caller]]


@dataclass(frozen=True)
class Dependencies:
    """Which parts and tests a test can do without, and why not.

    Attributes
    ----------
    parts : mapping
        ``Contents.parts``.
    question_of : mapping
        From test id to question.
    """

    parts: Mapping[str, tuple[str, ...]]
    question_of: Mapping[str, str]

    def wrong(self, mark: Mark, earlier: Mapping[str, str]) -> tuple[frozenset[str], str]:
        """Return the parts that the earlier tests found wrong, and a test that failed, if any."""
        lost = {id_ for id_, status in earlier.items() if status != PASSED}
        lost |= {self.question_of[id_] for id_ in lost if id_ in self.question_of}
        parts = frozenset(
            name for name in mark.depends_on if lost.intersection(self.parts.get(name, ()))
        )
        tests = [name for name in mark.depends_on if name not in self.parts and name in lost]
        return parts, tests[0] if tests else ""

    def of(self, mark: Mark) -> set[str]:
        """Return the tests whose outcome decides how a test is judged."""
        named = {name for part in mark.depends_on for name in self.parts.get(part, (part,))}
        return {id_ for id_, question in self.question_of.items() if {id_, question} & named}


def run_tests(
    tests: Mapping[str, Test],
    order: Iterable[str],
    dependencies: Dependencies,
    callers: Callers,
    variant: Callable[[str], int] = lambda question: 0,
    on_test: Callable[[str], None] = lambda id_: None,
    on_checkpoint: Callable[[Mapping[str, TestOutcome]], None] = lambda outcomes: None,
    time_is_up: Callable[[], bool] = lambda: False,
) -> dict[str, TestOutcome]:
    """Run tests; return outcomes by test id.

    A test that the end of time keeps from being judged has no outcome. What a callable raises,
    ``run_tests`` raises.

    Parameters
    ----------
    order : iterable of str
        The ids to run, in the assignment's order; a test comes after those that it depends on.
    callers : callable
        From a test's id to where its calls run, see ``run_test``.
    variant : callable
        From a question's id to which inputs its hidden tests use.
    on_test, on_checkpoint : callable
        Are given a test's id before it runs, and all outcomes after it.
    time_is_up : callable
        Is asked before and after each test.
    """
    outcomes: dict[str, TestOutcome] = {}
    for id_ in _after_dependencies(list(order), tests, dependencies):
        if time_is_up():
            break
        on_test(id_)
        earlier = {name: outcome.status for name, outcome in outcomes.items()}
        question = dependencies.question_of[id_]
        outcome = run_test(tests[id_], callers(id_), earlier, dependencies, variant(question))
        if outcome.status != PASSED and time_is_up():
            break  # it was cut short, and proves nothing
        outcomes[id_] = outcome
        on_checkpoint(outcomes)
    return outcomes


def run_test(
    function: Test,
    callers: Sequence[Caller],
    earlier: Mapping[str, str],
    dependencies: Dependencies,
    variant: int = 0,
) -> TestOutcome:
    """Run one test.

    A test is judged with the submission's own parts first. If it fails, and earlier tests found
    a part wrong that it is not about, it is judged once more with the reference's: a mistake costs
    its points once.

    Parameters
    ----------
    callers : sequence of Caller
        Where its calls run. The last one decides; what comes of others, which are faster, counts
        only if the test passes.
    earlier : mapping
        Status by test id of the tests that were run before.
    variant : int
        Which of its inputs a hidden test uses.
    """
    mark: Mark = function.mark
    sentence = sentence_of(function)
    parts, failed = dependencies.wrong(mark, earlier)
    if failed:
        reason = f"Not run, fix {failed} first."
        return TestOutcome(mark, sentence, NOT_RUN, variant=variant, reason=reason)
    start = time.perf_counter()
    for caller in callers:
        checked = attempt(function, Check(caller, variant=variant, topic=mark.topic))
        if isinstance(checked, Check) and checked.failures and parts:
            checked = better(checked, attempt(function, Check(caller, parts, variant, mark.topic)))
        if isinstance(checked, Check) and not checked.failures:
            break
    seconds = time.perf_counter() - start
    if isinstance(checked, str):
        return TestOutcome(mark, sentence, ERROR, variant=variant, reason=checked, seconds=seconds)
    status = FAILED if checked.failures else PASSED
    return TestOutcome(
        mark,
        sentence,
        status,
        tuple(checked.failures),
        tuple(checked.observations),
        variant,
        checked.reference,
        printed=checked.printed,
        seconds=seconds,
    )


def calls_of(function: Test, variant: int = 0) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the calls that a test makes, whatever comes of them: its functions and arguments."""
    check = Check(lambda *_: Reply("exited"), variant=variant)
    attempt(function, check)
    return check.asked


def attempt(function: Test, check: Check) -> Check | str:
    """Return the check after the test, or the traceback of our own fault."""
    try:
        function(check)
    except Stopped:
        pass
    except Exception:  # a bug in a test must cost neither the report nor the other tests
        return traceback.format_exc()
    return check


def better(own: Check, with_reference: Check | str) -> Check | str:
    """Return the second outcome, unless the reference's parts made the code fail in a new way."""
    if isinstance(with_reference, str):
        return with_reference
    raised = {failure.problem for failure in own.failures if failure.no_answer}
    new = {failure.problem for failure in with_reference.failures if failure.no_answer} - raised
    return own if new else with_reference


def sentence_of(function: Test) -> str:
    """Return a test's docstring on one line: what is true of a right submission."""
    return " ".join((function.__doc__ or function.mark.id).split())


def _after_dependencies(
    order: list[str], tests: Mapping[str, Test], dependencies: Dependencies
) -> list[str]:
    """Return ids in an order in which each comes after the tests that it depends on."""
    position = {id_: index for index, id_ in enumerate(order)}

    def place(id_: str) -> tuple[int, int]:
        before = dependencies.of(tests[id_].mark) & position.keys()
        return max(position[name] for name in (id_, *before)), position[id_]

    return sorted(order, key=place)
