"""Name the misconception that explains a submission's failures, or say nothing.

Each catalogued mistake goes through the very tests that the submission failed. It explains them
if it returned the same as the submission everywhere that these tests looked, and no mistake of
another kind did.
"""

import warnings
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.engine.check import Program
from grader.engine.feedback import AT_IMPORT
from grader.engine.results import FAILED, PASSED, Hint
from grader.engine.runner import present_tests
from grader.engine.sandbox import Reply, StudentError
from grader.engine.trial import Outcome, TestFunction, run_test

if TYPE_CHECKING:
    from grader.misconceptions.entry import Misconception

ROOM = 64 << 20  # bytes of numbers that are remembered
# The code of a catalogued mistake is complete, and raises none of these.
RAISED_BY_UNFINISHED_CODE = (*AT_IMPORT, "NotImplementedError", "NameError", "UnboundLocalError")


class Explainer:
    """Knows what each catalogued mistake returns; finds it out when it is first needed.

    Which tests a mistake fails is the same for all variants of their inputs, so that it is found
    out once. What it returns is found out for each variant, and only of mistakes that fail the
    same tests as the submission.
    """

    def __init__(self) -> None:
        self._predicted: dict[tuple[str, str, int], Outcome] = {}
        self._statuses: dict[tuple[str, str], str] = {}
        self._room = ROOM

    def hints(self, outcomes: Iterable[Outcome]) -> dict[str, Hint]:
        """Return the misconception that explains each failed test, by test id."""
        by_question: dict[str, dict[str, Outcome]] = {}
        for outcome in outcomes:
            question = outcome.graded.id.split("-")[0]
            by_question.setdefault(question, {})[outcome.graded.id] = outcome
        hints: dict[str, Hint] = {}
        for question, tests in by_question.items():
            failed = {id_ for id_, outcome in tests.items() if outcome.status == FAILED}
            if failed and self._catalogue:
                hints |= self._explain(question, tests, failed)
        return hints

    def _explain(
        self, question: str, tests: dict[str, Outcome], failed: set[str]
    ) -> dict[str, Hint]:
        seen = {
            id_: outcome
            for id_, outcome in tests.items()
            if outcome.words and outcome.graded.telling
        }
        entries = [entry for entry in self._catalogue.values() if entry.question == question]
        variant = next(iter(tests.values())).variant
        right = {id_ for id_, outcome in tests.items() if outcome.status == PASSED}
        # A test that failed rules most entries out, so those come first.
        whole_question = sorted(seen.values(), key=lambda outcome: outcome.status != FAILED)
        whole = [entry for entry in entries if self._agrees(entry, whole_question)]
        hints = {}
        for id_ in sorted(failed):
            if not whole and _only_raised(tests[id_]):
                continue  # many mistakes end in the same exception
            about = tests[id_].graded.about
            related = [outcome for outcome in whole_question if outcome.graded.about == about]
            candidates = whole
            if id_ in seen:
                candidates = [
                    entry
                    for entry in whole or entries
                    if self._agrees(entry, related) and self._loses(entry, id_, variant)
                ]
            if not whole:
                # A mistake may have been made in one of two branches, but not in half of one.
                branch = _branch(about)
                passed = [i for i in right if _branch(tests[i].graded.about) <= branch]
                candidates = [
                    entry
                    for entry in candidates
                    if not any(self._loses(entry, other, variant) for other in passed)
                ]
            entry = self._only_one(candidates, right, variant)
            if entry:
                hints[id_] = Hint(entry.id, entry.did, entry.think)
        return hints

    def _agrees(self, entry: "Misconception", outcomes: Collection[Outcome]) -> bool:
        if any(is_beyond_the_catalogue(outcome) for outcome in outcomes):
            return False
        # What is known already rules most entries out without running anything.
        known = (
            self._statuses.get((entry.id, o.graded.id), o.status) == o.status for o in outcomes
        )
        return all(known) and all(self._returns_the_same(entry, outcome) for outcome in outcomes)

    def _returns_the_same(self, entry: "Misconception", outcome: Outcome) -> bool:
        id_, variant = outcome.graded.id, outcome.variant
        return (
            outcome.graded.telling
            and outcome.status == self._status(entry, id_, variant)
            and outcome.same_as(self._predict(entry, id_, variant))
        )

    def _loses(self, entry: "Misconception", id_: str, variant: int) -> bool:
        telling = self._functions[id_].graded.telling
        return telling and self._status(entry, id_, variant) == FAILED

    def _only_one(
        self, candidates: list["Misconception"], passed: set[str], variant: int
    ) -> "Misconception | None":
        """Return the one kind of mistake among the candidates, if there is one."""
        kinds = self._kinds(candidates)
        if len(kinds) > 1:
            # Of those that lose the same, what would also lose a test that passed is ruled out.
            possible = [
                entry
                for entry in candidates
                if not any(self._loses(entry, id_, variant) for id_ in passed)
            ]
            kinds = self._kinds(possible)
        return self._catalogue[next(iter(kinds))] if len(kinds) == 1 else None

    @staticmethod
    def _kinds(entries: list["Misconception"]) -> set[str]:
        return {entry.same_as or entry.id for entry in entries}

    def predictions(self, entry: "Misconception", variant: int = 0) -> dict[str, Outcome]:
        """Return what a mistake does in the tests of its question that tell mistakes apart."""
        return {
            id_: self._predict(entry, id_, variant)
            for id_, function in self._functions.items()
            if id_.split("-")[0] == entry.question and function.graded.telling
        }

    def _status(self, entry: "Misconception", id_: str, variant: int) -> str:
        """Return whether a mistake passes a test, as it does with every variant."""
        if (entry.id, id_) not in self._statuses:
            self._predict(entry, id_, variant)
        return self._statuses[entry.id, id_]

    def _predict(self, entry: "Misconception", id_: str, variant: int) -> Outcome:
        """Run a mistake through one test, after those that the test depends on."""
        key = entry.id, id_, variant
        if key not in self._predicted:
            function = self._functions[id_]
            graded = function.graded
            own = [name for name in (*graded.needs, *graded.apart_from) if name in self._functions]
            earlier = {name: self._status(entry, name, variant) for name in own}
            outcome = run_test(function, CatalogueAsk(entry), earlier, variant)
            self._keep(key, replace(outcome, failures=()))
        return self._predicted[key]

    def _keep(self, key: tuple[str, str, int], outcome: Outcome) -> None:
        """Remember a prediction, and forget the oldest ones where they would be too many."""
        self._statuses[key[:2]] = outcome.status
        self._predicted[key] = outcome
        self._room -= outcome.numbers.nbytes
        while self._room < 0 and len(self._predicted) > 1:
            oldest = self._predicted.pop(next(iter(self._predicted)))
            self._room += oldest.numbers.nbytes

    @cached_property
    def _functions(self) -> dict[str, TestFunction]:
        return present_tests()

    @cached_property
    def _catalogue(self) -> dict[str, "Misconception"]:
        """Entries by id; none in a copy that comes without the catalogue."""
        try:
            from grader.misconceptions.catalogue import read_catalogue
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith("grader.misconceptions"):
                return {}
            raise
        return read_catalogue()


def _only_raised(outcome: Outcome) -> bool:
    """Whether all that came of a test was exceptions."""
    return all(what == "answer" for what, _ in outcome.words)


def is_beyond_the_catalogue(outcome: Outcome) -> bool:
    """Whether a test met what no catalogued mistake does, so that none has to be run.

    That is code that is not there or not finished, a process that was ended (its outcome is one
    word, without a text), or an exception about a name that only a submission's modules have.
    """
    said = [str(seen) for what, seen in outcome.words if what == "answer"]
    return any(
        text.split(":")[0] in RAISED_BY_UNFINISHED_CODE or ":" not in text or "'submission." in text
        for text in said
    )


def _branch(about: str) -> set[str]:
    """Return which of the two kinds of net a test looks at, if at one of them only."""
    return {word.strip() for word in about.split(",")} & {"shared", "separate"}


class CatalogueAsk:
    """How programs run over a catalogued mistake: here, for it is our own code."""

    def __init__(self, entry: "Misconception") -> None:
        self.entry = entry

    def __call__(self, program: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply:
        import torch

        from grader.adapter import answer

        random_state, threads = torch.get_rng_state(), torch.get_num_threads()
        torch.set_num_threads(1)  # as in the worker, and far faster for small nets
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result, returned = answer(program, arrays, self.entry.modules.__getitem__)
        except Exception as error:
            said = StudentError(type(error).__name__, str(error))
            return Reply(status="raised", error=said)
        finally:
            torch.set_num_threads(threads)
            torch.set_rng_state(random_state)
        return Reply(status="ok", result=result, arrays=returned)

    def prepare(self, programs: list[Program]) -> None:
        """Do nothing: there is no way to a worker that could be shortened."""
