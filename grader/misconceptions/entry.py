"""A catalogued mistake: its two sentences, and a submission that makes it."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from grader.engine import composition
from grader.engine.composition import Output

__all__ = ["CENTRAL", "CORNER", "PARTIAL", "Catalogue", "Misconception", "Output", "Pipeline"]

BASE = Path(__file__).parents[1] / "reference"
# What a mistake is to its question: what the question is about, a part of it, or a corner case.
CENTRAL, PARTIAL, CORNER = "central", "partial", "corner case"
IMPORTS = """import copy
import math

import torch
import torch.nn.functional as F
from torch import nn
"""
FILES = ("loss", "model", "mrr")
FILE_OF_QUESTION = {"1": "model", "2a": "loss", "2b": "loss", "2c": "loss", "2d": "mrr"}
PIPELINES: list["Pipeline"] = []


class Pipeline(composition.Pipeline):
    """A question as a pipeline of parts."""

    files = FILES

    def __init__(self, question: str, *outputs: Output) -> None:
        file = FILE_OF_QUESTION.get(question) or FILE_OF_QUESTION[question[0]]
        super().__init__(question, file, *outputs, owner="MultiTaskNet." if file == "model" else "")
        PIPELINES.append(self)

    def base(self, file: str) -> list[str]:
        return base(file, but=self)


def base(file: str, but: Pipeline | None = None) -> list[str]:
    """Return the text of a right submission's file in pieces, but for what one pipeline defines."""
    others = [p for p in PIPELINES if p.file == file and p is not but]
    return [skeleton(file), *(piece for pipeline in others for piece in pipeline.right_pieces)]


@cache
def skeleton(file: str) -> str:
    """Return the text that a submission's file has around the outputs of the pipelines."""
    path = BASE / f"{file}.py"
    return f"{IMPORTS}\n{path.read_text()}" if path.exists() else IMPORTS


@dataclass(frozen=True)
class Misconception:
    """One mistake.

    Attributes
    ----------
    asked_in : str
        Id of the assignment's question.
    severity : str
        ``CENTRAL``, ``PARTIAL`` or ``CORNER``: how much of its question it should cost.
    diagnosis : str
        What was done, in a sentence.
    question : str
        What to think about, in a sentence; never the solution.
    patches : mapping
        The functions that make it, by the name of what they replace in ``base/``.
    indistinguishable_from : str
        Id of another entry that no test can tell from this one, or an empty string.
    """

    id: str
    asked_in: str
    severity: str
    diagnosis: str
    question: str
    patches: Mapping[str, Callable]
    indistinguishable_from: str = ""

    @property
    def file(self) -> str:
        """The submission's file that holds the mistake: model, loss or mrr."""
        return FILE_OF_QUESTION.get(self.asked_in) or FILE_OF_QUESTION[self.asked_in[0]]

    def source(self, file: str) -> str:
        """Return the text of ``submission/<file>.py`` with the mistake in it."""
        text = "\n\n".join(base(file))
        if file != self.file:
            return text
        owner = "MultiTaskNet." if file == "model" else ""
        for name, function in self.patches.items():
            text += f"\n\n{_definition(function)}\n\n{owner}{name} = {function.__name__}\n"
        return text

    @cached_property
    def modules(self) -> dict[str, ModuleType]:
        """The wrong submission's modules, ready to be called in this process."""
        modules = {}
        for file in FILES:
            modules[file] = ModuleType(f"{self.id}.{file}")
            exec(compile(self.source(file), f"<{self.id}>", "exec"), vars(modules[file]))
        return modules

    def load(self, file: str) -> ModuleType:
        return self.modules[file]

    def write(self, folder: Path) -> Path:
        """Write the wrong submission as files; return ``folder``."""
        place = folder / "submission"
        place.mkdir(parents=True)
        (place / "__init__.py").write_text("")
        for file in FILES:
            (place / f"{file}.py").write_text(self.source(file))
        return folder


class Catalogue:
    """Collects entries as they are defined in one file."""

    def __init__(self) -> None:
        self.entries: list[Misconception] = []

    def wrong(
        self,
        asked_in: str,
        replaces: str,
        severity: str,
        diagnosis: str,
        question: str,
        indistinguishable_from: str = "",
        also: Mapping[str, Callable] | None = None,
    ) -> Callable[[Callable], Callable]:
        """Add a function as an entry whose id is the function's name, with hyphens."""

        def add(function: Callable) -> Callable:
            id_ = function.__name__.replace("_", "-")
            patches = {replaces: function, **(also or {})}
            sentences = diagnosis, question
            self.entries.append(
                Misconception(id_, asked_in, severity, *sentences, patches, indistinguishable_from)
            )
            return function

        return add


def _definition(function: Callable) -> str:
    """Return a function's source without its decorators."""
    source = textwrap.dedent(inspect.getsource(function))
    first = ast.parse(source).body[0].lineno
    return "\n".join(source.splitlines()[first - 1 :])
