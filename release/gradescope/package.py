"""The autograder's zip: the grader, its hidden tests, and what installs and starts it."""

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from release.files import Files, PackedFile, ReleaseError, starting_with, tracked_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ARCHIVE = "release/gradescope/archive/"
AS_THEY_ARE = ("assignment.toml", "constraints.txt")
#: Parts of the grader for notebooks and for folders of submissions.
NOT_THERE = ("grader/notebook.py", "grader/engine/reports/cell", "grader/batch/")
#: What a right submission may import though the grader does not: students have these, too.
FOR_SUBMISSIONS = frozenset({"matplotlib", "numpy", "pandas", "scipy", "torch"})


def gradescope_files(project: Path) -> Files:
    """Return the files of the autograder's zip.

    Raises
    ------
    ReleaseError
        If the grader imports a package that ``pyproject.toml`` does not name.
    """
    tracked = tracked_files(project)
    started = {
        name.removeprefix(ARCHIVE): PackedFile(file.content, file.content.startswith(b"#!"))
        for name, file in starting_with(tracked, ARCHIVE).items()
    }
    grader = starting_with(tracked, "grader/", "problem_set/")
    grader = {name: file for name, file in grader.items() if not name.startswith(NOT_THERE)}
    unchanged = {name: tracked[name] for name in AS_THEY_ARE}
    wanted = imported_packages({**grader, **started}) | FOR_SUBMISSIONS
    lines = requirements(wanted, tracked["pyproject.toml"].content)
    listed = {"requirements.txt": PackedFile("".join(f"{line}\n" for line in lines).encode())}
    return {**grader, **unchanged, **listed, **started}


def imported_packages(files: Files) -> set[str]:
    """Return the top-level packages that Python files import, but for Python's and their own."""
    sources = {name: file for name, file in files.items() if name.endswith(".py")}
    own = {part.removesuffix(".py") for name in sources for part in PurePosixPath(name).parts}
    found: set[str] = set()
    for name, file in sources.items():
        for node in ast.walk(ast.parse(file.content, name)):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - own - sys.stdlib_module_names - {"tomllib"}  # new in Python 3.11


def requirements(packages: Iterable[str], pyproject: bytes) -> list[str]:
    """Return the lines of ``pyproject.toml`` that ask for these packages.

    Raises
    ------
    ReleaseError
        If there is none for one of them.
    """
    project = tomllib.loads(pyproject.decode())["project"]
    declared = sum(project.get("optional-dependencies", {}).values(), project["dependencies"])
    lines = {_normal(re.match(r"[\w.-]+", line).group()): line for line in declared}
    missing = sorted(package for package in packages if _normal(package) not in lines)
    if missing:
        raise ReleaseError(
            f"the grader imports {', '.join(missing)}, which the dependencies in pyproject.toml "
            "do not name; add them there"
        )
    return sorted(lines[_normal(package)] for package in packages)


def _normal(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()
