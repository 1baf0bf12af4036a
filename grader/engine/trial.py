"""One test against one submission, or against one catalogued mistake."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.engine.check import Ask, Failure, Graded, Judge, Stopped, agree, is_numeric
from grader.engine.results import ERROR, FAILED, NOT_RUN, PASSED

TestFunction = Callable[[Judge], None]


@dataclass(frozen=True)
class Outcome:
    """What one test found.

    Attributes
    ----------
    words : tuple
        What was compared, in order, and what the submission returned there: a word, a type or,
        of numbers, their shape.
    numbers : ndarray
        All numbers that it returned, shape (count,), float32.
    variant : int
        Which inputs a hidden test used.
    reason : str
        Why a test was not run; our own traceback for an ``"error"``.
    """

    graded: Graded
    sentence: str
    status: str
    failures: tuple[Failure, ...] = ()
    words: tuple[tuple[str, Any], ...] = ()
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32), repr=False)
    variant: int = 0
    reason: str = ""
    seconds: float = 0.0

    def same_as(self, other: "Outcome") -> bool:
        """Whether two submissions returned the same, wherever the test looked."""
        return self.words == other.words and agree(self.numbers, other.numbers)


def apart_into_words_and_numbers(
    observations: Iterable[tuple[str, Any]],
) -> tuple[tuple[tuple[str, Any], ...], np.ndarray]:
    """Return what is compared exactly, and in one row what is compared up to rounding."""
    words: list[tuple[str, Any]] = []
    rows = [np.zeros(0, np.float32)]
    for what, value in observations:
        if isinstance(value, np.ndarray) and is_numeric(value):
            words.append((what, value.shape))
            with np.errstate(over="ignore"):
                rows.append(value.ravel().astype(np.float32))
        elif isinstance(value, np.ndarray):
            words.append((what, (value.shape, value.tobytes())))
        else:
            words.append((what, value))
    return tuple(words), np.concatenate(rows)


def run_test(
    function: TestFunction, ask: Ask, earlier: Mapping[str, str], variant: int = 0
) -> Outcome:
    """Run a test, unless one that it needs did not pass.

    Parameters
    ----------
    earlier : mapping
        Status by test id of the tests that were run before.
    variant : int
        Which of its inputs a hidden test uses.
    """
    graded: Graded = function.graded
    sentence = sentence_of(function)
    missing = [id_ for id_ in graded.needs if earlier.get(id_, PASSED) != PASSED]
    if missing:
        reason = f"Not run, fix {missing[0]} first."
        return Outcome(graded, sentence, NOT_RUN, variant=variant, reason=reason)
    start = time.perf_counter()
    judge = attempt(function, ask, variant=variant)
    if isinstance(judge, Judge) and judge.failures and _failed(graded.apart_from, earlier):
        # A mistake of another question has cost its points there.
        judge = attempt(function, ask, apart=True, variant=variant)
    seconds = time.perf_counter() - start
    if isinstance(judge, str):
        return Outcome(graded, sentence, ERROR, variant=variant, reason=judge, seconds=seconds)
    status = FAILED if judge.failures else PASSED
    seen = apart_into_words_and_numbers(judge.observations)
    return Outcome(graded, sentence, status, tuple(judge.failures), *seen, variant, seconds=seconds)


def sentence_of(function: TestFunction) -> str:
    """Return a test's docstring on one line: what is true of a right submission."""
    return " ".join((function.__doc__ or function.graded.id).split())


def attempt(function: TestFunction, ask: Ask, apart: bool = False, variant: int = 0) -> Judge | str:
    """Return the judge after the test, or the traceback of our own fault."""
    judge = Judge(ask, apart, variant)
    try:
        function(judge)
    except Stopped:
        pass
    except Exception:  # a bug in a test must cost neither the report nor the other tests
        return traceback.format_exc()
    return judge


def _failed(names: tuple[str, ...], earlier: Mapping[str, str]) -> bool:
    """Whether a test, or any test of a question, of these names did not pass."""
    return any(
        status != PASSED and (id_ in names or id_.split("-")[0] in names)
        for id_, status in earlier.items()
    )
