"""One test against one submission, or against one catalogued mistake."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grader.judge import Ask, Failure, Graded, Judge, Stopped, agree, is_numeric
from grader.report import ERROR, FAILED, NOT_RUN, PASSED

TestFunction = Callable[[Judge], None]


@dataclass(frozen=True)
class Outcome:
    """What one test found.

    ``observations`` is all that the submission returned, in the order in which it was compared;
    ``reason`` says why a test was not run, and holds our own traceback for an ``"error"``.
    """

    graded: Graded
    sentence: str
    status: str
    failures: tuple[Failure, ...] = ()
    observations: tuple[tuple[str, Any], ...] = ()
    reason: str = ""
    seconds: float = 0.0

    @cached_property
    def _words(self) -> list[Any]:
        """All that was observed but for numbers: words, types and shapes."""
        words: list[Any] = []
        for what, value in self.observations:
            if isinstance(value, np.ndarray) and is_numeric(value):
                words.append((what, value.shape))
            elif isinstance(value, np.ndarray):
                words.append((what, value.shape, value.tobytes()))
            else:
                words.append((what, value))
        return words

    @cached_property
    def _numbers(self) -> np.ndarray:
        """The numbers that were observed, in one row."""
        arrays = [value for _, value in self.observations if isinstance(value, np.ndarray)]
        rows = [array.ravel().astype(np.float64) for array in arrays if is_numeric(array)]
        return np.concatenate([np.zeros(0), *rows])

    def same_as(self, other: "Outcome") -> bool:
        """Whether two submissions returned the same, wherever the test looked."""
        # A submission's numbers may be very many, and are not looked at where shapes differ.
        return self._words == other._words and agree(self._numbers, other._numbers)


def run_test(function: TestFunction, ask: Ask, earlier: Mapping[str, str]) -> Outcome:
    """Run a test, unless one that it needs did not pass.

    Parameters
    ----------
    earlier : mapping
        Status by test id of the tests that were run before.
    """
    graded: Graded = function.graded
    sentence = sentence_of(function)
    missing = [id_ for id_ in graded.needs if earlier.get(id_, PASSED) != PASSED]
    if missing:
        return Outcome(graded, sentence, NOT_RUN, reason=f"Not run, fix {missing[0]} first.")
    start = time.perf_counter()
    judge = attempt(function, ask)
    if isinstance(judge, Judge) and judge.failures and _failed(graded.apart_from, earlier):
        # A mistake of another question has cost its points there.
        judge = attempt(function, ask, apart=True)
    seconds = time.perf_counter() - start
    if isinstance(judge, str):
        return Outcome(graded, sentence, ERROR, reason=judge, seconds=seconds)
    return Outcome(
        graded,
        sentence,
        FAILED if judge.failures else PASSED,
        tuple(judge.failures),
        tuple(judge.observations),
        seconds=seconds,
    )


def sentence_of(function: TestFunction) -> str:
    """Return a test's docstring on one line: what is true of a right submission."""
    return " ".join((function.__doc__ or function.graded.id).split())


def attempt(function: TestFunction, ask: Ask, apart: bool = False) -> Judge | str:
    """Return the judge after the test, or the traceback of our own fault."""
    judge = Judge(ask, apart)
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
