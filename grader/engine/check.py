"""What a test has in hand: it calls a submission, compares what came, and remembers both.

A test is a plain function marked with :func:`check` that takes a :class:`Check` of that name. It
never raises for a wrong answer: each comparison is remembered, and so are the failures, so that all
that a submission returned can be compared with what a known mistake returns.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from grader.engine.cleaning import clean_line
from grader.engine.replies import Reply, StudentError
from grader.engine.shapes import shape_hint

# Wide enough for float32 in any order of operations, narrow enough that no known mistake fits.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
SHOWN = 120
PRINTED = 2000  # last characters of what the code printed in a test
# Bytes of an array whose shape is not known beforehand, and that is looked at all the same.
FEW = 1 << 17
PYTHON_NUMBERS = frozenset(("bool", "int", "float", "complex"))


class Caller(Protocol):
    """Calls an adapter's function over a submission: in a sandbox, or in this process."""

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply: ...


@dataclass(frozen=True)
class Mark:
    """What a test says of itself beside its docstring.

    Attributes
    ----------
    id : str
        Its id in ``assignment.toml``.
    topic : str
        What it looks at; a mistake must explain all tests of a question about the same thing.
    depends_on : tuple of str
        Parts or tests that it is not about. Where a part is wrong, the test is judged with the
        reference's part; where a test failed, it is not run.
    diagnostic : bool
        Whether what a submission returns tells one mistake from another.
    """

    id: str
    topic: str = ""
    depends_on: tuple[str, ...] = ()
    diagnostic: bool = True


def check(
    id_: str, topic: str = "", depends_on: tuple[str, ...] = (), diagnostic: bool = True
) -> Callable[[Callable], Any]:
    """Mark a function as the test of this id; its docstring is the sentence a student reads."""

    def mark(function: Any) -> Any:
        function.mark = Mark(id_, topic or id_, depends_on, diagnostic)
        return function

    return mark


ANSWER = "answer"  # what a call without an answer is remembered as


@dataclass(frozen=True, eq=False)
class Observation:
    """What a submission returned in one comparison, or how a call ended without an answer.

    Attributes
    ----------
    what : str
        What was compared; ``ANSWER`` for a call without an answer.
    seen : object
        A word, a type, a shape or numbers.
    topic : str
        What it is about: ``Check.topic`` at that time.
    call : int
        After how many calls it was made, so that what one call showed can be told from the rest.
    failed : bool
    """

    what: str
    seen: Any
    topic: str = ""
    call: int = 0
    failed: bool = False

    def same_as(self, other: "Observation") -> bool:
        """Whether two submissions returned the same here, up to rounding."""
        if self.what != other.what:
            return False
        if isinstance(self.seen, np.ndarray) and isinstance(other.seen, np.ndarray):
            return agree(self.seen, other.seen)
        arrays = isinstance(self.seen, np.ndarray) or isinstance(other.seen, np.ndarray)
        return not arrays and bool(self.seen == other.seen)


@dataclass(frozen=True)
class Failure:
    """One comparison that failed, or a call without an answer.

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
    no_answer: bool = False


class Stopped(Exception):
    """The test cannot go on: there is no answer to judge."""


class Value:
    """One thing that a submission returned: what it is, its numbers or what it holds.

    A submission chooses the size of what it returns. So a test gets numbers only from ``numbers``,
    which compares the shape, or from ``few``, which bounds the size: computing with an array of
    any shape, such as indexing it, could take all memory.
    """

    def __init__(self, node: Any = None, arrays: Mapping[str, np.ndarray] | None = None) -> None:
        self._node = node if isinstance(node, dict) else {}
        self._arrays = arrays or {}

    @classmethod
    def of(cls, array: np.ndarray, type_: str = "ndarray") -> "Value":
        """Return an array as a value."""
        node = {"type": type_, "dtype": str(array.dtype), "array": "0"}
        return cls(node, {"0": array})

    def __getitem__(self, key: str | int) -> "Value":
        """Return what a tuple or a dict holds there; ``nothing`` if it holds nothing there."""
        inside = self._node.get("items" if isinstance(key, int) else "values")
        if isinstance(key, int) and isinstance(inside, list) and key < len(inside):
            return Value(inside[key], self._arrays)
        return Value(inside.get(key) if isinstance(inside, dict) else None, self._arrays)

    @property
    def items(self) -> list["Value"]:
        """What a tuple or a list holds."""
        inside = self._node.get("items")
        return [Value(i, self._arrays) for i in inside] if isinstance(inside, list) else []

    @property
    def type(self) -> str:
        return str(self._node.get("type", "nothing"))

    @property
    def dtype(self) -> str:
        return str(self._node.get("dtype", ""))

    @property
    def length(self) -> int | None:
        """How many things a tuple or a list holds."""
        length = self._node.get("length")
        return length if isinstance(length, int) else None

    @property
    def text(self) -> str:
        """A string, as it came."""
        return str(self._node.get("text", ""))

    @property
    def is_true(self) -> bool:
        """Whether it is the truth value True."""
        array = self.numbers()
        return array is not None and array.dtype.kind == "b" and bool(array)

    @property
    def unchecked(self) -> np.ndarray | None:
        """The numbers, of whatever shape and size."""
        name = self._node.get("array")
        return self._arrays.get(name) if isinstance(name, str) else None

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


class Check:
    """Call a submission, compare with what is right, remember what it returned.

    Parameters
    ----------
    caller : Caller
        Where calls run.
    reference : frozenset of str
        Parts that come from the reference, because the submission's own are wrong.
    variant : int
        Which of its inputs a hidden test uses, from 0 to ``VARIANTS - 1``.
    topic : str
        What the comparisons are about; see ``about``.
    """

    def __init__(
        self,
        caller: Caller,
        reference: frozenset[str] = frozenset(),
        variant: int = 0,
        topic: str = "",
    ) -> None:
        self._caller = caller
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.reference = reference
        self.variant = variant
        self.topic = topic
        self.given = ""
        self.printed = ""
        self.failures: list[Failure] = []
        self.observations: list[Observation] = []

    @contextlib.contextmanager
    def about(self, topic: str) -> Iterator[None]:
        """Let comparisons be about one of several things that a test looks at."""
        before, self.topic = self.topic, topic
        try:
            yield
        finally:
            self.topic = before

    def random(self, seed: int) -> np.random.RandomState:
        """Return random numbers that differ from variant to variant."""
        return np.random.RandomState((seed, self.variant))

    def call(self, function: Callable, *args: Any, given: str = "", **kwargs: Any) -> Value:
        """Call a function of the adapter over the submission.

        Parameters
        ----------
        function : callable
            Its first parameter is the submission; ``args`` and ``kwargs`` are the others.
        given : str
            The call as a student would write it, for the report of a public test.

        Raises
        ------
        Stopped
            If there is no answer; the reason is remembered.
        """
        __tracebackhide__ = True
        self.given = given
        arguments = inspect.signature(function).bind(None, *args, **kwargs).arguments
        submission = next(iter(arguments))
        del arguments[submission]
        self.asked.append((function.__name__, arguments))
        reply = self._caller(function.__name__, arguments, self.reference)
        self.printed = (self.printed + reply.output)[-PRINTED:]
        if reply.status == "ok":
            return Value(reply.result, reply.arrays)
        error = reply.error
        said = f"{error.type}: {error.message}" if error else reply.status
        self.observations.append(
            Observation(ANSWER, said, self.topic, len(self.asked), failed=True)
        )
        what = error.type if error else reply.sentence
        self.failures.append(
            Failure("the call", what, given, got=said, error=error, no_answer=True)
        )
        raise Stopped

    def try_call(self, function: Callable, *args: Any) -> Value | None:
        """Call what a right submission may refuse; None if it does."""
        try:
            return Check(self._caller, self.reference, self.variant).call(function, *args)
        except Stopped:
            return None

    def call_each(self, function: Callable, *calls: tuple) -> Iterator[Value | None]:
        """Yield what each call returns; None for a call without an answer, which is remembered.

        The other calls may tell more. Each call is made when its answer is asked for.
        """
        __tracebackhide__ = True
        for arguments in calls:
            try:
                answer = self.call(function, *arguments)
            except Stopped:
                answer = None
            yield answer

    def array_equal(self, what: str, got: Value, expected: Any, again: Value | None = None) -> None:
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
            got = Value.of(np.zeros(expected.shape), "gradient")
        array = got.numbers(*expected.shape)
        if array is None or agree(array, expected) or np.any(array):
            self.array_equal(what, got, expected)
        else:
            self._remember(what, array, "is missing or zero", expected, got)

    def equal(
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
            problem = _shape_problem("is", got.shape, expected)
            self.equal(f"the shape of {what}", got.shape, expected, problem)

    def tensor(self, what: str, got: Value, dtypes: tuple[str, ...] = ()) -> None:
        """Check that something is a tensor of numbers with a fraction, or of these dtypes."""
        right = got.type in ("Tensor", "Parameter")
        right = right and (got.dtype in dtypes if dtypes else got.dtype.startswith("float"))
        wanted = "a tensor of " + (" or ".join(dtypes) or "floats")
        problem = "" if right else f"is {described(got)}"
        self._remember(
            f"the type of {what}", (got.type, got.dtype), problem, wanted, described(got)
        )

    def _remember(
        self, what: str, seen: Any, problem: str, expected: Any, got: Value | str
    ) -> None:
        failed = bool(problem)
        self.observations.append(Observation(what, seen, self.topic, len(self.asked), failed))
        if problem and self.failures:
            self.failures.append(Failure(what, problem, self.given))
        elif problem:  # only the first failure is shown in full, and text takes time
            shown = got.shown if isinstance(got, Value) else got
            self.failures.append(Failure(what, problem, self.given, text(expected), shown))


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
    return _shape_problem("has shape", value.shape, shape)


def _shape_problem(verb: str, got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    hint = shape_hint(got, expected).rstrip(".")
    return f"{verb} {got}, not {expected}" + (f". {hint}" if hint else "")


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
