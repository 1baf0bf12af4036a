"""The student's package: an explicit list of what goes in, with the solutions taken out."""

import tempfile
from pathlib import Path, PurePosixPath

from handout.build import FOLDER, pdf_name, typeset
from handout.errors import describe
from handout.latex import LatexMissingError
from release.archive import write_folder
from release.files import Files, PackedFile, ReleaseError, starting_with, tracked_files
from release.solutions import without_solutions

# Whatever is not named here is not released: a new folder, or a file of another kind, is left out
# until someone has thought about it.
ALONE = (
    ".gitignore",
    "LICENSE",
    "Makefile",
    "assignment.toml",
    "bootstrap.py",
    "constraints.txt",
    "docs/handout.md",
    "docs/large_data.md",
    "docs/study.md",
    "environment.yml",
    "pyproject.toml",
    "train.py",
)
SUFFIXES = {
    "experiments": (".py",),
    "experiments/data": (".py",),
    "experiments/engine": (".py",),
    "experiments/training": (".py",),
    "experiments/study": (".py", ".jinja"),
    "experiments/study/questions": (".py",),
    "grader": (".py",),
    "grader/engine": (".py",),
    "grader/engine/sandbox": (".py",),
    "grader/engine/sandbox/backends": (".py",),
    "grader/engine/sandbox/worker": (".py",),
    "grader/public_tests": (".py",),
    "grader/engine/reports": (".py", ".jinja"),
    "hand_in": (".py",),
    "handout": (".py", ".tex", ".cls", ".sty", ".bib"),
    "handout/answers": (".tex",),
    "handout/figures": (".tex",),
    "handout/sections": (".tex",),
    "notebooks": (".ipynb",),
    "problem_set": (".py",),
    "submission": (".py",),
}
# What stands in the student's package in place of the project's own, README.md and tests/.
OWN = "release/student/"
# What knows the right answers stands beside what students get.
STAFF = ("grader/nets.py", "grader/oracle.py")
SOLVED = ("handout/answers", "notebooks", "submission")


def student_files(project: Path) -> Files:
    """Return the student's package without the blank handout, which ``blank_handout`` typesets.

    Raises
    ------
    ReleaseError
        If the project is not a git repository, lacks a file of the list, or has solution markers
        that do not pair.
    """
    tracked = tracked_files(project)
    missing = [name for name in ALONE if name not in tracked]
    if missing:
        raise ReleaseError(
            f"The student's package needs {', '.join(missing)}, which git does not track. "
            "Add it, or take it off the list in release/student.py."
        )
    chosen = {name: file for name, file in tracked.items() if is_released(name)}
    for name, file in chosen.items():
        if folder_of(name) in SOLVED:
            text = without_solutions(name, file.content.decode("utf-8"))
            chosen[name] = PackedFile(text.encode(), file.executable)
    own = {name.removeprefix(OWN): file for name, file in starting_with(tracked, OWN).items()}
    return chosen | own


def folder_of(name: str) -> str:
    return str(PurePosixPath(name).parent)


def is_released(name: str) -> bool:
    """Whether a tracked file goes into the student's package under its own name."""
    if name in STAFF:
        return False
    return name in ALONE or PurePosixPath(name).suffix in SUFFIXES.get(folder_of(name), ())


def left_out(tracked: Files) -> list[str]:
    """Return the files that are tracked in a released folder and yet not released."""
    return [name for name in tracked if folder_of(name) in SUFFIXES and not is_released(name)]


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
        name = f"{FOLDER}/{pdf_name(project, blank=True)}.pdf"
        return {name: PackedFile(done.pdf.read_bytes())}
