"""The three products: who receives each, what it consists of, and how it is written."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from experiments.io import write_atomic
from problem_set.assignment import read_assignment
from release.archive import write_folder, zip_bytes
from release.files import Files, ReleaseError
from release.leaks import LeakCheck
from release.student import blank_handout, student_files

Say = Callable[[str], None]


class LeakError(ReleaseError):
    """What students would get holds what they must not; nothing was written."""


@dataclass(frozen=True)
class Product:
    """Something that was written, for the table at the end.

    Attributes
    ----------
    path : Path
    size : int
        In bytes.
    count : int
        Of its files.
    receiver : str
    next_step : str
    """

    path: Path
    size: int
    count: int
    receiver: str
    next_step: str


def course_name(project: Path) -> str:
    """Return what the assignment is called in names of files: ``ps1``."""
    return read_assignment(project / "assignment.toml").course.assignment


def build_student(project: Path, out: Path, say: Say, pdf: bool = True) -> Product:
    """Write the student's package, after the leak check.

    Raises
    ------
    LeakError
        If it would hold a secret.
    ReleaseError
        If it cannot be made.
    """
    say("Taking the solutions out")
    files = student_files(project)
    if pdf:
        say("Typesetting the blank handout")
        files = {**files, **blank_handout(files)}
    name = course_name(project)
    content = zip_bytes(files, f"{name}/")
    say("Looking for leaks")
    leaks = LeakCheck(project).in_zip(content)
    if leaks:
        raise LeakError(refusal(f"{name}-student.zip", leaks))
    path = out / f"{name}-student.zip"
    write_atomic(path, content)
    return Product(path, len(content), len(files), "students", "hand it out as it is")


def build_gradescope(project: Path, out: Path, say: Say) -> Product:
    """Write the autograder's zip."""
    from release.gradescope import gradescope_files

    say("Packing the autograder")
    files = gradescope_files(project)
    content = zip_bytes(files)
    path = out / f"{course_name(project)}-gradescope.zip"
    write_atomic(path, content)
    step = "upload it: Configure Autograder"
    return Product(path, len(content), len(files), "Gradescope", step)


def build_nbgrader(project: Path, out: Path, say: Say) -> Product:
    """Write the nbgrader course, in place of the one that is there, after the leak check.

    Raises
    ------
    LeakError
        If students would get a secret.
    ReleaseError
        If it cannot be made, or if the one that is there has a gradebook.
    """
    from release.nbgrader import handed_out, nbgrader_files

    say("Making the nbgrader course")
    path = out / "nbgrader"
    if (path / "gradebook.db").exists():
        raise ReleaseError(
            f"{path} has a gradebook, and a release would replace it. Move the folder to where the "
            "course lives; a later release is copied over it: cp -r dist/nbgrader/. COURSE"
        )
    files = nbgrader_files(project)
    say("Looking for leaks")
    if leaks := LeakCheck(project).in_files(handed_out(files)):
        raise LeakError(refusal("the assignment in nbgrader/source", leaks))
    replace_folder(files, path)
    size = sum(len(file.content) for file in files.values())
    step = f"in it: nbgrader generate_assignment {course_name(project)}"
    return Product(path, size, len(files), "nbgrader", step)


BUILDERS: dict[str, Callable[[Path, Path, Say], Product]] = {
    "student": build_student,
    "gradescope": build_gradescope,
    "nbgrader": build_nbgrader,
}


def refusal(name: str, leaks: list) -> str:
    """Say why a package is refused, and what to do."""
    lines = "\n".join(f"  {leak}" for leak in leaks)
    count = "a leak" if len(leaks) == 1 else f"{len(leaks)} leaks"
    return (
        f"{name} is refused, because of {count}:\n{lines}\n"
        "Take out what should not be there. A passage that gives nothing away can be named in "
        "release/allowed.txt."
    )


def replace_folder(files: Files, path: Path) -> None:
    """Write a folder whole, then put it in the place of an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
        fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
        write_folder(files, fresh)
        if path.exists():
            shutil.move(path, old)
        fresh.rename(path)
