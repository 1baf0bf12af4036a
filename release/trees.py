"""Python code by its shape: syntax trees that stay the same when names and layout change."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

TRIVIAL = (ast.Name, ast.Constant, ast.Attribute, ast.JoinedStr, ast.Starred)
SHORTEST_STRING = 30  # a string of the code that may itself be code
LEFT_OUT = {"ctx", "type_comment", "annotation", "returns", "kind", "type_params"}


@dataclass(frozen=True)
class Shape:
    """A statement or an expression, with its variables numbered in order of appearance.

    Attributes
    ----------
    text : str
        The same for all trees of this shape.
    size : int
        How many words and brackets its text has, about two for each node.
    is_statement : bool
    line : int
    """

    text: str
    size: int
    is_statement: bool
    line: int


@lru_cache(maxsize=16)
def parse(text: str) -> ast.Module | None:
    """Return the tree of Python code, whatever its indentation; None for anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def shapes(text: str, expressions: bool = True) -> Iterator[Shape]:
    """Yield the shape of every statement (and expression) of Python code; none for other text."""
    kinds = (ast.stmt, ast.expr) if expressions else ast.stmt
    for node in ast.walk(parse(text) or ast.Module([], [])):
        if isinstance(node, kinds) and not isinstance(node, TRIVIAL):
            names: dict[str, int] = {}
            shown = _shown(node, names)
            statement = isinstance(node, ast.stmt)
            yield Shape(shown, len(re.findall(r"[(\w]\b", shown)), statement, node.lineno)


def _shown(node: ast.AST, names: dict[str, int]) -> str:
    """Write a tree down: ``Call(Attribute(v0 mean))``."""
    if isinstance(node, ast.Name):
        return f"v{names.setdefault(node.id, len(names))}"
    if isinstance(node, ast.arg):
        return f"v{names.setdefault(node.arg, len(names))}"
    if isinstance(node, ast.Constant):
        return "s" if isinstance(node.value, (str, bytes)) else repr(node.value)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return f"v{names.setdefault(node.attr, len(names))}"  # a variable in another place
        # The solution's own helpers are named as its author liked.
        attribute = "_" if node.attr.startswith("_") else node.attr
        return f"Attribute({_shown(node.value, names)} {attribute})"
    if isinstance(node, ast.AnnAssign) and node.value:
        return f"Assign({_shown(node.target, names)} {_shown(node.value, names)})"
    parts = []
    for name, value in ast.iter_fields(node):
        if name in LEFT_OUT or (name == "name" and isinstance(node, ast.stmt)):
            continue
        children = value if isinstance(value, list) else [value]
        if name == "body" and children and _is_docstring(children[0]):
            children = children[1:]
        parts += [
            _shown(child, names) if isinstance(child, ast.AST) else str(child) for child in children
        ]
    return f"{type(node).__name__}({' '.join(parts)})"


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def sources(text: str, depth: int = 0) -> Iterator[str]:
    """Yield what may be Python code in a text: all of it, its paragraphs, comments and strings."""
    tree = parse(text)
    if tree is not None:
        yield text
    else:
        yield from (part for part in re.split(r"\n\s*\n|```\w*", text) if "(" in part)
    for block in re.findall(r"(?:^[ \t]*#.*\n?)+", text, re.MULTILINE):
        lines = [re.sub(r"^\s*#+ ?", "", line) for line in block.splitlines()]
        yield from ("\n".join(lines), *lines)
    if tree is not None and depth < 2:
        values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        for value in values:
            if isinstance(value, str) and len(value) >= SHORTEST_STRING:
                yield from sources(value, depth + 1)
