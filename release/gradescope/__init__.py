"""The autograder that an instructor uploads to Gradescope.

Its zip holds the grader with the hidden tests and, from ``archive/``, what installs and starts it.
"""

import re
from pathlib import Path

from release.files import Files, PackedFile, read_toml, starting_with, tracked_files

ARCHIVE = "release/gradescope/archive/"
AS_THEY_ARE = ("assignment.toml", "constraints.txt")
# What is for notebooks, for pytest and for many submissions.
NOT_THERE = (
    *("grader/notebook.py", "grader/engine/reports/cell", "grader/cohort/", "grader/batch.py"),
    "problem_set/executors/",
    *("grader/engine/pytest_checks.py", "grader/public_tests/conftest.py"),
)
# What the grader imports, and the sandbox.
FOR_GRADING = {"bubblewrap", "click", "jinja2", "psutil", "py7zr", "rich", "tomli"}
# What a right submission may import though the grader does not: students have these, too.
FOR_SUBMISSIONS = {"matplotlib", "numpy", "pandas", "scipy", "torch"}


def gradescope_files(project: Path) -> Files:
    """Return the files of the autograder's zip.

    Raises
    ------
    ReleaseError
        If the project is not a git repository, or its ``pyproject.toml`` is none.
    """
    tracked = tracked_files(project)
    started = {
        name.removeprefix(ARCHIVE): PackedFile(file.content, file.content.startswith(b"#!"))
        for name, file in starting_with(tracked, ARCHIVE).items()
    }
    grader = starting_with(tracked, "grader/", "problem_set/", *AS_THEY_ARE)
    grader = {name: file for name, file in grader.items() if not name.startswith(NOT_THERE)}
    declared = read_toml(tracked, "pyproject.toml")["project"]
    lines = sum(declared["optional-dependencies"].values(), declared["dependencies"])
    wanted = FOR_GRADING | FOR_SUBMISSIONS
    chosen = [f"{line}\n" for line in sorted(lines) if re.split(r"[^\w]", line)[0] in wanted]
    return {**grader, "requirements.txt": PackedFile("".join(chosen).encode()), **started}
