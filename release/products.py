"""The three products: who receives each, what it consists of, and how it is written."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from problem_set import __version__
from problem_set.assignment import read_assignment
from problem_set.io import write_atomic
from release.files import Files, ReleaseError, release_time, write_folder, zip_bytes
from release.graded import grade_gradescope, grade_nbgrader, grade_student
from release.leaks import Leak, LeakCheck
from release.student import blank_handout, student_files

Say = Callable[[str], None]


class LeakError(ReleaseError):
    """What students would get holds what they must not; nothing was written."""


class Product(NamedTuple):
    """Something that was written, for the table at the end."""

    path: Path
    files: Files
    receiver: str
    next_step: str


def course_name(project: Path) -> str:
    """Return what the assignment is called in names of files: ``ps1``."""
    return read_assignment(project / "assignment.toml").course.assignment


def zip_name(project: Path, product: str) -> str:
    """Return the name of a product's zip: ``ps1-student-2.0.zip``."""
    return f"{course_name(project)}-{product}-{__version__}.zip"


def build_student(project: Path, out: Path, say: Say, pdf: bool = True) -> Product:
    """Write the student's package, after the leak check.

    Raises
    ------
    LeakError
        If it would hold a secret.
    ReleaseError
        If it cannot be made, or a question in it is not open, or cannot be answered.
    """
    say("Taking the solutions out, and building the wheel")
    files = student_files(project)
    if pdf:
        say("Typesetting the blank handout")
        files = {**files, **blank_handout(files)}
    path = out / zip_name(project, "student")
    content = zip_bytes(files, f"{course_name(project)}/", release_time(project))
    say("Looking for leaks")
    refuse(path.name, LeakCheck(project).in_zip(content))
    say("Grading it, as it is and with the solutions")
    grade_student(project, files)
    write_atomic(path, content)
    return Product(path, files, "students", "hand it out as it is")


def build_gradescope(project: Path, out: Path, say: Say) -> Product:
    """Write the autograder's zip, after its self test.

    Raises
    ------
    ReleaseError
        If it does not give a right submission all points.
    """
    from release.gradescope import gradescope_files

    say("Packing the autograder")
    files = gradescope_files(project)
    path = out / zip_name(project, "gradescope")
    content = zip_bytes(files, seconds=release_time(project))
    say("Grading the solutions with it")
    problem = grade_gradescope(files)
    write_atomic(path, content)
    return Product(path, files, "Gradescope", f"upload it: Configure Autograder {problem}".strip())


def build_nbgrader(project: Path, out: Path, say: Say) -> Product:
    """Write the nbgrader course, in place of the one that is there, after the leak check.

    Raises
    ------
    LeakError
        If students would get a secret.
    ReleaseError
        If it cannot be made, does not grade, or if the one that is there has a gradebook.
    """
    from release.nbgrader import nbgrader_files

    say("Making the nbgrader course")
    path = out / "nbgrader"
    if (path / "gradebook.db").exists():
        raise ReleaseError(
            f"{path} has a gradebook, and a release would replace it. Move the folder to where the "
            "course lives; a later release is copied over it: cp -r dist/nbgrader/. COURSE"
        )
    files = nbgrader_files(project)
    say("Grading the solutions with nbgrader")
    released, problem = grade_nbgrader(project, files, course_name(project))
    say("Looking for leaks")
    refuse("the assignment that nbgrader releases", LeakCheck(project).in_files(released))
    replace_folder(files, path)
    step = f"in it: nbgrader generate_assignment {course_name(project)} {problem}".strip()
    return Product(path, files, "nbgrader", step)


BUILDERS: dict[str, Callable[[Path, Path, Say], Product]] = {
    "student": build_student,
    "gradescope": build_gradescope,
    "nbgrader": build_nbgrader,
}


def refuse(name: str, leaks: list[Leak]) -> None:
    """Raise ``LeakError`` if there are leaks; it says what to do."""
    if leaks:
        lines = "\n".join(f"  {leak}" for leak in leaks)
        count = "a leak" if len(leaks) == 1 else f"{len(leaks)} leaks"
        raise LeakError(
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
