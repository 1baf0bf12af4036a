"""Read a submitted file that should be a notebook, whatever it is; say less about copying."""

import json
import logging
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from grader.engine.plain_files import NotPlainError, read_plain_file

MAX_NOTEBOOK = 24 << 20  # bytes: room for the pictures that are shown, as base64
# Python takes a hundred times the memory of a small object's text, so they are counted before.
MAX_OBJECTS = 100_000  # and lists
MAX_COMMAS = 400_000  # about as many lines of text


class SubmittedNotebookExporter(NotebookExporter):
    """Takes an empty notebook in the place of a file that is none.

    Such a file would otherwise end the grading of its student without a grade; so the questions
    that do not depend on it are graded all the same.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        count_copies(self.log)

    def from_filename(  # type: ignore[override]
        self, filename: str, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        try:
            notebook = read_notebook(Path(filename))
        except ValueError as error:
            self.log.warning("%s: %s An empty one is graded in its place.", filename, error)
            notebook = new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **options)


class CopiesCounted(logging.Filter):
    """One line for the hundreds of files that nbgrader copies, in which an error would drown."""

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self._log = log
        self._copies = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Copying %s -> %s"):
            self._copies += 1
            return False
        copies, self._copies = self._copies, 0
        if copies:
            self._log.info("Copied %d files", copies)
        return True


def count_copies(log: logging.Logger) -> None:
    """Have a command's log count the files that are copied, and not name them."""
    if not any(isinstance(each, CopiesCounted) for each in log.filters):
        log.addFilter(CopiesCounted(log))


def read_notebook(path: Path) -> NotebookNode:
    """Return a notebook in the current format, valid by its schema.

    Raises
    ------
    ValueError
        If the file is a link, too large, of too many parts, or no valid notebook; the message
        says which.
    """
    try:
        content = read_plain_file(path, MAX_NOTEBOOK)
        objects, commas = content.count(b"{") + content.count(b"["), content.count(b",")
        if objects > MAX_OBJECTS or commas > MAX_COMMAS:
            raise ValueError(
                f"it has {objects:,} opening brackets and {commas:,} commas; {MAX_OBJECTS:,} and "
                f"{MAX_COMMAS:,} are allowed"
            )
        text = content.decode("utf-8-sig")
        # The format's own reader would take any JSON that has a list of cells.
        if not isinstance(json.loads(text), dict):
            raise ValueError("it holds no JSON object")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except NotPlainError:
        raise
    except Exception as error:  # a hostile file finds more ways to fail than can be listed
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ValueError(f"This is not a notebook that can be read ({reason}).") from error
    return notebook
