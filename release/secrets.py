"""What the student's package must not hold: solutions, hidden tests, answers and their like."""

import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property

from release.files import Files, starting_with
from release.solutions import SOLUTION, Region, regions
from release.trees import parse

# Whole files, and what to call them. The course's own measurements are answers, too.
FOLDERS = {
    "grader/hidden_tests/": "hidden test",
    "grader/misconceptions/": "misconception",
    "tests/grader/attacks/bank/": "attack",
    "tests/grader/right_submissions/": "right submission",
    "tests/submission/": "test of the solution",
    "tests/handout/course_results/": "measurements of the solution",
    "docs/answers.md": "page of answers",
    "release/nbgrader/rubrics.toml": "rubric",
    "bench/baseline.py": "plain solution",
}


@dataclass(frozen=True)
class Secret:
    """A text that students must not get.

    Attributes
    ----------
    name : str
        What it is and where it stands: "solution of 1c in submission/model.py".
    file : str
    text : str
    whole : str
        The text of the file that it stands in.
    is_answer : bool
        Whether it answers a question, in a few lines; other secrets are whole files.
    """

    name: str
    file: str
    text: str
    whole: str
    is_answer: bool = False

    @cached_property
    def texts(self) -> list[str]:
        """The text in pieces: Python's between its imports, LaTeX's also as a reader sees it."""
        if self.file.endswith(".tex"):
            return [self.text, *typeset_pieces(self.text)]
        lines = self.text.splitlines()
        for node in ast.walk(parse(self.text) or ast.Module([], [])):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                lines[node.lineno - 1 : node.end_lineno] = ["\0"] * (
                    node.end_lineno - node.lineno + 1
                )
        return "\n".join(lines).split("\0")


def typeset_pieces(text: str) -> list[str]:
    """Return the words of a LaTeX text, cut where a number or a formula stands."""
    text = re.sub(r"\\claim\s*\{[^{}]*\}", "", text)
    text = re.sub(r"\$[^$]*\$|\\result\w*(\[\w+\])?(\{[^{}]*\})+", "\0", text)
    return re.sub(r"\\[a-zA-Z]+\*?|[{}]", "", text).split("\0")


def secrets_of(tracked: Files) -> list[Secret]:
    """Return all secrets of the project, whole files and marked regions."""
    found = []
    for folder, kind in FOLDERS.items():
        for name, file in starting_with(tracked, folder).items():
            text = file.content.decode("utf-8", "replace")
            if text.strip():
                found.append(Secret(f"{kind} {name}", name, text, text))
    for name, file in starting_with(tracked, "submission/").items():
        found += _answers(name, file.content.decode(), "solution")
    for name, file in starting_with(tracked, "handout/answers/").items():
        found += _answers(name, file.content.decode(), "reference answer")
    for name, file in starting_with(tracked, "notebooks/").items():
        for number, cell in enumerate(json.loads(file.content)["cells"], 1):
            source = "".join(cell["source"])
            found += _answers(f"{name}, cell {number}", source, "solution")
    return found


def _answers(file: str, text: str, kind: str) -> list[Secret]:
    return [
        Secret(_name(region, kind), file, "".join(region.lines), text, is_answer=True)
        for region in regions(file, text.splitlines(keepends=True))
    ]


def _name(region: Region, kind: str) -> str:
    if region.kind != SOLUTION:
        kind = region.kind.lower().removesuffix("s")
    elif region.question:
        kind += f" of {region.question}"
    return f"{kind} in {region.file}"
