"""Notebooks as they were saved: which answers are in them, and whether they were run."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

LARGEST_OUTPUT = 1 << 20
# What stands in an answer's cell before a student writes there, in ours and in nbgrader's copy.
PLACEHOLDERS = re.compile(r"\*Your answer to \w+\.\*|YOUR ANSWER HERE")
HEADING = re.compile(r"#+ +(\w+)\b")


@dataclass(frozen=True)
class Notebook:
    """A notebook's JSON, and what handing in looks at.

    Attributes
    ----------
    content : dict
    answered : tuple of str
        Ids of the written questions below whose headings something was typed.
    asked : tuple of str
        Ids of the written questions that have a heading.
    executed : bool
        Whether every cell of code was run.
    """

    content: dict[str, Any]
    answered: tuple[str, ...]
    asked: tuple[str, ...]
    executed: bool

    def packed(self) -> bytes:
        """Return the file without outputs of more than a megabyte, which would hide the rest."""
        cells = [_slim(cell) for cell in self.content["cells"]]
        slim = {**self.content, "cells": cells}
        return (json.dumps(slim, indent=1, ensure_ascii=False) + "\n").encode()


def read_notebook(data: bytes, written: Collection[str]) -> Notebook:
    """Read a notebook.

    Raises
    ------
    ValueError
        If the data are no notebook.
    """
    content = json.loads(data)
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ValueError("it has no cells")
    answers: dict[str, str] = {}
    question = None
    for cell in content["cells"]:
        text = "".join(cell.get("source", ""))
        if cell.get("cell_type") != "markdown":
            continue
        if heading := HEADING.match(text):
            question = heading[1] if heading[1] in written else None
            if question:
                answers.setdefault(question, "")
        elif question:
            answers[question] += PLACEHOLDERS.sub("", text).strip()
    code = [cell for cell in content["cells"] if cell.get("cell_type") == "code"]
    return Notebook(
        content,
        answered=tuple(id_ for id_, text in answers.items() if text),
        asked=tuple(answers),
        executed=all(cell.get("execution_count") for cell in code if "".join(cell["source"])),
    )


def _slim(cell: dict[str, Any]) -> dict[str, Any]:
    if "outputs" not in cell:
        return cell
    return {**cell, "outputs": [_slim_output(output) for output in cell["outputs"]]}


def _slim_output(output: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(output))
    if size <= LARGEST_OUTPUT:
        return output
    text = f"An output of {size / 2**20:.1f} MB was left out of what was handed in.\n"
    return {"output_type": "stream", "name": "stdout", "text": [text]}
