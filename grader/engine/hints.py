"""Name the mistakes that explain a submission's failures, or say nothing.

Each output of a question is explained by itself: by the smallest set of wrong choices that returns
what the submission returned wherever any test looked at that output, whether it passed or failed.
Candidates are found by their values alone, and then go through the real tests.
"""

import contextlib
import gc
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import islice
from typing import Any

import numpy as np

from grader.engine import calls
from grader.engine.check import (
    ABSOLUTE,
    ANSWER,
    RELATIVE,
    Check,
    Observation,
    agree,
    is_constant,
    is_numeric,
)
from grader.engine.composition import (
    MOST_MISTAKES,
    WHOLE,
    Choice,
    Composition,
    Computed,
    Misconception,
    Output,
    Pipeline,
    Values,
)
from grader.engine.contents import Contents, Test
from grader.engine.digests import digest_of_request
from grader.engine.feedback import AT_IMPORT
from grader.engine.local import LocalCaller
from grader.engine.replies import Reply
from grader.engine.results import FAILED, PASSED, Hint
from grader.engine.runner import Dependencies, TestOutcome, attempt, run_test, same

ROOM = 64 << 20  # bytes of numbers that are remembered
# Candidates that go through the tests, of one output and of a question; more are no explanation.
MOST_CANDIDATES, MOST_OF_A_QUESTION = 120, 240
# The code of a catalogued mistake is complete, and raises none of these.
RAISED_BY_UNFINISHED_CODE = (*AT_IMPORT, "NotImplementedError", "NameError", "UnboundLocalError")

NOTHING = "NoneType"  # in the text of an exception about what a function did not return

# A composition, a test, its variant, and the parts from the reference; None as its tests decide.
Prediction = tuple[Composition, str, int, frozenset[str] | None]


@dataclass(frozen=True)
class Explained:
    """The smallest sets of choices that explain one output."""

    output: Output
    candidates: tuple[Composition, ...]


class Explainer:
    """Knows what catalogued mistakes return; finds it out when it is first needed."""

    def __init__(self, contents: Contents, question_of: Mapping[str, str]) -> None:
        self._contents = contents
        self._dependencies = Dependencies(contents.parts, question_of)
        self._question_of = question_of
        self._predicted: dict[Prediction, TestOutcome] = {}
        self._room = ROOM

    def hints(self, outcomes: Iterable[TestOutcome]) -> dict[str, tuple[Hint, ...]]:
        """Return the misconceptions that explain each failed test, by test id."""
        by_question: dict[str, dict[str, TestOutcome]] = {}
        outcomes = list(outcomes)
        status = {outcome.mark.id: outcome.status for outcome in outcomes}
        indirect = set()
        for outcome in outcomes:
            parts, _ = self._dependencies.wrong(outcome.mark, status)
            if parts - outcome.reference:
                indirect.add(outcome.mark.id)
            question = self._question_of[outcome.mark.id]
            by_question.setdefault(question, {})[outcome.mark.id] = outcome
        hints: dict[str, tuple[Hint, ...]] = {}
        for question, tests in by_question.items():
            wrong = any(outcome.status == FAILED for outcome in tests.values())
            if wrong and question in self._pipelines:
                hints |= Explanation(self, self._pipelines[question], tests, indirect).hints()
        return hints

    def predictions(self, entry: Misconception, variant: int = 0) -> dict[str, TestOutcome]:
        """Return what a mistake does in the tests of its question that tell mistakes apart."""
        return {
            id_: self.predict(entry.composition, id_, variant)
            for id_, function in self._tests.items()
            if self._question_of[id_] == entry.asked_in and function.mark.diagnostic
        }

    def predict(self, composition: Composition, id_: str, variant: int) -> TestOutcome:
        """Run a composition through one test, after those that the test depends on."""
        key = composition, id_, variant, None
        if key not in self._predicted:
            function = self._tests[id_]
            before = self._dependencies.of(function.mark) & self._tests.keys()
            earlier = {name: self._status(composition, name, variant) for name in before}
            caller = CatalogueCaller(self._contents.adapter, composition.load)
            outcome = run_test(function, (caller,), earlier, self._dependencies, variant)
            self._keep(key, replace(outcome, failures=()))
        return self._predicted[key]

    def _status(self, composition: Composition, id_: str, variant: int) -> str:
        """Return whether a composition passes a test; its other questions are right."""
        if self._question_of[id_] != composition.pipeline.question:
            return PASSED
        return self.predict(composition, id_, variant).status

    def repeat(self, composition: Composition, seen: TestOutcome) -> TestOutcome:
        """Run a composition through a test just as a submission was, with the same parts."""
        key = composition, seen.mark.id, seen.variant, seen.reference
        if key not in self._predicted:
            observations = tuple(self.attempt(composition, seen).observations)
            self._keep(key, replace(seen, failures=(), observations=observations))
        return self._predicted[key]

    def attempt(self, composition: Composition, seen: TestOutcome) -> Check:
        """Return a check after a test of a composition, with the parts that a submission had."""
        caller = CatalogueCaller(self._contents.adapter, composition.load)
        check = Check(caller, seen.reference, seen.variant, seen.mark.topic)
        attempt(self._tests[seen.mark.id], check)
        return check

    def undisturbed(self) -> contextlib.AbstractContextManager:
        """Compute values without gradients, and leave the process as it is."""
        torch = sys.modules.get("torch")
        stack = contextlib.ExitStack()
        stack.enter_context(undisturbed(self._contents.adapter))
        if torch is not None:
            stack.enter_context(torch.no_grad())
        return stack

    def _keep(self, key: Prediction, outcome: TestOutcome) -> None:
        """Remember a prediction, and forget the oldest ones where they would be too many."""
        self._predicted[key] = outcome
        self._room -= size_of(outcome)
        while self._room < 0 and len(self._predicted) > 1:
            oldest = self._predicted.pop(next(iter(self._predicted)))
            self._room += size_of(oldest)

    @cached_property
    def _tests(self) -> dict[str, Test]:
        return self._contents.tests()

    @cached_property
    def _pipelines(self) -> Mapping[str, Pipeline]:
        """Pipelines by question; none in a copy that comes without the catalogue."""
        entries = self._contents.catalogue().values()
        return {entry.asked_in: entry.pipeline for entry in entries}


class Explanation:
    """Explains one question of one submission.

    Parameters
    ----------
    indirect : collection of str
        The tests in which the submission used parts of its own that are wrong: mistakes of other
        questions are in their numbers, so that only the rest is compared.
    """

    def __init__(
        self,
        explainer: Explainer,
        pipeline: Pipeline,
        tests: Mapping[str, TestOutcome],
        indirect: Collection[str] = (),
    ) -> None:
        self._explainer, self._pipeline = explainer, pipeline
        diagnostic = [o for o in tests.values() if o.mark.diagnostic and o.observations]
        # A test that failed rules most candidates out, so those come first.
        diagnostic.sort(key=lambda outcome: outcome.status != FAILED)
        self._seen = {outcome.mark.id: outcome for outcome in diagnostic}
        self._direct = {id_: o for id_, o in self._seen.items() if id_ not in indirect}
        self._failed = [id_ for id_, o in self._direct.items() if o.status == FAILED]
        self._variant = next(iter(tests.values())).variant
        self._right = Composition(pipeline)
        self._left = MOST_OF_A_QUESTION
        self._checks: dict[str, Check] = {}
        # Values that no choices explain in one output: the search in another one is shorter.
        self._beyond: set[str] = set()
        self._vague: set[str] = set()  # mistakes of which only what they are in general is certain

    def hints(self) -> dict[str, tuple[Hint, ...]]:
        """Return the misconceptions that explain each failed test, by test id."""
        whole = self._whole()
        explained = {} if len(whole) == 1 else self._explain_outputs()
        told = self._told_of_outputs(explained)
        if len(whole) == 1:
            told = {id_: set(whole) for id_ in self._failed}
        mistakes = self._pipeline.mistakes
        for ids in told.values():
            for vague in ids & self._vague:
                if mistakes[vague].general:
                    ids.remove(vague)
                    ids.add(mistakes[vague].general)
        return {
            id_: tuple(
                Hint(entry.id, self._located(entry, explained), entry.question)
                for entry in mistakes.values()
                if entry.id in ids
            )
            for id_, ids in told.items()
            if ids
        }

    def _told_of_outputs(self, explained: Mapping[str, Explained]) -> dict[str, set[str]]:
        choices = [each.candidates[0].choices for each in explained.values()]
        together = Composition(self._pipeline, frozenset().union(*choices))
        told: dict[str, set[str]] = {}
        for id_ in self._failed:
            told[id_] = set().union(*(self._told(each, id_) for each in explained.values()))
            if not self._is_told_by_topics(id_, explained):
                told[id_] |= self._told_together(together, explained, id_)
        return told

    def _located(self, entry: Misconception, explained: Mapping[str, Explained]) -> str:
        """Return a mistake's diagnosis with the outputs in which it was made."""
        topics = [
            topic
            for topic, each in explained.items()
            if all(entry.id in self._claims(c.mistakes) for c in each.candidates)
        ]
        diagnosis = entry.diagnosis.replace("{where}", self._pipeline.where(topics))
        possible = {topic for topic, _ in self._pipeline.wherever_possible(entry.choices)}
        some = topics and {*topics} < possible
        place = self._pipeline.only_in(topics, possible) if some else ""
        return f"{place}: {diagnosis}" if place else diagnosis

    # Which sets of choices explain an output

    def _explain_outputs(self) -> dict[str, Explained]:
        explained: dict[str, Explained] = {}
        wrong = [t for t in self._pipeline.outputs if any(o.failed for o in self._about(t))]
        raising = {topic: self._raising_calls(topic) for topic in wrong}
        for topic in sorted(wrong, key=lambda topic: bool(raising[topic])):
            if topic in explained:
                continue
            if not raising[topic]:
                self._note(explained, topic, self._smallest(topic, explained, MOST_MISTAKES))
                continue
            # One call computes several outputs, and which one of them raised is not seen.
            group = [t for t in wrong if raising[t] & raising[topic]]
            pool = {t: self._smallest(t, explained, self._most_raising(t)) for t in group}
            least = min((len(c.choices) for cs in pool.values() for c in cs), default=0)
            pool = {t: [c for c in cs if len(c.choices) == least] for t, cs in pool.items()}
            common = self._in_common([c.mistakes for cs in pool.values() for c in cs])
            for t in group:
                if pool[t] and common:
                    self._note(explained, t, pool[t])
                    if self._says_little(t):
                        self._vague |= {m for c in pool[t] for m in c.mistakes}
                elif any(o.failed and o.what != ANSWER for o in self._about(t)):
                    without = self._smallest(t, explained, MOST_MISTAKES, masked=True)
                    self._note(explained, t, without)
        known = {m for e in explained.values() if len(e.candidates) == 1 for m in self._ids(e)}
        for topic, each in explained.items():
            among = [c for c in each.candidates if c.mistakes <= known]
            if len(among) == 1:
                explained[topic] = replace(each, candidates=tuple(among))
        return explained

    def _right_of(self, id_: str) -> Check:
        """Return a check after a test of a right submission, which was asked the same."""
        if id_ not in self._checks:
            self._checks[id_] = self._explainer.attempt(self._right, self._seen[id_])
        return self._checks[id_]

    def _says_little(self, topic: str) -> bool:
        """Whether all that is wrong with an output is exceptions without a number in their text.

        Several mistakes together may end in them as well as one does.
        """
        return all(
            o.what == ANSWER and not any(map(str.isdigit, str(o.seen)))
            for o in self._about(topic)
            if o.failed
        )

    def _note(
        self, explained: dict[str, Explained], topic: str, found: Sequence[Composition]
    ) -> None:
        if found:
            explained[topic] = Explained(self._pipeline.outputs[topic], tuple(found))

    def _about(self, topic: str) -> Iterator[Observation]:
        """Yield what was seen of an output."""
        for outcome in self._seen.values():
            yield from self._of(topic, outcome.observations)

    def _of(self, topic: str, observations: Iterable[Observation]) -> list[Observation]:
        """Return the observations of an output: all of them where it is the only one."""
        return [o for o in observations if not topic or o.topic == topic]

    def _most_raising(self, topic: str) -> int:
        """Return how many mistakes may explain an exception: its text says little."""
        numbers = any(o.failed and o.what != ANSWER for o in self._about(topic))
        return MOST_MISTAKES if numbers else 1

    def _raising_calls(self, topic: str) -> set[str]:
        """Return the calls of an output that ended in an exception of finished code."""
        found = set()
        for id_, outcome in self._seen.items():
            for observation in self._of(topic, outcome.observations):
                if observation.what == ANSWER:
                    asked = self._right_of(id_).asked
                    if len(asked) >= observation.call:
                        found.add(digest_of_request(*calls.request(*asked[observation.call - 1])))
        return found

    def _smallest(
        self, topic: str, explained: Mapping[str, Explained], most: int, masked: bool = False
    ) -> list[Composition]:
        """Return the smallest sets of choices that explain an output.

        Parameters
        ----------
        explained : mapping
            Other outputs; what explains one of them is tried first, for it would be no new mistake.
        most : int
            Of mistakes.
        masked : bool
            Leave out the calls that ended in an exception.
        """
        if any(is_beyond_the_catalogue(o) for o in self._about(topic)) and not masked:
            return []
        output = self._pipeline.outputs[topic]
        for each in explained.values():
            if len(each.candidates) == 1:
                again = self._transferred(each.candidates[0], output)
                if again.choices and self._fits(again, topic, masked):
                    return [again]
        screens = self._screens(output, masked)
        if self._is_constant(output):
            most = 1
        elif output.value in self._beyond:
            most = min(most, MOST_MISTAKES - 1)
        left = MOST_CANDIDATES
        for size in range(1, (most if screens else min(most, 2)) + 1):
            found = []
            for candidate in self._screened(output, size, screens):
                left, self._left = left - 1, self._left - 1
                if left < 0 or self._left < 0:
                    return []
                if self._fits(candidate, topic, masked):
                    found.append(candidate)
            if found:
                return found
        self._beyond.add(output.value)
        return []

    def _is_constant(self, output: Output) -> bool:
        """Whether an output is one number for whatever input.

        Many sets of mistakes cancel each other to zero, and one that does is no explanation.
        """
        if output.observed is None:
            return False
        name = output.observed[1]
        found = [np.ravel(o.seen) for o in self._about(output.topic) if o.what == name]
        numbers = np.concatenate([array for array in found if is_numeric(array)] or [np.empty(0)])
        return len(numbers) > 1 and is_constant(numbers)

    def _transferred(self, composition: Composition, output: Output) -> Composition:
        """Return the same choices in another output, as far as it has their parts."""
        wrong = {choice.part: choice for _, choice in composition.choices}
        chosen = self._pipeline.completed(output, wrong)
        return self._composition(output, chosen)

    def _composition(self, output: Output, chosen: Mapping[str, Choice]) -> Composition:
        wrong = ((output.topic, choice) for choice in chosen.values() if choice.mistake)
        return Composition(self._pipeline, frozenset(wrong))

    def _screened(
        self, output: Output, size: int, screens: "Sequence[Screen]"
    ) -> Iterator[Composition]:
        """Yield the sets of so many choices whose values are what the submission returned."""
        if not screens:
            for chosen in self._pipeline.sets(output, size):
                yield self._composition(output, chosen)
            return
        first, *others = screens
        with self._explainer.undisturbed(), np.errstate(all="ignore"), uncollected():
            sets: Iterable[Mapping[str, Choice]]
            if first.part:
                without = self._visible(output, screens) if size > 1 else frozenset()
                sets, others = self._pipeline.sets(output, size, without), list(screens)
            else:
                sets = first.sets(size)
            fitting = [
                self._composition(output, chosen)
                for chosen in sets
                if all(screen.lets_through(chosen) for screen in others)
            ]
        yield from islice(fitting, MOST_CANDIDATES + 1)

    def _visible(self, output: Output, screens: "Sequence[Screen]") -> frozenset[Choice]:
        """Return the choices that would show in a part that is right.

        Others do not make up for them, as they may in an output's value.
        """
        right = self._pipeline.completed(output, {})
        passed = [screen for screen in screens if screen.part and screen.lets_through(right)]
        return frozenset(
            choice
            for chosen in self._pipeline.sets(output, 1)
            for choice in chosen.values()
            if choice.mistake and not all(screen.lets_through(chosen) for screen in passed)
        )

    def _screens(self, output: Output, masked: bool) -> "list[Screen]":
        """Return what compares values with the submission's, where a test saw them."""
        screens = [
            Screen(values, observation.seen, part)
            for part, (id_, what) in output.words.items()
            if id_ in self._direct
            for observation in self._of(output.topic, self._seen[id_].observations)
            if observation.what == what
            and (values := self._values(output, id_, observation)) is not None
        ]
        return [*screens, *self._screens_of_numbers(output, masked)]

    def _values(self, output: Output, id_: str, observation: Observation) -> "Values | None":
        """Return what computes an output from the start that a test's call gave it."""
        asked = self._right_of(id_).asked
        if output.given is None or observation.call > len(asked):
            return None
        with self._explainer.undisturbed():
            given = output.given(**unpacked(asked[observation.call - 1][1]))
        return Values(self._pipeline, output, given)

    def _screens_of_numbers(self, output: Output, masked: bool) -> "list[Screen]":
        """Return what compares an output's value with the submission's, the smallest input first.

        If no test saw numbers, it is an exception's type.
        """
        if (
            output.observed is None
            or output.given is None
            or output.observed[0] not in self._direct
        ):
            return []
        place, what = output.observed
        screens: list[tuple[int, Screen]] = []
        function = ""
        for id_ in sorted(self._direct, key=lambda id_: id_ != place):
            mine = self._of(output.topic, self._seen[id_].observations)
            if not any(o.what == what for o in mine):
                continue
            right = self._right_of(id_)
            expected = {o.call: o.seen for o in right.observations if o.what == what}
            function = function or right.asked[0][0]
            for observation in mine:
                if observation.what != what or observation.call not in expected:
                    continue
                name, arguments = right.asked[observation.call - 1]
                if name != function or not isinstance(expected[observation.call], np.ndarray):
                    continue
                with self._explainer.undisturbed(), np.errstate(all="ignore"):
                    values = Values(self._pipeline, output, output.given(**unpacked(arguments)))
                    screen = Screen(values, observation.seen)
                # Another test may look at something else that has the same name.
                if agree(screen.right, np.asarray(expected[observation.call])):
                    screens.append((inputs(arguments), screen))
        for observation in self._of(output.topic, self._seen[place].observations):
            if observation.what == ANSWER and not masked and not screens:
                values_of_call = self._values(output, place, observation)
                if values_of_call:
                    return [Screen(values_of_call, str(observation.seen).split(":")[0])]
        return [screen for _, screen in sorted(screens, key=lambda pair: pair[0])]

    def _fits(self, candidate: Composition, topic: str, masked: bool) -> bool:
        return all(self._fits_in(candidate, topic, id_, masked) for id_ in self._seen)

    def _fits_in(self, candidate: Composition, topic: str, id_: str, masked: bool = False) -> bool:
        """Whether a composition returns what the submission did of an output in a test."""
        mine = self._of(topic, self._seen[id_].observations)
        if not mine:
            return True
        if self._pipeline.independent:
            candidate = candidate.everywhere
        other = self._explainer.repeat(candidate, self._seen[id_])
        theirs = self._of(topic, other.observations)
        if masked:
            out = {o.call for o in mine if o.what == ANSWER}
            last = self._seen[id_].observations[-1].call
            mine = [o for o in mine if o.call not in out]
            theirs = [o for o in theirs if o.call not in out and o.call <= last]
        return self._same(id_, mine, theirs)

    def _same(self, id_: str, mine: Sequence[Observation], theirs: Sequence[Observation]) -> bool:
        """Whether a composition returned what the submission did in a test."""
        return same(mine, theirs) if id_ in self._direct else alike(mine, theirs)

    # What a failed test is told

    def _told(self, explained: Explained, id_: str) -> set[str]:
        """Return what explains an output's failures in a test, whichever candidate is true."""
        topic = explained.output.topic
        failed = [o for o in self._of(topic, self._seen[id_].observations) if o.failed]
        if not failed:
            return set()
        fitting = [c for c in explained.candidates if self._fits_in(c, topic, id_)]
        if not fitting:  # an exception that another output raised
            if all(o.what == ANSWER for o in failed):
                return set()
            fitting = list(explained.candidates)
        return self._in_common([self._needed(c, topic, id_) for c in explained.candidates])

    def _needed(self, candidate: Composition, topic: str, id_: str) -> frozenset[str]:
        """Return the mistakes without which a composition would not return the same in a test."""
        if len(candidate.choices) == 1:
            return candidate.mistakes
        needed = frozenset(
            mistake
            for mistake in candidate.mistakes
            if not self._fits_in(candidate.without(mistake), topic, id_, masked=True)
        )
        return needed or candidate.mistakes

    def _in_common(self, alternatives: Sequence[frozenset[str]]) -> set[str]:
        """Return what is true of all alternatives, by its most special name."""
        mistakes = self._pipeline.mistakes
        claims = map(self._claims, alternatives)
        common = reduce(set.intersection, claims) if alternatives else set()
        return common - {mistakes[id_].general for id_ in common}

    def _claims(self, ids: frozenset[str]) -> set[str]:
        """Return mistakes and all that is claimed by them in general."""
        mistakes = self._pipeline.mistakes
        said = set(ids)
        while more := {mistakes[i].general for i in said if mistakes[i].general} - said:
            said |= more
        return said

    def _is_told_by_topics(self, id_: str, explained: Mapping[str, Explained]) -> bool:
        """Whether each failure of a test is about an output that is explained."""
        if "" in self._pipeline.outputs:
            return True
        return all(
            o.topic in explained and o.what != ANSWER
            for o in self._seen[id_].observations
            if o.failed
        )

    def _told_together(
        self, together: Composition, explained: Mapping[str, Explained], id_: str
    ) -> set[str]:
        """Return what explains a test that looks at several outputs at once.

        All explanations together must return everything that the submission returned there.
        """
        if not together.choices or not self._reproduces(together, id_):
            return set()
        needed = {m for m in together.mistakes if not self._reproduces(together.without(m), id_)}
        told: set[str] = set()
        for each in explained.values():
            if each.candidates[0].mistakes & (needed or together.mistakes):
                told |= self._in_common(
                    [c.mistakes & needed or c.mistakes for c in each.candidates]
                )
        return told

    def _reproduces(self, composition: Composition, id_: str) -> bool:
        predicted = self._explainer.repeat(composition, self._seen[id_])
        return self._same(id_, self._seen[id_].observations, predicted.observations)

    @staticmethod
    def _ids(explained: Explained) -> frozenset[str]:
        return explained.candidates[0].mistakes

    def _whole(self) -> list[str]:
        """Return the mistakes that are no choice of a part, and agree with everything seen.

        All mistakes may be where no output by itself was seen to be wrong.
        """
        seen = [o for outcome in self._seen.values() for o in outcome.observations]
        if any(map(is_beyond_the_catalogue, seen)):
            return []
        wrong = any(o.failed for topic in self._pipeline.outputs for o in self._about(topic))
        entries = [
            entry
            for entry in self._pipeline.mistakes.values()
            if entry.choices and not (wrong and all(c.part != WHOLE for c in entry.choices))
        ]
        return [
            entry.id
            for entry in entries
            if all(self._reproduces(entry.composition, id_) for id_ in self._seen)
        ]


def alike(first: Sequence[Observation], second: Sequence[Observation]) -> bool:
    """Whether two rows of observations hold the same but for numbers, and failed in the same."""

    def form(observation: Observation) -> tuple:
        seen = observation.seen
        return (
            observation.what,
            observation.failed,
            seen.shape if isinstance(seen, np.ndarray) else seen,
        )

    return [*map(form, first)] == [*map(form, second)]


class Screen:
    """Compares the value that choices lead to with what the submission returned.

    Of a part that is named, the value is a word; else it is the output's, or the type of something
    else, or the exception's.

    Attributes
    ----------
    right : ndarray or None
        The value that the right choices lead to, if it is numbers.
    """

    def __init__(self, values: Values, seen: Any, part: str = "") -> None:
        self._values, self._seen, self.part = values, seen, part
        self.right = numbers_of(values.of({}, part).value)
        self._place = 0
        if isinstance(seen, np.ndarray) and seen.size and self.right is not None:
            # The number that differs most tells most.
            differences = np.abs(self.right - seen) if self.right.shape == seen.shape else seen
            self._place = int(np.nan_to_num(differences, nan=1e9).argmax())

    def sets(self, size: int) -> Iterator[dict[str, Choice]]:
        """Yield the sets of so many wrong choices that it lets through, by part."""
        for reached in self._values.reached(size):
            if self._agrees(reached.values[0]):
                yield from reached.sets()

    def lets_through(self, chosen: Mapping[str, Choice]) -> bool:
        return self._agrees(self._values.of(chosen, self.part))

    def _agrees(self, computed: Computed) -> bool:
        if self.part and not computed.raised and computed.value is None:
            return True  # not known
        if self.part and not isinstance(self._seen, np.ndarray):
            return not computed.raised and bool(computed.value == self._seen)
        if isinstance(self._seen, str):
            return self._seen == (computed.raised or type(computed.value).__name__)
        value = None if computed.raised else numbers_of(computed.value)
        shape = self._seen if isinstance(self._seen, tuple) else self._seen.shape
        if value is None or value.shape != shape:
            return False
        if isinstance(self._seen, tuple):
            return True
        if value.size:
            # Most differ in one number, and to compare all of them takes longer.
            mine, theirs = float(value.flat[self._place]), float(self._seen.flat[self._place])
            if abs(mine - theirs) > ABSOLUTE + RELATIVE * abs(theirs):
                return False
        return agree(value, self._seen)


def numbers_of(value: Any) -> np.ndarray | None:
    """Return a tensor, an array or a number as an array; None of anything else."""
    try:
        array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        return None
    return array if is_numeric(array) else None


def unpacked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's arguments as an adapter gets them."""
    packed, arrays = calls.request("", arguments)
    return calls.unpack(packed["arguments"], arrays)


def inputs(value: Any) -> int:
    """Return how many numbers a call was given."""
    if isinstance(value, (Mapping, list, tuple)):
        return sum(map(inputs, value.values() if isinstance(value, Mapping) else value))
    return int(np.size(value))


def size_of(outcome: TestOutcome) -> int:
    return sum(o.seen.nbytes for o in outcome.observations if isinstance(o.seen, np.ndarray))


def is_beyond_the_catalogue(observation: Observation) -> bool:
    """Whether a test met what no catalogued mistake does, so that none has to be run.

    That is code that is not there or not finished, so that it returns nothing to go on with; a
    process that was ended (its outcome is one word, without a text); or an exception about a name
    that only a submission's modules have.
    """
    kind, separator, said = str(observation.seen).partition(":")
    return observation.what == ANSWER and (
        kind in RAISED_BY_UNFINISHED_CODE
        or not separator
        or "'submission." in said
        or NOTHING in said
    )


@contextlib.contextmanager
def undisturbed(adapter: Any) -> Iterator[None]:
    with warnings.catch_warnings(), getattr(adapter, "undisturbed", contextlib.nullcontext)():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at many new objects again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class CatalogueCaller(LocalCaller):
    """Call a catalogued mistake: here, for it is our own code."""

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply:
        with undisturbed(self.adapter):
            return super().__call__(function, arguments, reference)
