"""The student's package: an explicit list of what goes in, with the solutions taken out."""

import tempfile
from pathlib import Path, PurePosixPath

from handout.build import FOLDER, pdf_name, typeset
from handout.errors import describe
from handout.latex import LatexMissingError
from problem_set.assignment import read_assignment
from release.files import (
    Files,
    PackedFile,
    ReleaseError,
    release_time,
    starting_with,
    tracked_files,
    write_folder,
)
from release.solutions import without_solutions
from release.wheel import build_wheel

# Whatever is not named here is not released: a new folder, or a file of another kind, is left out
# until someone has thought about it.
ALONE = (
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "assignment.toml",
    "bootstrap.py",
    "constraints.txt",
    "docs/handout.md",
    "docs/large_data.md",
    "docs/study.md",
    "train.py",
)
VISIBLE = {
    "handout": (".tex", ".cls", ".sty", ".bib"),
    "handout/answers": (".tex",),
    "handout/figures": (".tex",),
    "handout/sections": (".tex",),
    "notebooks": (".ipynb",),
    "submission": (".py",),
}
# What the wheel installs, and students do not see.
TOOLS = {
    "experiments": (".py",),
    "experiments/data": (".py",),
    "experiments/engine": (".py",),
    "experiments/study": (".py", ".jinja"),
    "experiments/study/questions": (".py",),
    "experiments/training": (".py",),
    "grader": (".py",),
    "grader/engine": (".py",),
    "grader/engine/reports": (".py", ".jinja"),
    "grader/public_tests": (".py",),
    "hand_in": (".py",),
    "handout": (".py",),
    "problem_set": (".py", ".jinja"),
    "problem_set/executors": (".py",),
}
# What stands in the student's package in place of the project's own: README.md, tests/ ...
OWN = "release/student/"
# What knows the right answers, or needs what students do not have, stands beside what they get.
STAFF = (
    "grader/counterexamples.py",
    "grader/engine/cached_session.py",
    "grader/engine/seven_zip.py",
    "grader/nets.py",
    "grader/oracle.py",
)
SOLVED = ("handout/answers/", "notebooks/", "submission/")


def student_files(project: Path) -> Files:
    """Return the student's package without the blank handout, which ``blank_handout`` typesets.

    Raises
    ------
    ReleaseError
        If the project is not a git repository, lacks a file of the list, or has solution markers
        that do not pair.
    """
    tracked = tracked_files(project)
    name = read_assignment(project / "assignment.toml").course.assignment
    wheel = build_wheel(tool_files(tracked), tracked, name, release_time(project))
    (path,) = wheel
    own = {
        name.removeprefix(OWN): PackedFile(file.content.replace(b"@WHEEL@", path.encode()))
        for name, file in starting_with(tracked, OWN).items()
    }
    public = "grader/public_tests/"
    tests = {
        name.replace(public, "tests/"): file
        for name, file in tool_files(tracked).items()
        if name.startswith(public) and not name.endswith("__init__.py")
    }
    return {**visible_files(tracked), **own, **tests, **wheel}


def visible_files(tracked: Files) -> Files:
    """Return what students see of the project's own files, unsolved."""
    missing = [name for name in ALONE if name not in tracked]
    if missing:
        raise ReleaseError(
            f"The student's package needs {', '.join(missing)}, which git does not track. "
            "Add it, or take it off the list in release/student.py."
        )
    chosen = {name: file for name, file in tracked.items() if name in ALONE or is_in(VISIBLE, name)}
    for name, file in chosen.items():
        if name.startswith(SOLVED):
            text = without_solutions(name, file.content.decode())
            chosen[name] = PackedFile(text.encode(), file.executable)
    return chosen


def tool_files(tracked: Files) -> Files:
    """Return the packages of the wheel."""
    return {name: file for name, file in tracked.items() if is_in(TOOLS, name)}


def folder_of(name: str) -> str:
    return str(PurePosixPath(name).parent)


def is_in(folders: dict[str, tuple[str, ...]], name: str) -> bool:
    suffixes = folders.get(folder_of(name), ())
    return PurePosixPath(name).suffix in suffixes and name not in STAFF


def left_out(tracked: Files) -> list[str]:
    """Return the files that are tracked in a released folder and yet not released."""
    released = (VISIBLE, TOOLS)
    return [
        name
        for name in tracked
        if any(folder_of(name) in folders for folders in released)
        and not any(is_in(folders, name) for folders in released)
        and name not in STAFF
    ]


def blank_handout(files: Files) -> Files:
    """Typeset the handout of a student's package, with ruled lines and no results.

    Raises
    ------
    ReleaseError
        If there is no LaTeX, or it does not typeset the handout.
    """
    with tempfile.TemporaryDirectory(prefix="handout-") as scratch:
        project = Path(scratch)
        write_folder(starting_with(files, f"{FOLDER}/", "assignment.toml"), project)
        try:
            done = typeset(project, blank=True)
        except LatexMissingError as error:
            raise ReleaseError(
                f"{error}\nOr leave the blank handout out: python -m release --without-pdf"
            ) from error
        if done.errors:
            problems = "\n".join(describe(problem, project / FOLDER) for problem in done.errors)
            raise ReleaseError(f"The blank handout cannot be typeset.\n{problems}")
        return {f"{pdf_name(project, blank=True)}.pdf": PackedFile(done.pdf.read_bytes())}
