"""What a test has in hand: it asks a worker, compares what came, and remembers both.

A test is a function marked with :func:`graded` that takes a :class:`Judge`. It never raises for a
wrong answer: each comparison is remembered, and so are the failures, so that all that a
submission returned can be compared with what a known mistake returns.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from grader.isolation.reply import Reply, StudentError

# Wide enough for float32 in any order of operations, narrow enough that no known mistake fits.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
SHOWN = 120
# fmt: off
KINDS = frozenset((
    "nothing", "Tensor", "Parameter", "ndarray", "float", "int", "bool", "complex", "str", "bytes",
    "tuple", "list", "dict", "set", "function", "Embedding", "ScaledEmbedding", "ZeroEmbedding",
    "Linear", "Sequential", "ModuleList", "float16", "float32", "float64",
))
PYTHON_NUMBERS = frozenset(("bool", "int", "float", "complex"))
DTYPES = frozenset((
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
))
# fmt: on


K = TypeVar("K", bound=Hashable)
Program = tuple[dict[str, Any], dict[str, np.ndarray]]


class Ask(Protocol):
    """Run programs over a submission: in a sandbox, or in here for a catalogued mistake."""

    def __call__(self, program: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reply: ...

    def prepare(self, programs: list[Program]) -> None:
        """Run programs together that will be asked for one by one, where that is faster."""


@dataclass(frozen=True)
class Graded:
    """What a test says of itself beside its docstring.

    Attributes
    ----------
    id : str
        Its id in ``assignment.toml``.
    about : str
        What it looks at; a mistake must explain all tests of a question about the same thing.
    needs : tuple of str
        Tests that must have passed, or this one is not run.
    apart_from : tuple of str
        Questions or tests whose mistakes should not count here again: where one of them failed,
        the test may pass with ready-made parts in their place.
    telling : bool
        Whether what a submission returns tells one mistake from another.
    """

    id: str
    about: str = ""
    needs: tuple[str, ...] = ()
    apart_from: tuple[str, ...] = ()
    telling: bool = True


def graded(
    id_: str,
    about: str = "",
    needs: tuple[str, ...] = (),
    apart_from: tuple[str, ...] = (),
    telling: bool = True,
) -> Callable[[Callable], Callable]:
    """Mark a function as the test of this id; its docstring is the sentence a student reads."""

    def mark(function: Callable) -> Callable:
        function.graded = Graded(id_, about or id_, needs, apart_from, telling)
        return function

    return mark


@dataclass(frozen=True)
class Failure:
    """One comparison that failed, or a request without an answer.

    ``what`` and ``problem`` hold no number and no input; ``given``, ``expected`` and ``got`` do,
    and are for public tests and for instructors.
    """

    what: str
    problem: str
    given: str = ""
    expected: str = ""
    got: str = ""
    error: StudentError | None = None


class Stopped(Exception):
    """The test cannot go on: there is no answer to judge."""


@dataclass(frozen=True)
class Value:
    """One thing that a submission returned: what it is, and its numbers if it has some."""

    type: str = "nothing"
    dtype: str = ""
    array: np.ndarray | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back from one program, by name."""

    reply: Reply

    def __getitem__(self, name: str) -> Value:
        values = self.reply.result.get("values")
        described = values.get(name) if isinstance(values, dict) else None
        facts = described if isinstance(described, dict) else {}
        return Value(
            type=str(facts.get("type", "nothing")),
            dtype=str(facts.get("dtype", "")),
            array=self.reply.arrays.get(name),
            facts=facts,
        )


class Judge:
    """Ask a submission, compare with what is right, remember what it said.

    Parameters
    ----------
    ask : Ask
        Where programs run.
    apart : bool
        Whether ready-made parts should stand in for those that ``Graded.apart_from`` names.
    """

    def __init__(self, ask: Ask, apart: bool = False) -> None:
        self._ask = ask
        self.apart = apart
        self.given = ""
        self.failures: list[Failure] = []
        self.observations: list[tuple[str, Any]] = []

    def ask(self, *steps: dict[str, Any], given: str = "", **arrays: Any) -> Answer:
        """Run steps over the submission.

        Parameters
        ----------
        steps : dict
            Made by the functions of :mod:`grader.programs`.
        given : str
            The call as a student would write it, for the report of a public test.
        arrays
            What the steps name: numpy arrays, or lists of numbers (float32 or int64).

        Raises
        ------
        Stopped
            If there is no answer; the reason is remembered.
        """
        self.given = given
        reply = self._ask(*program_of(*steps, **arrays))
        if reply.status == "ok":
            return Answer(reply)
        error = reply.error
        said = f"{error.type}: {error.message}" if error else reply.status
        self.observations.append(("answer", said))
        what = error.type if error else reply.sentence
        self.failures.append(Failure("the call", what, given, got=said, error=error))
        raise Stopped

    def ask_each(self, programs: Mapping[K, Program]) -> Iterator[tuple[K, Answer]]:
        """Run several programs of :func:`program_of`; give the answers with the programs' keys.

        One without an answer is remembered and left out: the next one may tell more.
        """
        self._ask.prepare(list(programs.values()))
        for key, (program, arrays) in programs.items():
            try:
                answer = self.ask(*program["steps"], **arrays)
            except Stopped:
                continue
            yield key, answer

    def try_ask(self, *steps: dict[str, Any], **arrays: Any) -> Answer | None:
        """Run steps that a right submission may well refuse; None if it does."""
        reply = self._ask(*program_of(*steps, **arrays))
        return Answer(reply) if reply.status == "ok" else None

    def equal(self, what: str, got: Value, expected: Any, again: Value | None = None) -> None:
        """Compare numbers and shape; the kind of tensor or number does not matter.

        Parameters
        ----------
        again : Value, optional
            The same thing from a second call, where random numbers have moved on.
        """
        expected = np.asarray(expected)
        array = got.array
        if array is None:
            self._remember(what, got.type, f"is {described(got)}", expected, described(got))
        elif again is not None and array.shape == expected.shape and not agree(array, again.array):
            self._remember(what, "random", "changes from call to call", expected, text(array))
        else:
            problem = difference(array, expected)
            self._remember(what, array, problem, expected, text(array))

    def gradient(self, what: str, got: Value, expected: np.ndarray) -> None:
        """Compare a gradient; none at all is the same as zeros."""
        if got.array is None:
            got = Value("gradient", "", np.zeros(expected.shape))
        problem = difference(got.array, expected)
        if problem and not np.any(got.array):
            problem = "is missing or zero"
        self._remember(what, got.array, problem, expected, text(got.array))

    def fact(
        self,
        what: str,
        got: Any,
        expected: Any,
        problem: str,
        kinds: tuple[str, str] | None = None,
    ) -> None:
        """Compare something that is not an array: a shape, a type, a yes or no.

        Parameters
        ----------
        kinds : pair of str, optional
            What to show of a yes or no that differs: what should be there, and what is.
        """
        wanted, shown = kinds or (expected, str(got))
        self._remember(what, got, "" if got == expected else problem, wanted, shown)

    def shape(self, what: str, got: Value, expected: tuple[int, ...]) -> None:
        """Compare a shape; what has no shape fails with what it is."""
        if got.array is None:
            self._remember(what, got.type, f"is {described(got)}", expected, described(got))
        else:
            self.fact(f"the shape of {what}", got.array.shape, expected, "is not what it should be")

    def tensor(self, what: str, got: Value, dtypes: tuple[str, ...] = ()) -> None:
        """Check that something is a tensor of numbers with a fraction, or of these dtypes."""
        right = got.type in ("Tensor", "Parameter")
        right = right and (got.dtype in dtypes if dtypes else got.dtype.startswith("float"))
        wanted = "a tensor of " + (" or ".join(dtypes) or "floats")
        problem = "" if right else f"is {described(got)}"
        self._remember(what + "'s type", (got.type, got.dtype), problem, wanted, described(got))

    def _remember(self, what: str, seen: Any, problem: str, expected: Any, got: str) -> None:
        self.observations.append((what, seen))
        if problem:
            self.failures.append(Failure(what, problem, self.given, text(expected), got))


def program_of(*steps: dict[str, Any], **arrays: Any) -> Program:
    """Return a program of steps, with the arrays that they name."""
    return {"steps": list(steps)}, {name: travelling(array) for name, array in arrays.items()}


def travelling(array: Any) -> np.ndarray:
    """Return arrays as they are; of lists, floats become float32 and whole numbers int64."""
    if isinstance(array, np.ndarray):
        return array
    array = np.asarray(array)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def agree(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    """Whether two arrays hold the same numbers, up to rounding."""
    if first is None or second is None:
        return first is second
    if first.shape != second.shape:
        return False
    if not (is_numeric(first) and is_numeric(second)):
        return bool(np.array_equal(first, second))
    first, second = first.astype(np.float64), second.astype(np.float64)
    return np.allclose(first, second, RELATIVE, ABSOLUTE, equal_nan=True)


def difference(array: np.ndarray, expected: np.ndarray) -> str:
    """Say how an array differs from the expected one, without a number; empty if it does not."""
    if array.shape != expected.shape:
        return "has another shape than it should"
    return "" if agree(array, expected) else "has other numbers than it should"


def is_numeric(array: np.ndarray) -> bool:
    return array.dtype.kind in "biuf"


def described(value: Value) -> str:
    """Say what a value is, as in 'Tensor of int64', 'a Python float' or 'None'.

    Only names that are known are repeated: a submission could name a class after hidden inputs.
    """
    if value.type == "NoneType":
        return "None"
    if value.type in PYTHON_NUMBERS:
        return f"a Python {value.type}"
    kind = value.type if value.type in KINDS else "an object of another type"
    return f"{kind} of {value.dtype}" if value.dtype in DTYPES else kind


def text(value: Any) -> str:
    """Show a value in a line, shortened where it is long."""
    if isinstance(value, np.ndarray):
        # Of eight dimensions, three numbers at each edge are over a million.
        edge = 3 if value.ndim <= 2 else 1
        shown = np.array2string(value, precision=4, threshold=24, edgeitems=edge, separator=", ")
        shown = " ".join(shown.split())
        shape = "" if value.ndim == 0 else f", shape {value.shape}"
    else:
        shown, shape = str(value), ""
    return (shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "...") + shape
