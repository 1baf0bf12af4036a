"""What a test has in hand: it asks a worker, compares what came, and remembers both.

A test is a function marked with :func:`graded` that takes a :class:`Judge`. It never raises for a
wrong answer: each comparison is remembered, and so are the failures, so that all that a
submission returned can be compared with what a known mistake returns.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from grader.engine.cleaning import clean_line
from grader.engine.replies import Reply, StudentError

# Wide enough for float32 in any order of operations, narrow enough that no known mistake fits.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
SHOWN = 120
# Bytes of an array whose shape is not known beforehand, and that is looked at all the same.
FEW = 1 << 17
PYTHON_NUMBERS = frozenset(("bool", "int", "float", "complex"))

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

    ``what`` and ``problem`` hold shapes and types, but no number and no input; ``given``,
    ``expected`` and ``got`` do, and are for public tests and for instructors. A test's first
    failure has these two.
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
    """One thing that a submission returned: what it is, and its numbers if it has some.

    A submission chooses the size of what it returns. So a test gets numbers only from ``numbers``,
    which compares the shape, or from ``few``, which bounds the size: computing with an array of
    any shape, such as indexing it, could take all memory.
    """

    type: str = "nothing"
    dtype: str = ""
    unchecked: np.ndarray | None = field(default=None, repr=False)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of the numbers; None if there are none."""
        return None if self.unchecked is None else self.unchecked.shape

    def numbers(self, *shape: int) -> np.ndarray | None:
        """Return the numbers if they have this shape, else None."""
        return self.unchecked if self.shape == shape else None

    def few(self) -> np.ndarray | None:
        """Return the numbers of any shape; None if there are none, or more than ``FEW`` bytes."""
        small = self.unchecked is not None and self.unchecked.nbytes <= FEW
        return self.unchecked if small else None

    @property
    def shown(self) -> str:
        """The numbers in a line, or what the value is if it has none."""
        return described(self) if self.unchecked is None else text(self.unchecked)


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
            unchecked=self.reply.arrays.get(name),
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
    variant : int
        Which of its inputs a hidden test should use, from 0 to ``VARIANTS - 1``.
    """

    def __init__(self, ask: Ask, apart: bool = False, variant: int = 0) -> None:
        self._ask = ask
        self.apart = apart
        self.variant = variant
        self.given = ""
        self.failures: list[Failure] = []
        self.observations: list[tuple[str, Any]] = []

    def random(self, seed: int) -> np.random.RandomState:
        """Return random numbers that differ from variant to variant."""
        return np.random.RandomState((seed, self.variant))

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
        """Run steps that a right submission may refuse; None if it does."""
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
        array = got.numbers(*expected.shape)
        if array is None:
            self._remember(what, seen_of(got), _misfit(got, expected.shape), expected, got)
        elif again is not None and not agree(array, again.numbers(*expected.shape)):
            self._remember(what, "random", "changes from call to call", expected, got)
        else:
            problem = "" if agree(array, expected) else "has other numbers than it should"
            self._remember(what, array, problem, expected, got)

    def gradient(self, what: str, got: Value, expected: np.ndarray) -> None:
        """Compare a gradient; none at all is the same as zeros."""
        if got.shape is None:
            got = Value("gradient", "", np.zeros(expected.shape))
        array = got.numbers(*expected.shape)
        if array is None or agree(array, expected) or np.any(array):
            self.equal(what, got, expected)
        else:
            self._remember(what, array, "is missing or zero", expected, got)

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
        if got.shape is None:
            self._remember(what, got.type, _misfit(got, expected), expected, got)
        else:
            problem = f"is {got.shape}, not {expected}"
            self.fact(f"the shape of {what}", got.shape, expected, problem)

    def tensor(self, what: str, got: Value, dtypes: tuple[str, ...] = ()) -> None:
        """Check that something is a tensor of numbers with a fraction, or of these dtypes."""
        right = got.type in ("Tensor", "Parameter")
        right = right and (got.dtype in dtypes if dtypes else got.dtype.startswith("float"))
        wanted = "a tensor of " + (" or ".join(dtypes) or "floats")
        problem = "" if right else f"is {described(got)}"
        self._remember(what + "'s type", (got.type, got.dtype), problem, wanted, described(got))

    def _remember(
        self, what: str, seen: Any, problem: str, expected: Any, got: Value | str
    ) -> None:
        self.observations.append((what, seen))
        if problem and self.failures:
            self.failures.append(Failure(what, problem, self.given))
        elif problem:  # only the first failure is shown in full, and text takes time
            shown = got.shown if isinstance(got, Value) else got
            self.failures.append(Failure(what, problem, self.given, text(expected), shown))


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


def seen_of(value: Value) -> Any:
    """Return what to remember of a value that may have any shape."""
    if value.shape is None:
        return value.type
    array = value.few()
    return value.shape if array is None else array


def _misfit(value: Value, shape: tuple[int, ...]) -> str:
    """Say why a value cannot be compared with numbers of a shape."""
    if value.shape is None:
        return f"is {described(value)}"
    return f"has shape {value.shape}, not {shape}"


def is_constant(array: np.ndarray) -> bool:
    """Whether an array holds one number again and again."""
    return bool(array.size) and bool((array == array.flat[0]).all())


def is_numeric(array: np.ndarray) -> bool:
    return array.dtype.kind in "biuf"


def described(value: Value) -> str:
    """Say what a value is, as in 'Tensor of int64', 'a Python float' or 'None'."""
    if value.type == "NoneType":
        return "None"
    if value.type in PYTHON_NUMBERS:
        return f"a Python {value.type}"
    # A submission makes up its classes' names.
    kind = clean_line(value.type, 60) or "an object"
    return f"{kind} of {clean_line(value.dtype, 20)}" if value.dtype else kind


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
