"""Take the solutions out of Python and LaTeX files, and what a run leaves out of notebooks.

A solution stands between two comments, ``BEGIN SOLUTION`` and ``END SOLUTION``, each on a line of
its own. In Python it leaves a gap that says what to write:

    # Question 2b: the mean, over the batch, of the squared difference.
    ### BEGIN SOLUTION
    # Your code goes here, in place of the next line. It sets loss.
    raise NotImplementedError("Question 2b is not written yet")
    ### END SOLUTION
    return loss

A region outside of functions, the helpers of a solution, leaves nothing; neither does one in
LaTeX.
"""

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from release.files import ReleaseError

MARKER = re.compile(r"\s*(?:#|%).*\b(BEGIN|END)\s+SOLUTION\b", re.IGNORECASE)
QUESTION = re.compile(r"\s*# Question (\w+): ")
# What a cell may say of itself: nothing that an editor or nbgrader left beside it.
CELL_METADATA = ("tags",)
NOTEBOOK_METADATA = {"kernelspec": ("display_name", "language", "name"), "language_info": ("name",)}


@dataclass(frozen=True)
class Region:
    """The lines between a pair of markers.

    ``begin`` and ``end`` are the markers' places in the list of lines, counted from 0; ``question``
    is as ``"1a"`` where the comment above the region asks it, else an empty string.
    """

    file: str
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
    begin = -1
    for number, line in enumerate(lines):
        marker = MARKER.match(line)
        if not marker:
            continue
        if (marker[1].upper() == "BEGIN") == (begin >= 0):
            wrong = "BEGIN SOLUTION stands inside of" if begin >= 0 else "END SOLUTION ends no"
            raise ReleaseError(f"{file}, line {number + 1}: {wrong} region. Pair the markers.")
        if begin < 0:
            begin = number
        else:
            between = tuple(lines[begin + 1 : number])
            found.append(Region(file, begin, number, between, _question_above(lines, begin)))
            begin = -1
    if begin >= 0:
        raise ReleaseError(f"{file}, line {begin + 1}: BEGIN SOLUTION has no END SOLUTION.")
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
        If the markers do not pair, or what is left would be no Python or no notebook.
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
        around = [
            f for f in functions if f.lineno <= region.begin and region.end < (f.end_lineno or 0)
        ]
        if around:
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
    """Return a notebook as a student opens it: not run, and with no metadata of an editor."""
    try:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            cell["metadata"] = _only(cell["metadata"], CELL_METADATA)
            cell.pop("attachments", None)
            if cell["cell_type"] == "code":
                cell |= {"execution_count": None, "outputs": []}
        given = _only(notebook["metadata"], NOTEBOOK_METADATA)
        notebook["metadata"] = {
            key: _only(value, NOTEBOOK_METADATA[key]) for key, value in given.items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{file} is not a notebook that can be read ({error})") from error
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _only(metadata: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: metadata[key] for key in keys if key in metadata}
