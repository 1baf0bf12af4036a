"""Take the solutions out of Python files, LaTeX files and notebooks.

A solution stands between two comments, ``BEGIN SOLUTION`` and ``END SOLUTION``, each on a line of
its own. In Python it leaves a gap that says what to write:

    # Question 2b: the mean, over the batch, of the squared difference.
    ### BEGIN SOLUTION
    # Your code goes here, in place of the next line. It sets loss.
    raise NotImplementedError("Question 2b is not written yet")
    ### END SOLUTION
    return loss

A region outside of functions, the helpers of a solution, leaves nothing; neither does one in
LaTeX. Notebooks may also hold nbgrader's ``HIDDEN TESTS`` and ``MARK SCHEME``, which go as well.
"""

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from release.files import ReleaseError

SOLUTION = "SOLUTION"
KINDS = (SOLUTION, "HIDDEN TESTS", "MARK SCHEME")
MARKER = re.compile(rf"\s*(?:#|%|<!--).*\b(BEGIN|END)\s+({'|'.join(KINDS)})\b", re.IGNORECASE)
QUESTION = re.compile(r"\s*# Question (\w+): ")
NOTEBOOK_GAP = (
    "# Your code goes here, in place of the next line.\n",
    "raise NotImplementedError()\n",
)
# What a cell may say of itself: nothing that an editor or nbgrader left beside it.
CELL_METADATA = ("tags", "nbgrader")
NOTEBOOK_METADATA = {"kernelspec": ("display_name", "language", "name"), "language_info": ("name",)}


@dataclass(frozen=True)
class Region:
    """The lines between a pair of markers.

    Attributes
    ----------
    file : str
    kind : str
        ``"SOLUTION"``, or one of nbgrader's other kinds.
    begin, end : int
        The markers' places in the list of lines, counted from 0.
    lines : tuple of str
        What is between them.
    question : str
        As ``"1a"``, where the comment above the region asks it; else an empty string.
    """

    file: str
    kind: str
    begin: int
    end: int
    lines: tuple[str, ...]
    question: str = ""


def regions(file: str, lines: list[str]) -> list[Region]:
    """Return the marked regions of a file, in order.

    Raises
    ------
    ReleaseError
        If a marker lacks its partner, or stands within another region.
    """
    found: list[Region] = []
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        marker = MARKER.match(line)
        if not marker:
            continue
        word, kind = marker[1].upper(), " ".join(marker[2].upper().split())
        if word == "BEGIN":
            if opened:
                raise ReleaseError(
                    f"{file}, line {number + 1}: BEGIN {kind} stands inside of the region that "
                    f"begins in line {opened[0] + 1}. End that one first."
                )
            opened = number, kind
        elif opened and opened[1] == kind:
            between = tuple(lines[opened[0] + 1 : number])
            found.append(
                Region(file, kind, opened[0], number, between, _question_above(lines, opened[0]))
            )
            opened = None
        else:
            raise ReleaseError(
                f"{file}, line {number + 1}: END {kind} ends nothing. "
                f"There is no BEGIN {kind} before it."
            )
    if opened:
        raise ReleaseError(
            f"{file}, line {opened[0] + 1}: BEGIN {opened[1]} has no END {opened[1]}."
        )
    return found


def _question_above(lines: list[str], number: int) -> str:
    """Return the question that the comment above a line asks."""
    while number and lines[number - 1].lstrip().startswith("#"):
        number -= 1
        if asked := QUESTION.match(lines[number]):
            return asked[1]
    return ""


def without_solutions(file: str, text: str) -> str:
    """Return what a student gets of a file, by the file's suffix.

    Raises
    ------
    ReleaseError
        If the markers do not pair, or what is left would not be Python.
    """
    if file.endswith(".py"):
        return _python(file, text)
    if file.endswith(".ipynb"):
        return _notebook(file, text)
    lines = text.splitlines(keepends=True)
    for region in reversed(regions(file, lines)):
        del lines[region.begin : region.end + 1]
    return "".join(lines)


def _python(file: str, text: str) -> str:
    lines = text.splitlines(keepends=True)
    found = regions(file, lines)
    functions = _functions(file, text) if found else []
    for region in reversed(found):
        around = [f for f in functions if f.lineno <= region.begin and region.end < f.end_lineno]
        if region.kind == SOLUTION and around:
            lines[region.begin + 1 : region.end] = _gap(region, lines[region.begin], around[-1])
            continue
        first = region.begin
        while first and not lines[first - 1].strip():
            first -= 1
        del lines[first : region.end + 1]
    stripped = "".join(lines)
    try:
        compile(stripped, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ReleaseError(
            f"{file} without its solutions is not Python any more ({error.msg}, line "
            f"{error.lineno} of what is left). Let each region hold whole statements."
        ) from error
    return stripped


def _functions(file: str, text: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions of a file, those that hold others first."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ReleaseError(f"{file}, line {error.lineno}: {error.msg}. Fix it first.") from error
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _gap(
    region: Region, marker: str, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> list[str]:
    """Return the lines that stand in a solution's place: what they set, and an exception."""
    if not region.question:
        raise ReleaseError(
            f"{region.file}, line {region.begin + 1}: the solution in {function.name} answers no "
            "question. Put a comment like '# Question 1a: what to do' in the line above it."
        )
    indent = marker[: len(marker) - len(marker.lstrip())]
    names = _set_for_later(region, function)
    sets = f" It sets {_listed(names)}." if names else ""
    return [
        f"{indent}# Your code goes here, in place of the next line.{sets}\n",
        f'{indent}raise NotImplementedError("Question {region.question} is not written yet")\n',
    ]


def _set_for_later(region: Region, function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names that a solution sets and the rest of the function reads, as read."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    inside = range(region.begin + 2, region.end + 1)
    own = {node.id for node in names if isinstance(node.ctx, ast.Store) and node.lineno in inside}
    after = [node for node in names if node.lineno > region.end and node.id in own]
    return list(dict.fromkeys(node.id for node in after if isinstance(node.ctx, ast.Load)))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _notebook(file: str, text: str) -> str:
    """Return a notebook as a student opens it: unsolved, not run, and without empty cells."""
    try:
        notebook = json.loads(text)
        cells = [_cell(file, number, cell) for number, cell in enumerate(notebook["cells"], 1)]
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{file} is not a notebook that can be read ({error})") from error
    fresh = {
        "cells": [cell for cell in cells if cell],
        "metadata": {
            key: {name: notebook["metadata"][key][name] for name in names}
            for key, names in NOTEBOOK_METADATA.items()
            if key in notebook["metadata"]
        },
        "nbformat": notebook["nbformat"],
        "nbformat_minor": notebook["nbformat_minor"],
    }
    return json.dumps(fresh, indent=1, ensure_ascii=False) + "\n"


def _cell(file: str, number: int, cell: dict[str, Any]) -> dict[str, Any] | None:
    """Return a cell with nothing to hide, or None if nothing is left of it."""
    where = f"{file}, cell {number}"
    lines = "".join(cell["source"]).splitlines(keepends=True)
    found = regions(where, lines)
    for region in reversed(found):
        gap: tuple[str, ...] = ()
        if region.kind == SOLUTION and cell["cell_type"] == "code":
            marker = lines[region.begin]
            indent = marker[: len(marker) - len(marker.lstrip())]
            gap = tuple(indent + line for line in NOTEBOOK_GAP)
        lines[region.begin : region.end + 1] = gap
    while found and lines and not lines[-1].strip():
        lines.pop()
    if found and not lines:
        return None
    if found:
        lines[-1] = lines[-1].rstrip("\n")
    fresh = {
        "cell_type": cell["cell_type"],
        **({"id": cell["id"]} if "id" in cell else {}),
        "metadata": {
            key: cell["metadata"][key] for key in CELL_METADATA if key in cell["metadata"]
        },
        "source": lines,
    }
    if cell["cell_type"] == "code":
        fresh |= {"execution_count": None, "outputs": []}
    return dict(sorted(fresh.items()))
