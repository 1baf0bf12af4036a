"""The smallest input on which a named mistake shows, for a student to try.

An assignment lists small inputs for each of its questions, the smallest first. The first one on
which a mistake and the reference print something else is that mistake's counterexample: always the
same, and none of the hidden tests'. It is shown if the submission, too, prints something else than
the reference there, and what it prints is shown. Where several mistakes cancel each other on it,
the next ones on which the mistake shows are tried.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from grader.engine.check import Caller, Value
from grader.engine.cleaning import clean_line
from grader.engine.contents import Contents
from grader.engine.hints import CatalogueCaller
from grader.engine.results import Counterexample, Hint

RANDOM = "other numbers each time"
TRIED = 8  # inputs of a mistake
SHOWN = 200  # characters of what is printed
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")
# Of a tensor, what a right submission is free in.
FREE = re.compile(r", (?:dtype=torch\.\w+|grad_fn=<[^>]*>|requires_grad=True)")
RELATIVE, ABSOLUTE = 1e-3, 2e-3  # far above what rounding to four digits can do


@dataclass(frozen=True)
class Example:
    """A small input, as a program that a student can paste.

    Attributes
    ----------
    file : str
        The submission's file that it looks at, without ``.py``.
    imported : str
        The name that it imports from there.
    value : str
        The expression that is printed.
    before : str
        The lines before; they may use ``torch`` and ``tensor``, which is ``torch.tensor``.
    """

    file: str
    imported: str
    value: str
    before: str = ""

    def program(self, package: str) -> str:
        """Return the program, which imports the submission's file as part of a package."""
        imports = [
            *(["import torch"] if "torch." in self.before + self.value else []),
            "from torch import tensor",
            f"from {package}.{self.file} import {self.imported}",
        ]
        lines = [*imports, "", *self.before.strip().splitlines(), f"print({self.value})"]
        return "\n".join(lines)


@dataclass(frozen=True)
class _Found:
    example: Example
    right: str
    raises: bool
    random: bool


class Counterexamples:
    """Finds the counterexample of each catalogued mistake when it is first needed.

    Parameters
    ----------
    contents : Contents
    package : str
        The name under which students import their files.
    """

    def __init__(self, contents: Contents, package: str) -> None:
        self._contents = contents
        self._package = package
        self._found: dict[str, tuple[list[_Found], Iterator[_Found]]] = {}
        self._right: dict[Example, str] = {}

    def shown(self, hint: Hint, question: str, caller: Caller) -> Counterexample | None:
        """Return the counterexample of a mistake, with what a submission prints there.

        None if no small input shows the mistake, or if this submission is right on those that do;
        also if it raises an exception, unless the mistake alone does.
        """
        for found in self._inputs(hint.id, question):
            got, raises = self._printed(found.example, caller)
            if got and (found.raises or not raises) and differ(got, found.right):
                got = RANDOM if found.random else got
                program = found.example.program(self._package)
                return Counterexample(program, got, found.right, raises)
        return None

    def _inputs(self, id_: str, question: str) -> Iterator[_Found]:
        """Yield the first inputs on which a mistake shows, each found once."""
        if id_ not in self._found:
            self._found[id_] = [], self._find(id_, question)
        known, others = self._found[id_]
        for index in range(TRIED):
            if index == len(known):
                known.extend(itertools.islice(others, 1))
            if index == len(known):
                return
            yield known[index]

    def _find(self, id_: str, question: str) -> Iterator[_Found]:
        load = getattr(self._catalogue.get(id_), "load", None)
        if load is None:
            return
        wrong = CatalogueCaller(self._contents.adapter, load)
        for example in self._examples.get(question, ()):
            right, (got, raises) = self._of_reference(example), self._printed(example, wrong)
            if differ(got, right):
                others = (self._printed(example, wrong, seed)[0] for seed in (1, 2, 3))
                random = any(differ(got, other) for other in others)
                yield _Found(example, right, raises, random)

    def _of_reference(self, example: Example) -> str:
        if example not in self._right:
            caller = CatalogueCaller(self._contents.adapter, self._contents.right().load)
            self._right[example], raises = self._printed(example, caller)
            if raises:
                raise ValueError(f"the reference raises an exception: {example}")
        return self._right[example]

    def _printed(self, example: Example, caller: Caller, seed: int = 0) -> tuple[str, bool]:
        """Return what a submission prints or raises, and which; nothing if it was ended."""
        arguments = {"file": example.file, "name": example.imported, "before": example.before}
        reply = caller("printed", {**arguments, "value": example.value, "seed": seed}, frozenset())
        if reply.error is not None:
            return clean_line(reply.error.type, SHOWN), True
        return clean_line(Value(reply.result, reply.arrays).text, SHOWN), False

    @cached_property
    def _catalogue(self) -> Mapping[str, object]:
        return self._contents.catalogue()

    @cached_property
    def _examples(self) -> Mapping[str, tuple[Example, ...]]:
        return self._contents.examples()


def differ(first: str, second: str) -> bool:
    """Whether two printed values differ to the eye: in words, or in numbers beyond rounding."""
    first, second = FREE.sub("", first), FREE.sub("", second)
    if NUMBER.sub("0", first) != NUMBER.sub("0", second):
        return True
    pairs = zip(NUMBER.findall(first), NUMBER.findall(second))
    return any(
        abs(float(a) - float(b)) > ABSOLUTE + RELATIVE * max(abs(float(a)), abs(float(b)))
        for a, b in pairs
    )
