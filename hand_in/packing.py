"""The zip that a student uploads, judged as it will be judged: by reading the zip."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.engine.intake import FOLDER, IntakeError, read_submission
from grader.engine.results import Report
from hand_in.written import read_written
from problem_set.archive import zip_bytes
from problem_set.assignment import Assignment


def archive_name(assignment: Assignment) -> str:
    """Return the name of the zip that a student uploads."""
    return f"{assignment.course.assignment}-submission.zip"


@dataclass(frozen=True)
class Packed:
    """A zip that is ready to be written.

    Attributes
    ----------
    content : bytes
    names : tuple of str
        The files in it.
    missing : tuple of str
        Files that the assignment asks for and that are not there.
    warnings : tuple of str
        What is unfinished, as sentences for the student.
    report : Report
        What the public tests say of the code in the zip.
    """

    content: bytes
    names: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    report: Report


def pack(project: Path, assignment: Assignment, judge: Callable[[Path], Report]) -> Packed:
    """Pack a project's ``submission/`` and written answers, and judge the code in the zip.

    Parameters
    ----------
    judge : callable
        From the zip's path to the report of the public tests.

    Raises
    ------
    IntakeError
        If the grader could not read what would be handed in; the message says what to do.
    """
    if not (project / FOLDER).is_dir():
        raise IntakeError(
            f"There is no folder {FOLDER}/ in {project.resolve()}. Give the folder of the problem "
            "set, or go there first."
        )
    submission = read_submission(project / FOLDER, assignment.files)
    code = submission.files
    written = read_written(project, assignment)
    files = {**{f"{FOLDER}/{name}": data for name, data in code.items()}, **written.files}
    content = zip_bytes(files)
    with tempfile.TemporaryDirectory(prefix="hand-in-") as folder:
        path = Path(folder) / archive_name(assignment)
        path.write_bytes(content)
        if read_submission(path, assignment.files).files != code:
            raise IntakeError(f"The zip does not hold {FOLDER}/ as it is on disk; try again.")
        report = judge(path)
    asked = dict.fromkeys(question.file for question in assignment.coding)
    return Packed(
        content,
        names=tuple(sorted(files)),
        missing=tuple(name for name in asked if name not in files),
        warnings=(*submission.notes, *written.warnings),
        report=report,
    )
