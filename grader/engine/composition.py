"""What a question asks for as a pipeline of parts, and a submission as one choice for each part.

A part is a small function: its name is the value that it makes, its parameters are the values that
it reads, made by other parts or given at the start. A misconception is another choice for a part.
Choices compose: a submission may make any mistakes together, each in one output or in several.
"""

import ast
import dis
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

# In one output. Four and more are never told apart by a handful of tests.
MOST_MISTAKES = 3
WHOLE = ""  # the part of a choice that replaces a function or method outright


def _identity(value: Any) -> Any:
    return value


@dataclass(frozen=True, eq=False)
class Choice:
    """One way of doing a part.

    Attributes
    ----------
    part : str
    function : callable
        From the values that its parameters name to the value that the part makes. It must not
        change what it is given.
    mistake : str
        Id of the misconception that does it so; empty for the right way.
    setup : callable, optional
        Is called with a new object that the submission makes, where the choice needs more of it.
    replaces : str
        For the part ``WHOLE``, the function or method that it replaces.
    within : tuple of str
        Topics of the outputs in which it can be chosen; all of them if it is empty.
    """

    part: str
    function: Callable
    mistake: str = ""
    setup: Callable | None = None
    replaces: str = ""
    within: tuple[str, ...] = ()

    def fits(self, output: "Output") -> bool:
        return not self.within or output.topic in self.within

    @cached_property
    def needs(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.function).parameters)

    @cached_property
    def passes_on(self) -> bool:
        """Whether it is the right way, and that is to return the one value that it reads."""
        return not self.mistake and self.function.__code__.co_code == _identity.__code__.co_code


@dataclass(frozen=True, eq=False)
class Output:
    """One thing that a submission computes, explained by itself.

    Attributes
    ----------
    call : str
        The submission's function that computes it, with what it takes: ``"fit(x, y)"``.
        Its parameters are the values at the start. Outputs with the same call are what the function
        returns, in order.
    value : str
        The part whose value it returns.
    topic : str
        The topic of the observations that are about it; empty if it is the question's only output.
    takes : mapping
        From a value's name to the part that makes it in this output, where it is another one.
    observed : pair of str, optional
        A test, and the name of its observations of the output's value.
    given : callable, optional
        From the arguments of a test's call of the adapter to the values at the start.
    fixed : mapping
        Values at the start that are the same in every call.
    words : mapping
        From parts whose values tests look at as words, to the test and the name of the observation.
    uses : tuple of str
        The submission's other functions that parts of this output call, values at the start too.
    """

    call: str
    value: str
    topic: str = ""
    takes: Mapping[str, str] = field(default_factory=dict)
    observed: tuple[str, str] | None = None
    given: Callable[..., Mapping[str, Any]] | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    uses: tuple[str, ...] = ()

    @cached_property
    def start(self) -> tuple[str, ...]:
        names = self.call.partition("(")[2].rstrip(")").split(",")
        return (*(name.partition("=")[0].strip() for name in names), *self.uses, *self.fixed)


@dataclass(frozen=True, eq=False)
class Misconception:
    """A mistake: its two sentences, and the choices that make it.

    Attributes
    ----------
    asked_in : str
        The question's id.
    severity : str
        How much of its question it should cost, in the assignment's own words.
    diagnosis : str
        What was done, in a sentence that stays true beside other mistakes.
    question : str
        What a student should ask, in a sentence that does not give the solution away.
    general : str
        Id of a claim that says less, and is true of this mistake as well.
    choices : list of Choice
        Several where the same mistake can be made in several parts; none for a mere claim.
    """

    id: str
    asked_in: str
    severity: str
    diagnosis: str
    question: str
    general: str
    choices: list[Choice]
    pipeline: "Pipeline"

    @cached_property
    def composition(self) -> "Composition":
        """The submission that makes this mistake wherever it can be made, and no other."""
        return self.pipeline.composition(self)

    def load(self, file: str) -> ModuleType:
        """Return a file of that submission as a module."""
        return self.composition.load(file)

    def write(self, folder: Path) -> Path:
        """Write that submission as files; return ``folder``."""
        return self.composition.write(folder)


class Pipeline:
    """The parts of one question, and the mistakes that are made in them.

    Attributes
    ----------
    files : tuple of str
        The files of a submission, without ``.py``.

    Parameters
    ----------
    question : str
        Its id.
    file : str
        The submission's file that answers it, without ``.py``.
    owner : str
        What stands before the name of a function that is replaced: ``"Net."`` for a method.
    """

    files: tuple[str, ...] = ()

    def __init__(self, question: str, file: str, *outputs: Output, owner: str = "") -> None:
        self.question, self.file, self.owner = question, file, owner
        self.outputs = {output.topic: output for output in outputs}
        self.right: dict[str, Choice] = {}
        self.wrong_choices: dict[str, list[Choice]] = {}
        self.mistakes: dict[str, Misconception] = {}
        self._parts_of: dict[tuple[Output, Choice], frozenset[str]] = {}
        # From the topics of outputs to what a diagnosis says for "{where}".
        self.where: Callable[[list[str]], str] = ", ".join
        # Whether a choice may be tried in all outputs at once, for none of them hides another.
        self.independent = False

    # What a file of the catalogue writes

    def part(self, function: Callable) -> Callable:
        """Add the right way of doing a part, of the function's name."""
        self.right[function.__name__] = Choice(function.__name__, function)
        return function

    def wrong(
        self,
        part: str,
        severity: str,
        diagnosis: str,
        question: str,
        general: str = "",
        setup: Callable | None = None,
        within: tuple[str, ...] = (),
        name: str = "",
    ) -> Callable[[Callable], Callable]:
        """Add a misconception, a wrong way of doing a part; its id is the function's name.

        Questions that share a function give each of its mistakes a ``name`` of its own.
        """
        if part not in self.right:
            raise ValueError(f"{self.question} has no part {part}")

        def add(function: Callable) -> Callable:
            entry = self._enter(name or function.__name__, severity, diagnosis, question, general)
            self._choose(Choice(part, function, entry.id, setup, within=within))
            return function

        return add

    def also(self, mistake: str, part: str) -> Callable[[Callable], Callable]:
        """Add what a misconception does in another part."""

        def add(function: Callable) -> Callable:
            self._choose(Choice(part, function, self.mistakes[mistake].id))
            return function

        return add

    def whole(
        self, replaces: str, severity: str, diagnosis: str, question: str
    ) -> Callable[[Callable], Callable]:
        """Add a misconception that is no choice for a part: another function or method."""

        def add(function: Callable) -> Callable:
            entry = self._enter(function.__name__, severity, diagnosis, question)
            self._choose(Choice(WHOLE, function, entry.id, replaces=replaces))
            return function

        return add

    def claim(self, id_: str, diagnosis: str, question: str) -> None:
        """Add what several mistakes have in common, for where they cannot be told apart."""
        self._enter(id_, "", diagnosis, question)

    def _enter(
        self, name: str, severity: str, diagnosis: str, question: str, general: str = ""
    ) -> Misconception:
        id_ = name.replace("_", "-")
        if id_ in self.mistakes:
            raise ValueError(f"two misconceptions have the id {id_}")
        sentences = diagnosis, question
        entry = Misconception(id_, self.question, severity, *sentences, general, [], self)
        self.mistakes[id_] = entry
        return entry

    def _choose(self, choice: Choice) -> None:
        self.mistakes[choice.mistake].choices.append(choice)
        if choice.part != WHOLE:
            self.wrong_choices.setdefault(choice.part, []).append(choice)

    # What follows from it

    @property
    def setups(self) -> tuple[Callable, ...]:
        """What every choice needs of an object of the submission."""
        choices = (c for choices in self.wrong_choices.values() for c in choices)
        return tuple(choice.setup for choice in choices if choice.setup)

    def made_by(self, output: Output, value: str) -> str:
        """Return the part that makes a value; empty for one that is given at the start."""
        part = output.takes.get(value, value)
        if part in self.right:
            return part
        if value not in output.start:
            raise ValueError(f"{self.question}: nothing makes {value} for {output.call}")
        return ""

    def parts_of(self, output: Output, choice: Choice) -> frozenset[str]:
        """Return the parts whose values a choice reads."""
        key = output, choice
        if key not in self._parts_of:
            made = (self.made_by(output, value) for value in choice.needs)
            self._parts_of[key] = frozenset(part for part in made if part)
        return self._parts_of[key]

    @cached_property
    def _order(self) -> dict[str, int]:
        return {part: place for place, part in enumerate(self.right)}

    def in_order(self, parts: Mapping[str, Choice]) -> list[str]:
        return sorted(parts, key=self._order.__getitem__)

    def completed(self, output: Output, wrong: Mapping[str, Choice]) -> dict[str, Choice]:
        """Return the choice of every part that an output needs; right ones but for ``wrong``."""
        chosen: dict[str, Choice] = {}
        pending = {output.takes.get(output.value, output.value)}
        while pending:
            part = pending.pop()
            chosen[part] = wrong.get(part, self.right[part])
            pending |= self.parts_of(output, chosen[part]) - chosen.keys()
        return chosen

    def sets(
        self, output: Output, size: int, without: Collection[Choice] = ()
    ) -> Iterator[dict[str, Choice]]:
        """Yield every way of computing an output with so many wrong choices, all of them needed."""
        chosen: dict[str, Choice] = {}

        def extend(pending: frozenset[str], left: int) -> Iterator[dict[str, Choice]]:
            if not pending:
                if not left:
                    yield chosen
                return
            part = max(pending, key=self._order.__getitem__)
            others = self.wrong_choices.get(part, ()) if left else ()
            others = [c for c in others if c.fits(output) and c not in without]
            for choice in (self.right[part], *others):
                chosen[part] = choice
                rest = (pending | self.parts_of(output, choice)) - {part}
                yield from extend(rest, left - bool(choice.mistake))
            del chosen[part]

        yield from extend(frozenset({output.takes.get(output.value, output.value)}), size)

    def composition(self, entry: Misconception) -> "Composition":
        """Return the submission that makes a mistake wherever it can be made, and no other."""
        whole = {(WHOLE, choice) for choice in entry.choices if choice.part == WHOLE}
        return Composition(self, self.wherever_possible(entry.choices) | whole)

    def wherever_possible(self, choices: Iterable[Choice]) -> frozenset[tuple[str, Choice]]:
        """Return choices in each of the outputs that have their parts."""
        return frozenset(
            (topic, choice)
            for choice in choices
            for topic, output in self.outputs.items()
            if choice.part in self.completed(output, {}) and choice.fits(output)
        )

    def base(self, file: str) -> list[str]:
        """Return the text of a submission's file in pieces, without what this pipeline defines."""
        raise NotImplementedError

    @cached_property
    def right_pieces(self) -> list[str]:
        """The text of this pipeline's functions in a right submission."""
        return Composition(self, frozenset()).pieces


@dataclass(frozen=True)
class Composition:
    """A submission: which outputs deviate from the right one, and by which choices.

    Attributes
    ----------
    choices : frozenset of (str, Choice)
        The output's topic (``WHOLE`` for what replaces a function), and a wrong choice.
    """

    pipeline: Pipeline
    choices: frozenset[tuple[str, Choice]] = frozenset()

    @property
    def mistakes(self) -> frozenset[str]:
        return frozenset(choice.mistake for _, choice in self.choices)

    def without(self, mistake: str) -> "Composition":
        """Return the submission that does not make a mistake."""
        left = frozenset(pair for pair in self.choices if pair[1].mistake != mistake)
        return Composition(self.pipeline, left)

    @cached_property
    def everywhere(self) -> "Composition":
        """The submission that makes these choices in all outputs that have their parts."""
        choices = frozenset(choice for _, choice in self.choices)
        return Composition(self.pipeline, self.pipeline.wherever_possible(choices))

    def of(self, topic: str) -> dict[str, Choice]:
        """Return the choice of every part that an output needs."""
        wrong = {c.part: c for at, c in self.choices if at == topic and c.part != WHOLE}
        return self.pipeline.completed(self.pipeline.outputs[topic], wrong)

    @cached_property
    def pieces(self) -> list[str]:
        """The text of the functions that compute the outputs."""
        pipeline = self.pipeline
        prefix = f"_{pipeline.question}_"
        pieces: dict[str, None] = {}  # in order, none twice
        setups: list[str] = []
        bodies: dict[str, list[str]] = {}
        returned: dict[str, list[str]] = {}
        for topic, output in pipeline.outputs.items():
            chosen = self.of(topic)
            lines = bodies.setdefault(output.call, [f"def {output.call}:"])
            place = len(returned.setdefault(output.call, []))
            local = {part: f"{part}_{place}" if place else part for part in chosen}
            local |= {value: repr(constant) for value, constant in output.fixed.items()}
            for part in pipeline.in_order(chosen):
                choice = chosen[part]
                pieces |= dict.fromkeys(definitions(choice.function, prefix))
                if choice.setup:
                    pieces |= dict.fromkeys(definitions(choice.setup, prefix))
                    setups.append(prefix + choice.setup.__name__)
                names = [pipeline.made_by(output, value) or value for value in choice.needs]
                reads = ", ".join(local.get(name, name) for name in names)
                lines.append(f"    {local[part]} = {prefix}{choice.function.__name__}({reads})")
            returned[output.call].append(local[pipeline.made_by(output, output.value)])
        for call, lines in bodies.items():
            pieces["\n".join([*lines, f"    return {', '.join(returned[call])}\n"])] = None
        for _, choice in self.choices:
            if choice.part == WHOLE:
                pieces |= dict.fromkeys(definitions(choice.function, prefix))
                name = choice.function.__name__
                pieces[f"{pipeline.owner}{choice.replaces} = {prefix}{name}\n"] = None
        if setups:
            pieces[f"SETUPS = ({', '.join(dict.fromkeys(setups))},)\n"] = None
        return list(pieces)

    def source(self, file: str) -> str:
        """Return the text of a file of this submission."""
        return "\n\n".join(self._pieces_of(file))

    def _pieces_of(self, file: str) -> list[str]:
        own = self.pieces if file == self.pipeline.file else []
        return [*self.pipeline.base(file), *own]

    @cached_property
    def _modules(self) -> dict[str, ModuleType]:
        return {}

    def load(self, file: str) -> ModuleType:
        """Return a file of this submission as a module, to be called in this process."""
        if file not in self._modules:
            module = ModuleType(file)
            for piece in self._pieces_of(file):
                exec(compiled(piece), vars(module))
            self._modules[file] = module
        return self._modules[file]

    def write(self, folder: Path) -> Path:
        """Write this submission as files; return ``folder``."""
        sources = {file: self.source(file) for file in self.pipeline.files}
        for file, text in {"__init__": "", **sources}.items():
            path = folder / "submission" / f"{file}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder


@lru_cache(maxsize=2000)
def compiled(piece: str) -> CodeType:
    return compile(piece, "<catalogue>", "exec")


@lru_cache(maxsize=2000)
def definitions(function: FunctionType, prefix: str = "") -> tuple[str, ...]:
    """Return the text of a function, under a name with a prefix, after what it uses of its file."""
    text = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(text).body[0]
    lines = text.splitlines()[tree.lineno - 1 :]
    lines[0] = lines[0].replace(f"def {function.__name__}(", f"def {prefix}{function.__name__}(", 1)
    pieces: list[str] = []
    for name in _globals_in(function.__code__):
        value = function.__globals__.get(name)
        if value is function:  # or its name is also that of an attribute
            continue
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            pieces += definitions(value)
        elif isinstance(value, (int, float, str, tuple, dict)):
            pieces.append(f"{name} = {value!r}\n")
    return (*pieces, "\n".join(lines) + "\n")


def _globals_in(code: CodeType) -> list[str]:
    names = [i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"]
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [*names, *(name for c in inner for name in _globals_in(c))]


RANDOM = "random"  # what a value is raised as that is another one each time


@dataclass(eq=False, slots=True)
class Computed:
    """A value of a pipeline, or the name of the exception that it ended in."""

    value: Any = None
    raised: str = ""


@dataclass(eq=False, slots=True)
class Reached:
    """Values of some parts, and all the choices that lead to them.

    Attributes
    ----------
    values : tuple of Computed
    ways : list of (Choice, Reached)
        The last choice, and what it started from.
    """

    values: tuple[Computed, ...]
    ways: "list[tuple[Choice, Reached]]"

    def sets(self) -> "Iterator[dict[str, Choice]]":
        """Yield the wrong choices of each way, by part."""
        if not self.ways:
            yield {}
        for choice, before in self.ways:
            for chosen in before.sets():
                yield {**chosen, choice.part: choice} if choice.mistake else chosen


class Values:
    """Computes an output of many compositions from one start; each value is computed once."""

    def __init__(self, pipeline: Pipeline, output: Output, start: Mapping[str, Any]) -> None:
        self._pipeline, self._output = pipeline, output
        values = {**output.fixed, **start}
        self._start = {name: Computed(value) for name, value in values.items()}
        self._computed: dict[tuple, Computed] = {}
        self._same: dict[tuple, Computed] = {}  # by the numbers
        self._steady: dict[Choice, bool] = {}
        self._reads: dict[Choice, tuple[tuple[str, str], ...]] = {}
        self._reached: dict[tuple[tuple[str, ...], int], list[Reached]] = {}

    def of(self, chosen: Mapping[str, Choice], value: str = "") -> Computed:
        """Return the output's value with these choices, or another value of the pipeline."""
        value = value or self._output.value
        part = self._pipeline.made_by(self._output, value)
        return self._make(part, chosen, {}) if part else self._start[value]

    def reached(self, size: int) -> list[Reached]:
        """Return each value that the output has with so many wrong choices, all of them needed.

        It stands there once, with all the sets of choices that lead to it.
        """
        part = self._output.takes.get(self._output.value, self._output.value)
        return self._reach((part,), size)

    def _reach(self, parts: tuple[str, ...], size: int) -> list[Reached]:
        """Return each row of values that parts, in order, have with so many wrong choices."""
        key = parts, size
        if key in self._reached:
            return self._reached[key]
        if not parts:
            return [] if size else [Reached((), [])]
        *others, last = parts
        found: dict[tuple[Computed, ...], Reached] = {}
        for choice in self._choices_of(last) if size else (self._pipeline.right[last],):
            reads = self._read_by(choice)
            before = self._pipeline.in_order({*others, *(maker for maker, _ in reads if maker)})
            kept = [before.index(part) for part in others]
            places = [before.index(maker) if maker else -1 for maker, _ in reads]
            start = [None if maker else self._start[name] for maker, name in reads]
            reached = self._reach(tuple(before), size - bool(choice.mistake))
            if choice.passes_on and not others and before:
                found = {each.values: Reached(each.values, each.ways[:]) for each in reached}
                continue
            for earlier in reached:
                values = earlier.values
                computed = self._compute(
                    choice, tuple([given or values[k] for given, k in zip(start, places)])
                )
                row = (*[values[k] for k in kept], computed)
                way = choice, earlier
                if row in found:
                    found[row].ways.append(way)
                else:
                    found[row] = Reached(row, [way])
        self._reached[key] = list(found.values())
        return self._reached[key]

    def _choices_of(self, part: str) -> list[Choice]:
        wrong = self._pipeline.wrong_choices.get(part, ())
        return [self._pipeline.right[part], *(c for c in wrong if c.fits(self._output))]

    def _make(self, part: str, chosen: Mapping[str, Choice], made: dict[str, Computed]) -> Computed:
        """Return what a part makes; ``made`` holds what other parts have made already."""
        choice = chosen.get(part) or self._pipeline.right[part]
        reads = [
            (made.get(maker) or self._make(maker, chosen, made)) if maker else self._start[name]
            for maker, name in self._read_by(choice)
        ]
        computed = made[part] = self._compute(choice, tuple(reads))
        return computed

    def _read_by(self, choice: Choice) -> tuple[tuple[str, str], ...]:
        """Return the values that a choice reads, each after the part that makes it."""
        if choice not in self._reads:
            names = choice.needs
            makers = ((self._pipeline.made_by(self._output, name), name) for name in names)
            self._reads[choice] = tuple(makers)
        return self._reads[choice]

    def _compute(self, choice: Choice, reads: tuple[Computed, ...]) -> Computed:
        key = (choice, *reads)
        computed = self._computed.get(key)
        if computed is None:
            computed = self._computed[key] = self._apply(choice, reads)
        return computed

    def _apply(self, choice: Choice, reads: tuple[Computed, ...]) -> Computed:
        """Return what a choice makes of values: the same object for the same numbers."""
        for read in reads:
            if read.raised:
                return read
        values = [read.value for read in reads]
        try:
            value = choice.function(*values)
            for read in reads:
                if value is read.value:
                    return read
            numbers = fingerprint(value)
            if numbers and choice not in self._steady:
                self._steady[choice] = fingerprint(choice.function(*values)) == numbers
        except Exception as error:
            numbers, computed = ("raised", type(error).__name__), Computed(raised=type(error).__name__)
        else:
            computed = Computed(value)
            if not numbers:
                return computed
            if not self._steady[choice]:
                numbers, computed = (RANDOM,), Computed(raised=RANDOM)
        return self._same.setdefault(numbers, computed)


def fingerprint(value: Any) -> tuple:
    """Return what two tensors or arrays with the same numbers have in common; nothing of others."""
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        return ()
    kept = getattr(value, "requires_grad", False)
    try:
        array = value.detach().numpy() if hasattr(value, "numpy") else np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        return ()
    return type(value), value.dtype, array.shape, array.strides, kept, array.tobytes()
