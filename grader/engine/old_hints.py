"""Name the misconception that explains a submission's failures, or say nothing.

Each catalogued mistake goes through the very tests that the submission failed. It explains them
if it returned the same as the submission everywhere that these tests looked, and no mistake of
another kind did.
"""

import contextlib
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from grader.engine.check import ANSWER
from grader.engine.contents import Contents, Test
from grader.engine.feedback import AT_IMPORT
from grader.engine.local import LocalCaller
from grader.engine.replies import Reply
from grader.engine.results import FAILED, PASSED, Hint
from grader.engine.runner import Dependencies, TestOutcome, run_test

ROOM = 64 << 20  # bytes of numbers that are remembered
# The code of a catalogued mistake is complete, and raises none of these.
RAISED_BY_UNFINISHED_CODE = (*AT_IMPORT, "NotImplementedError", "NameError", "UnboundLocalError")


class Misconception(Protocol):
    """A mistake of the catalogue: its two sentences, and the modules of a submission with it."""

    id: str
    asked_in: str
    diagnosis: str
    question: str
    indistinguishable_from: str
    modules: Mapping[str, ModuleType]


class OldExplainer:
    """Knows what each catalogued mistake returns; finds it out when it is first needed.

    Which tests a mistake fails is the same for all variants of their inputs, so that it is found
    out once. What it returns is found out for each variant, and only of mistakes that fail the
    same tests as the submission.
    """

    def __init__(self, contents: Contents, question_of: Mapping[str, str]) -> None:
        self._contents = contents
        self._dependencies = Dependencies(contents.parts, question_of)
        self._question_of = question_of
        self._predicted: dict[tuple[str, str, int], TestOutcome] = {}
        self._statuses: dict[tuple[str, str], str] = {}
        self._room = ROOM

    def hints(self, outcomes: Iterable[TestOutcome]) -> dict[str, tuple[Hint, ...]]:
        """Return the misconceptions that explain each failed test, by test id."""
        by_question: dict[str, dict[str, TestOutcome]] = {}
        for outcome in outcomes:
            question = self._question_of[outcome.mark.id]
            by_question.setdefault(question, {})[outcome.mark.id] = outcome
        hints: dict[str, tuple[Hint, ...]] = {}
        for question, tests in by_question.items():
            failed = {id_ for id_, outcome in tests.items() if outcome.status == FAILED}
            if failed and self._catalogue:
                hints |= self._explain(question, tests, failed)
        return hints

    def _explain(
        self, question: str, tests: dict[str, TestOutcome], failed: set[str]
    ) -> dict[str, tuple[Hint, ...]]:
        seen = {
            id_: outcome
            for id_, outcome in tests.items()
            if outcome.observations and outcome.mark.diagnostic
        }
        entries = [entry for entry in self._catalogue.values() if entry.asked_in == question]
        variant = next(iter(tests.values())).variant
        right = {id_ for id_, outcome in tests.items() if outcome.status == PASSED}
        # A test that failed rules most entries out, so those come first.
        whole_question = sorted(seen.values(), key=lambda outcome: outcome.status != FAILED)
        whole = [entry for entry in entries if self._agrees(entry, whole_question)]
        hints: dict[str, tuple[Hint, ...]] = {}
        for id_ in sorted(failed):
            if not whole and _only_raised(tests[id_]):
                continue  # many mistakes end in the same exception
            about = tests[id_].mark.topic
            related = [outcome for outcome in whole_question if outcome.mark.topic == about]
            candidates = whole
            if id_ in seen:
                candidates = [
                    entry
                    for entry in whole or entries
                    if self._agrees(entry, related) and self._loses(entry, id_, variant)
                ]
            if not whole:
                # A mistake may have been made in one of two branches, but not in half of one.
                branch = self._branch(about)
                passed = [i for i in right if self._branch(tests[i].mark.topic) <= branch]
                candidates = [
                    entry
                    for entry in candidates
                    if not any(self._loses(entry, other, variant) for other in passed)
                ]
            entry = self._only_one(candidates, right, variant)
            if entry:
                hints[id_] = (Hint(entry.id, entry.diagnosis, entry.question),)
        return hints

    def _agrees(self, entry: Misconception, outcomes: Collection[TestOutcome]) -> bool:
        if any(is_beyond_the_catalogue(outcome) for outcome in outcomes):
            return False
        # What is known already rules most entries out without running anything.
        known = (self._statuses.get((entry.id, o.mark.id), o.status) == o.status for o in outcomes)
        return all(known) and all(self._returns_the_same(entry, outcome) for outcome in outcomes)

    def _returns_the_same(self, entry: Misconception, outcome: TestOutcome) -> bool:
        id_, variant = outcome.mark.id, outcome.variant
        return (
            outcome.mark.diagnostic
            and outcome.status == self._status(entry, id_, variant)
            and outcome.same_as(self._predict(entry, id_, variant))
        )

    def _loses(self, entry: Misconception, id_: str, variant: int) -> bool:
        telling = self._tests[id_].mark.diagnostic
        return telling and self._status(entry, id_, variant) == FAILED

    def _only_one(
        self, candidates: list[Misconception], passed: set[str], variant: int
    ) -> Misconception | None:
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
    def _kinds(entries: list[Misconception]) -> set[str]:
        return {entry.indistinguishable_from or entry.id for entry in entries}

    def predictions(self, entry: Misconception, variant: int = 0) -> dict[str, TestOutcome]:
        """Return what a mistake does in the tests of its question that tell mistakes apart."""
        return {
            id_: self._predict(entry, id_, variant)
            for id_, function in self._tests.items()
            if self._question_of[id_] == entry.asked_in and function.mark.diagnostic
        }

    def _status(self, entry: Misconception, id_: str, variant: int) -> str:
        """Return whether a mistake passes a test, as it does with every variant."""
        if (entry.id, id_) not in self._statuses:
            self._predict(entry, id_, variant)
        return self._statuses[entry.id, id_]

    def _predict(self, entry: Misconception, id_: str, variant: int) -> TestOutcome:
        """Run a mistake through one test, after those that the test depends on."""
        key = entry.id, id_, variant
        if key not in self._predicted:
            function = self._tests[id_]
            before = self._dependencies.of(function.mark) & self._tests.keys()
            earlier = {name: self._status(entry, name, variant) for name in before}
            caller = CatalogueCaller(self._contents.adapter, entry.modules.__getitem__)
            outcome = run_test(function, caller, earlier, self._dependencies, variant)
            self._keep(key, replace(outcome, failures=()))
        return self._predicted[key]

    def _keep(self, key: tuple[str, str, int], outcome: TestOutcome) -> None:
        """Remember a prediction, and forget the oldest ones where they would be too many."""
        self._statuses[key[:2]] = outcome.status
        self._predicted[key] = outcome
        self._room -= _size(outcome)
        while self._room < 0 and len(self._predicted) > 1:
            oldest = self._predicted.pop(next(iter(self._predicted)))
            self._room += _size(oldest)

    @cached_property
    def _tests(self) -> dict[str, Test]:
        return self._contents.tests()

    @cached_property
    def _catalogue(self) -> Mapping[str, Misconception]:
        """Entries by id; none in a copy that comes without the catalogue."""
        return self._contents.catalogue()

    def _branch(self, topic: str) -> set[str]:
        """Return which of several kinds of the same thing a test looks at, if at one only."""
        words = {word.strip() for word in topic.split(",")}
        return words & set(self._contents.branches)


def _size(outcome: TestOutcome) -> int:
    return sum(o.seen.nbytes for o in outcome.observations if isinstance(o.seen, np.ndarray))


def _only_raised(outcome: TestOutcome) -> bool:
    """Whether all that came of a test was exceptions."""
    return all(o.what == ANSWER for o in outcome.observations)


def is_beyond_the_catalogue(outcome: TestOutcome) -> bool:
    """Whether a test met what no catalogued mistake does, so that none has to be run.

    That is code that is not there or not finished, a process that was ended (its outcome is one
    word, without a text), or an exception about a name that only a submission's modules have.
    """
    said = [str(o.seen) for o in outcome.observations if o.what == ANSWER]
    return any(
        text.split(":")[0] in RAISED_BY_UNFINISHED_CODE or ":" not in text or "'submission." in text
        for text in said
    )


class CatalogueCaller(LocalCaller):
    """Call a catalogued mistake: here, for it is our own code."""

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply:
        undisturbed = getattr(self.adapter, "undisturbed", contextlib.nullcontext)
        with warnings.catch_warnings(), undisturbed():
            warnings.simplefilter("ignore")
            return super().__call__(function, arguments, reference)
