"""What went wrong in a question: its named mistakes, each with the tests that it failed."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.engine.results import FAILED, Hint, QuestionResult, TestResult


@dataclass(frozen=True)
class Mistake:
    """A named mistake.

    Attributes
    ----------
    hint : Hint
    tests : tuple of TestResult
        The failed tests that it explains.
    own : tuple of TestResult
        Those of them that no mistake before it explains, too.
    """

    hint: Hint
    tests: tuple[TestResult, ...]
    own: tuple[TestResult, ...]

    @property
    def points(self) -> float:
        """The points of its tests, which it has cost alone or with others."""
        return sum(test.max_points - test.points for test in self.tests)

    @property
    def ids(self) -> str:
        return ", ".join(test.id for test in self.tests)


def mistakes_in(question: QuestionResult) -> tuple[Mistake, ...]:
    """Return a question's named mistakes, the one that cost the most points first."""
    tests: dict[Hint, list[TestResult]] = {}
    for test in question.tests:
        for hint in test.hints if test.status == FAILED else ():
            tests.setdefault(hint, []).append(test)
    order = sorted(tests, key=lambda hint: -_cost(tests, hint))
    mistakes: list[Mistake] = []
    told: set[str] = set()
    for hint in order:
        own = tuple(test for test in tests[hint] if test.id not in told)
        mistakes.append(Mistake(hint, tuple(tests[hint]), own))
        told |= {test.id for test in own}
    return tuple(mistakes)


def unexplained(question: QuestionResult) -> tuple[TestResult, ...]:
    """Return the failed tests for which no mistake is named."""
    return tuple(test for test in question.tests if test.state == FAILED and not test.hints)


def _cost(tests: Mapping[Hint, list[TestResult]], hint: Hint) -> float:
    return sum(test.max_points - test.points for test in tests[hint])
