"""Automatic mutants: the reference solution with one small change each, by mutmut's rules.

mutmut itself runs tests of its own choosing on mutants that it joins to one module; here its rules
alone are used, on what stands between the solution markers, so that each mutant is a submission.
"""

import difflib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from bench.scoreboard.bank import FILES, PROJECT

REFERENCE = PROJECT / "submission"
EQUIVALENT = PROJECT / "tests" / "grader" / "mutants" / "equivalent.json"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
QUESTION = {
    "init_shared_user_and_item_embeddings": "1a",
    "init_separate_user_and_item_embeddings": "1a",
    "init_user_and_item_bias": "1a",
    "init_mlp_layers": "1b",
    "forward_with_embedding_sharing": "1c",
    "forward_without_embedding_sharing": "1c",
    "_interaction": "1c",
    "_rating": "1c",
    "score_all_items": "1d",
    "bpr_loss": "2a",
    "regression_loss": "2b",
    "joint_loss": "2c",
    "reciprocal_ranks": "2d",
    "mrr_score": "2d",
}
# An annotation is not run.
NOT_RUN = (cst.Annotation,)


@dataclass(frozen=True)
class Mutant:
    """One change of the reference.

    Attributes
    ----------
    file : str
        The file that is changed.
    function : str
        The function that the change is in.
    before, after : str
        The lines that differ.
    code : str
        The whole file after the change.
    """

    file: str
    function: str
    before: str
    after: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.function}: {self.after}"

    @property
    def asked_in(self) -> str:
        """The question that asks for the function."""
        return QUESTION[self.function]

    def write(self, folder: Path) -> Path:
        """Write the mutant as ``folder/submission``; return ``folder``."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REFERENCE, folder / "submission", ignore=ignored)
        (folder / "submission" / self.file).write_text(self.code, encoding="utf-8")
        return folder


def mutants() -> tuple[Mutant, ...]:
    """Return every mutant of the solution's lines, each name once."""
    found = {mutant.name: mutant for file in FILES for mutant in _mutants_of(file)}
    return tuple(found.values())


def equivalents() -> dict[str, str]:
    """Return the mutants that do what the reference does, by name, each with the reason why."""
    reasons: dict[str, list[str]] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {name: reason for reason, names in reasons.items() for name in names}


def _mutants_of(file: str) -> Iterator[Mutant]:
    text = (REFERENCE / file).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text))
    positions = wrapper.resolve(PositionProvider)
    solution = _solution_lines(text)
    functions: list[tuple[int, int, str]] = []
    nodes: list[cst.CSTNode] = []

    def visit(node: cst.CSTNode) -> None:
        if isinstance(node, NOT_RUN):
            return
        place = positions.get(node)
        if place is not None:
            if isinstance(node, cst.FunctionDef):
                functions.append((place.start.line, place.end.line, node.name.value))
            if place.start.line in solution:
                nodes.append(node)
        for child in node.children:
            visit(child)

    visit(wrapper.module)
    for node in nodes:
        line = positions[node].start.line
        function = next((n for a, b, n in reversed(functions) if a <= line <= b), "")
        for kind, operator in mutation_operators:
            for changed in operator(node) if isinstance(node, kind) else ():
                module = wrapper.module.deep_replace(node, changed)
                code = cst.ensure_type(module, cst.Module).code
                before, after = _difference(text, code)
                if after != before:
                    yield Mutant(file, function, before, after, code)


def _solution_lines(text: str) -> set[int]:
    lines: set[int] = set()
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        inside = (inside or BEGIN in line) and END not in line
        if inside:
            lines.add(number)
    return lines


def _difference(before: str, after: str) -> tuple[str, str]:
    lines = [*difflib.ndiff(before.splitlines(), after.splitlines())]
    removed, added = (
        " ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return removed, added
