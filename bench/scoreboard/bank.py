"""The bank of foreign behaviours: wrong submissions as students write them, and what is wrong.

``tests/grader/foreign/*.py`` are sections that begin with a line ``# %% name``. Then comes the
truth, a line for each mistake: ``# 1c: The interaction has no biases.`` And then the code: whole
functions, which take the place of a right submission's. One whose first parameter is ``self`` is a
method of ``MultiTaskNet``; losses and metric go to their own files; ``# file: mrr.py`` sends what
follows to another file. ``# <- 1`` marks the line on which mistake 1 raises an exception.

After the name may stand the host whose right code makes the rest of the submission (a section of
``hosts.py``), and ``(part)`` if the section is used in others only: ``# with: one, another``
takes their mistakes and their code.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

PROJECT = Path(__file__).parents[2]
FOREIGN = PROJECT / "tests" / "grader" / "foreign"
MODEL, LOSS, MRR = "model.py", "loss.py", "mrr.py"
FILES = (MODEL, LOSS, MRR)
HOME = {
    "bpr_loss": LOSS,
    "regression_loss": LOSS,
    "joint_loss": LOSS,
    "reciprocal_ranks": MRR,
    "mrr_score": MRR,
}
IMPORTS = (
    "import math\n\nimport numpy as np\nimport torch\nimport torch.nn.functional as F\n"
    "from torch import Tensor, nn\n"
)
HOSTS = "hosts.py"
DEFAULT_HOST = "sequential"
# What students are given, and do not change.
GIVEN_CLASSES = ("ScaledEmbedding", "ZeroEmbedding")
GIVEN_METHODS = ("__init__", "forward")

_SECTION = re.compile(r"^# %% (?P<name>\S+)(?: (?P<host>\w+))?(?P<part> \(part\))?$")
_MISTAKE = re.compile(r"^# (?P<question>\d[a-z]): (?P<sentence>.+)$")
_WITH = re.compile(r"^# with: (?P<names>.+)$")
_FILE = re.compile(r"^# file: (?P<file>\w+\.py)$")
_MARK = re.compile(r"\s*# <- (?P<number>\d+)$")

Functions = dict[tuple[str, str], str]  # a function's text, by its file and its name


class BankError(ValueError):
    """A file of the bank is not written as the bank's docstring says."""


@dataclass(frozen=True)
class Mistake:
    """One mistake of a behaviour.

    Attributes
    ----------
    question : str
        The question that it is a mistake in.
    sentence : str
        What is wrong, in words, written before the grader saw the code.
    source : str
        The section that the sentence stands in.
    number : int
        Its place in that section, from 1.
    raises_on : tuple of str
        The lines on which it raises an exception, if it does.
    """

    question: str
    sentence: str
    source: str
    number: int
    raises_on: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """How ``accepted.toml`` calls it."""
        return f"{self.source}/{self.number}"


@dataclass(frozen=True)
class Behaviour:
    """One wrong submission of the bank."""

    name: str
    mistakes: tuple[Mistake, ...]
    code: Mapping[tuple[str, str], str]
    host: str = DEFAULT_HOST
    part: bool = False

    @property
    def compound(self) -> bool:
        return len(self.mistakes) > 1

    @property
    def text(self) -> str:
        """The code that is the behaviour's own."""
        return "\n\n".join(self.code.values())


@dataclass(frozen=True)
class Bank:
    """All sections of the bank's files."""

    sections: Mapping[str, Behaviour]
    hosts: Mapping[str, Functions]
    given: Functions

    @cached_property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """What is handed in: every section that is not a part of others only."""
        return tuple(section for section in self.sections.values() if not section.part)

    def write(self, behaviour: Behaviour, folder: Path) -> Path:
        """Write a behaviour as ``folder/submission``; return ``folder``."""
        place = folder / "submission"
        place.mkdir(parents=True)
        functions = {**self.hosts[DEFAULT_HOST], **self.hosts[behaviour.host], **behaviour.code}
        for file in FILES:
            (place / file).write_text(self._module(file, functions), encoding="utf-8")
        return folder

    def _module(self, file: str, functions: Functions) -> str:
        own = {name: text for (home, name), text in functions.items() if home == file}
        if file != MODEL:
            return "\n\n".join([IMPORTS, *own.values()]) + "\n"
        methods = {name: text for name, text in own.items() if _is_method(text)}
        given = {name: text for (_, name), text in self.given.items()}
        methods = {**{name: given[name] for name in GIVEN_METHODS}, **methods}
        body = "\n\n".join(_indented(text) for text in methods.values())
        loose = [text for name, text in own.items() if name not in methods]
        classes = [given[name] for name in GIVEN_CLASSES]
        parts = [IMPORTS, *classes, *loose, f"class MultiTaskNet(nn.Module):\n{body}"]
        return "\n\n\n".join(parts) + "\n"


def read_bank(folder: Path = FOREIGN, right: bool = False) -> Bank:
    """Read the sections of a folder's files; with ``right``, nothing may be wrong in them.

    Raises
    ------
    BankError
        If a section has no code, a name that another one has, or no mistake where it needs one.
    """
    sections: dict[str, Behaviour] = {}
    combined: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.glob("*.py")):
        for name, host, part, lines in _sections(file) if file.name != HOSTS else ():
            if name in sections:
                raise BankError(f"{file.name}: there are two sections called {name}.")
            sections[name] = _behaviour(name, host, part, lines)
            found = [match["names"] for line in lines if (match := _WITH.match(line))]
            if found:
                combined[name] = tuple(re.split(r",\s*", found[0]))
    for name, names in combined.items():
        sections[name] = _together(sections[name], [sections[other] for other in names])
    for section in sections.values():
        if bool(section.mistakes) == right or not section.code:
            needs = "code alone" if right else "a line for each mistake, and code"
            raise BankError(f"{section.name} needs {needs}.")
    hosts = {name: _functions("\n".join(lines)) for name, _, _, lines in _sections(FOREIGN / HOSTS)}
    return Bank(sections, hosts, _functions((PROJECT / "submission" / MODEL).read_text()))


def _sections(file: Path) -> Iterator[tuple[str, str, bool, list[str]]]:
    header, lines = None, list[str]()
    for line in [*file.read_text(encoding="utf-8").splitlines(), "# %% end"]:
        match = _SECTION.match(line)
        if match is None:
            lines.append(line)
            continue
        if header is not None:
            yield header["name"], header["host"] or DEFAULT_HOST, bool(header["part"]), lines
        header, lines = match, []


def _behaviour(name: str, host: str, part: bool, lines: list[str]) -> Behaviour:
    raised: dict[int, list[str]] = {}
    for line in lines:
        if mark := _MARK.search(line):
            raised.setdefault(int(mark["number"]), []).append(_MARK.sub("", line).strip())
    found = [match for line in lines if (match := _MISTAKE.match(line))]
    mistakes = [
        Mistake(match["question"], match["sentence"], name, k, tuple(raised.get(k, ())))
        for k, match in enumerate(found, 1)
    ]
    code = _functions("\n".join(_MARK.sub("", line) for line in lines))
    return Behaviour(name, tuple(mistakes), code, host, part)


def _together(behaviour: Behaviour, parts: list[Behaviour]) -> Behaviour:
    """Return a behaviour that is made of others; each must have functions of its own.

    A mistake whose code another part replaces is not in the submission.
    """
    code: Functions = {}
    for part in parts:
        both = code.keys() & part.code.keys()
        if both:
            raise BankError(f"{behaviour.name}: two parts have {', '.join(n for _, n in both)}.")
        code.update(part.code)
    hosts = {part.host for part in parts} - {DEFAULT_HOST}
    if len(hosts) > 1:
        raise BankError(f"{behaviour.name}: its parts have different hosts.")
    mistakes = tuple(mistake for part in parts for mistake in part.mistakes)
    host = next(iter(hosts), DEFAULT_HOST)
    return replace(behaviour, mistakes=mistakes, code=code, host=host)


def _functions(text: str) -> Functions:
    """Cut a text into its functions, classes and other statements, by file and name."""
    files = [MODEL]
    for line in text.splitlines():
        match = _FILE.match(line)
        files.append(match["file"] if match else files[-1])
    found: Functions = {}
    lines = text.splitlines()
    for node in ast.parse(text).body:
        for item in node.body if _is_net(node) else [node]:
            if isinstance(item, ast.Expr):  # a docstring
                continue
            decorators = getattr(item, "decorator_list", [])
            first = min([item.lineno, *(decorator.lineno for decorator in decorators)]) - 1
            cut = lines[first : item.end_lineno]
            margin = len(cut[0]) - len(cut[0].lstrip())
            name = getattr(item, "name", f"line {item.lineno}")
            file = HOME.get(name, files[item.lineno])
            found[file, name] = "\n".join(line[margin:] for line in cut)
    return found


def _is_net(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and node.name == "MultiTaskNet"


def _is_method(text: str) -> bool:
    """Whether a function's first parameter is ``self``."""
    node = ast.parse(text).body[0]
    return isinstance(node, ast.FunctionDef) and [a.arg for a in node.args.args[:1]] == ["self"]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.splitlines())
