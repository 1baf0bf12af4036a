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
    replaces : str
        For the part ``WHOLE``, the function or method that it replaces.
    within : tuple of str
        Topics of the outputs in which it can be chosen; all of them if it is empty.
    constant : tuple
        What the function's last parameter is, where it stands for several mistakes; else nothing.
    """

    part: str
    function: Callable
    mistake: str = ""
    replaces: str = ""
    within: tuple[str, ...] = ()
    constant: tuple[Any, ...] = ()

    def fits(self, output: "Output") -> bool:
        return not self.within or output.topic in self.within

    @cached_property
    def needs(self) -> tuple[str, ...]:
        parameters = tuple(inspect.signature(self.function).parameters)
        return parameters[: len(parameters) - len(self.constant)]

    @cached_property
    def passes_on(self) -> bool:
        """Whether it is the right way, and that is to return the one value that it reads."""
        return not self.mistake and self.function.__code__.co_code == _identity.__code__.co_code

    def __call__(self, *values: Any) -> Any:
        return self.function(*values, *self.constant)


@dataclass
class Notes:
    """What is said of a wrong way of doing a part beside its two sentences."""

    severity: str = ""
    general: str = ""
    within: tuple[str, ...] = ()
    parameter: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def notes_of(function: Callable) -> Notes:
    return vars(function).setdefault("notes", Notes())


def wrong(
    severity: str = "",
    general: str = "",
    within: tuple[str, ...] = (),
) -> Callable[[Callable], Callable]:
    """Say more of a wrong way of doing a part; see ``Misconception`` and ``Choice``."""

    def note(function: Callable) -> Callable:
        notes = notes_of(function)
        notes.severity, notes.general, notes.within = severity, general, within
        return function

    return note


def each(parameter: str, **values: Any) -> Callable[[Callable], Callable]:
    """Make a function stand for several mistakes, each with a value for its last parameter.

    The names of ``values`` become the mistakes' ids, and ``{parameter}`` in the docstring a value.
    """

    def note(function: Callable) -> Callable:
        if [*inspect.signature(function).parameters][-1:] != [parameter]:
            raise ValueError(f"{parameter} is not the last parameter of {function.__name__}")
        notes = notes_of(function)
        notes.parameter, notes.values = parameter, values
        return function

    return note


def sentences(docstring: str | None, question: str = "") -> tuple[str, str]:
    """Return a docstring's diagnosis and its question, the last line or, if long, paragraph.

    A docstring of one line has a diagnosis alone, and ``question`` is returned with it.
    """
    text = inspect.cleandoc(docstring or "")
    between = "\n\n" if "\n\n" in text else "\n"
    diagnosis, found, own = text.rpartition(between)
    pair = (diagnosis, own) if found else (own, question)
    return " ".join(pair[0].split()), " ".join(pair[1].split())


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
    usual_severity : str
        The severity of a mistake that says none.

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
    usual_severity = ""

    def __init__(self, question: str, file: str, *outputs: Output, owner: str = "") -> None:
        self.question, self.file, self.owner = question, file, owner
        self.outputs = {output.topic: output for output in outputs}
        self.right: dict[str, Choice] = {}
        self.wrong_choices: dict[str, list[Choice]] = {}
        self.mistakes: dict[str, Misconception] = {}
        self._parts_of: dict[tuple[Output, Choice], frozenset[str]] = {}
        # From the topics of outputs to what a diagnosis says for "{where}".
        self.where: Callable[[list[str]], str] = ", ".join
        # From the topics of outputs with a mistake, and of all that may have it, to where it is.
        self.only_in: Callable[[Collection[str], Collection[str]], str] = lambda some, all_: ""
        # Whether a choice may be tried in all outputs at once, for none of them hides another.
        self.independent = False

    # What a file of the catalogue writes

    def part(self, way: Callable | type, prefix: str = "") -> Callable:
        """Add a part: its right way alone, or a class of its ways; return the right way.

        Such a class is a list of functions. ``right`` is the right way, each other one a mistake of
        the function's name, with a diagnosis and a question as its docstring. The docstring of
        the class is the question of those that have none. A function without docstring, of an
        earlier mistake's name, is what that mistake does in this part too. A class without
        ``right`` adds mistakes to a part. Ids begin with ``prefix``, in which questions that share
        a class differ.
        """
        if not isinstance(way, type):
            self.right[way.__name__] = Choice(way.__name__, way)
            return way
        part = way.__name__
        functions = {name: each for name, each in vars(way).items() if inspect.isfunction(each)}
        if right := functions.pop("right", None):
            self.right[part] = Choice(part, right)
        for function in functions.values():
            self._add(part, prefix, function, inspect.cleandoc(way.__doc__ or ""))
        return self.right[part].function

    def _add(self, part: str, prefix: str, function: Callable, question: str) -> None:
        notes = notes_of(function)
        diagnosis, question = sentences(function.__doc__, question)
        for name, value in notes.values.items() or [(function.__name__, None)]:
            if function.__doc__:
                placeholder = f"{{{notes.parameter}}}"
                self._enter(
                    prefix + name,
                    notes.severity or self.usual_severity,
                    diagnosis.replace(placeholder, str(value)),
                    question.replace(placeholder, str(value)),
                    notes.general,
                )
            mistake = self.mistakes[(prefix + name).replace("_", "-")].id
            constant = (value,) if notes.values else ()
            self._choose(Choice(part, function, mistake, "", notes.within, constant))

    def whole(self, replaces: str) -> Callable[[Callable], Callable]:
        """Add a misconception that is no choice for a part: another function or method."""

        def add(function: Callable) -> Callable:
            severity = notes_of(function).severity or self.usual_severity
            entry = self._enter(function.__name__, severity, *sentences(function.__doc__))
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
        if not question.endswith("?"):
            raise ValueError(f"{id_}: the last line is no question")
        sentences = diagnosis, question
        entry = Misconception(id_, self.question, severity, *sentences, general, [], self)
        self.mistakes[id_] = entry
        return entry

    def _choose(self, choice: Choice) -> None:
        self.mistakes[choice.mistake].choices.append(choice)
        if choice.part != WHOLE:
            self.wrong_choices.setdefault(choice.part, []).append(choice)

    # What follows from it

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

    def in_order(self, parts: Iterable[str]) -> list[str]:
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

    def single_choices(self) -> list[tuple[str, Choice]]:
        """Return every wrong choice that an output may need, with the output's topic."""
        return [
            (topic, choice)
            for topic, output in self.outputs.items()
            for chosen in self.sets(output, 1)
            for choice in chosen.values()
            if choice.mistake
        ]

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
        pieces: dict[str, None] = {}  # in order, none twice
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
                name = f"_{pipeline.question}_{part}_{choice.function.__name__}"
                pieces |= dict.fromkeys(definitions(choice.function, name))
                makers = [pipeline.made_by(output, value) or value for value in choice.needs]
                reads = [
                    *(local.get(maker, maker) for maker in makers),
                    *map(repr, choice.constant),
                ]
                lines.append(f"    {local[part]} = {name}({', '.join(reads)})")
            returned[output.call].append(local[pipeline.made_by(output, output.value)])
        for call, lines in bodies.items():
            pieces["\n".join([*lines, f"    return {', '.join(returned[call])}\n"])] = None
        for _, choice in self.choices:
            if choice.part == WHOLE:
                name = f"_{pipeline.question}_{choice.function.__name__}"
                pieces |= dict.fromkeys(definitions(choice.function, name))
                pieces[f"{pipeline.owner}{choice.replaces} = {name}\n"] = None
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
def definitions(function: FunctionType, name: str) -> tuple[str, ...]:
    """Return the text of a function under another name, after what it uses of its file."""
    text = textwrap.dedent(inspect.getsource(function))
    (tree,) = ast.parse(text).body
    lines = text.splitlines()[tree.lineno - 1 :]
    lines[0] = lines[0].replace(f"def {function.__name__}(", f"def {name}(", 1)
    pieces: list[str] = []
    for used in _globals_in(function.__code__):
        value = function.__globals__.get(used)
        if value is function:  # or its name is also that of an attribute
            continue
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            pieces += definitions(value, used)
        elif isinstance(value, (int, float, str, tuple, dict)):
            pieces.append(f"{used} = {value!r}\n")
    return (*pieces, "\n".join(lines) + "\n")


def _globals_in(code: CodeType) -> list[str]:
    names = [i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"]
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [*names, *(name for c in inner for name in _globals_in(c))]


RANDOM = "random"  # stands for a value that is another one each time


@dataclass(eq=False, slots=True)
class Computed:
    """A value of a pipeline, or the name of the exception that it ended in, or ``RANDOM``."""

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
            value = choice(*values)
            for read in reads:
                if value is read.value:
                    return read
            numbers = fingerprint(value)
            if numbers and choice not in self._steady:
                self._steady[choice] = fingerprint(choice(*values)) == numbers
        except Exception as error:
            raised = type(error).__name__
            return self._same.setdefault((raised,), Computed(raised=raised))
        if not numbers:
            return Computed(value)
        if not self._steady[choice]:
            return self._same.setdefault((RANDOM,), Computed(raised=RANDOM))
        return self._same.setdefault(numbers, Computed(value))


def fingerprint(value: Any) -> tuple:
    """Return what two tensors or arrays with the same numbers have in common; nothing of others."""
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        return ()
    trained = getattr(value, "requires_grad", False)
    try:
        array = value.detach().numpy() if hasattr(value, "numpy") else np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        return ()
    return type(value), value.dtype, array.shape, array.strides, trained, array.tobytes()
