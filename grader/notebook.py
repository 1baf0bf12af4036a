"""``check("1a")`` in a notebook: a question's public tests on the code beside it, as a report."""

import atexit
import os
import sys
from datetime import datetime
from functools import cache
from pathlib import Path

from IPython.display import display

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader
from grader.engine.reports.html import write_cell, write_cell_text
from grader.engine.results import PASSED
from problem_set import find_project


def check(question: str) -> None:
    """Judge what ``submission/`` has for a question, as the files are now, and show the report.

    The report begins with the file that was read and when it was saved, and ends with the last
    lines that the code printed. Nothing has to be imported again after a change. When a test did
    not pass while nbgrader runs the notebook, a line on standard error says so to it.

    Parameters
    ----------
    question : str
        As ``"1a"``.

    Raises
    ------
    ValueError
        If there is no such coding question.
    """
    grader = _grader()
    grader.assignment.require_coding([question])
    asked = Asked([question], public_only=True)
    project = find_project()
    (file,) = (known.file for known in grader.assignment.coding if known.id == question)
    read = saved(project / file)
    report = grader.grade(project / "submission", asked)
    shown = {"text/html": write_cell(report, read), "text/plain": write_cell_text(report, read)}
    display(shown, raw=True)
    lost = sum(test.status != PASSED for test in report.tests)
    if (lost or report.problem) and os.environ.get("NBGRADER_EXECUTION"):
        found = f"{lost} of {len(report.tests)} public tests did not pass" if lost else "not graded"
        print(f"{question}: {found}.", file=sys.stderr)


def saved(file: Path) -> str:
    """Return a file's name, and when it was saved; the day, too, if that was not today."""
    if not file.is_file():
        return ""
    time = datetime.fromtimestamp(file.stat().st_mtime)
    day = "" if time.date() == datetime.now().date() else f"{time:%B} {time.day}, "
    return f"{file.name}, saved {day}{time:%H:%M}"


@cache
def _grader() -> Grader:
    """The kernel's one grader: it imports torch at the first check, and ends with the kernel."""
    grader = Grader(CONTENTS)
    atexit.register(grader.close)
    return grader
