"""Grade what each person would receive: nothing as handed out, full marks with the solutions.

A question that was added in one place and forgotten in another shows here.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader
from grader.engine.results import NOT_RUN, NOT_WRITTEN, PASSED, QuestionResult, TestResult
from release.files import Files, ReleaseError, files_in, starting_with, tracked_files, write_folder

NO_SANDBOX = "nothing keeps a submission from the hidden tests"


def grade_student(project: Path, files: Files) -> None:
    """Grade the student's package with the project's grader, as it is and with the solutions.

    Raises
    ------
    ReleaseError
        Names the question that is not open at first, or not right with the reference solution.
    """
    with unpacked(files) as folder, Grader(CONTENTS) as grader:
        wrong = []
        for question in questions_of(grader, folder):
            open_ = [test for test in question.tests if test.cause == NOT_WRITTEN]
            rest = [t for t in question.tests if t not in open_ and t.status != NOT_RUN]
            wrong += [f"{worth_of(question)}. {said(rest)}"] if rest or not open_ else []
        refuse("In the student's package, these questions should be open", wrong)
        write_folder(solutions(project), folder)
        for question in questions_of(grader, folder):
            lost = [test for test in question.tests if test.status != PASSED]
            wrong += [f"{worth_of(question)}. {said(lost)}"] if lost else []
        refuse("In the student's package, the solutions should get all points", wrong)


def grade_gradescope(files: Files) -> str:
    """Run the self test of Gradescope's zip, which ``setup.sh`` runs there.

    Returns
    -------
    str
        Why it could not be run on this machine; empty if it passed.

    Raises
    ------
    ReleaseError
        If it fails, with what it says.
    """
    with unpacked(files) as folder:
        return problem_of(run(folder, "self_test.py"), "The zip for Gradescope does not grade")


def grade_nbgrader(project: Path, files: Files, assignment: str) -> tuple[Files, str]:
    """Let nbgrader release the assignment and autograde the solutions, in a copy of the course.

    Returns
    -------
    released : Files
        What students are given.
    problem : str
        Why it could not be graded on this machine; empty if every question got its points.

    Raises
    ------
    ReleaseError
        Names the question that did not.
    """
    from nbgrader.api import Gradebook  # takes a second

    with unpacked(files) as course:
        nbgrader(course, "generate_assignment", assignment)
        released = files_in(course / "release" / assignment)
        submitted = {**released, **solutions(project)}
        write_folder(submitted, course / "submitted/reference" / assignment)
        if problem := nbgrader(course, "autograde", assignment):
            return released, problem
        with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
            lost = [
                worth(grade.name, grade.auto_score, grade.max_score)
                for notebook in book.find_submission(assignment, "reference").notebooks
                for grade in notebook.grades
                if grade.cell.cell_type == "code" and grade.auto_score != grade.max_score
            ]
        refuse("In the nbgrader course, the solutions should get all points", lost)
    return released, ""


def nbgrader(course: Path, command: str, assignment: str) -> str:
    done = run(course, "-m", "nbgrader", command, assignment)
    return problem_of(done, f"In the nbgrader course, nbgrader {command} fails")


def solutions(project: Path) -> Files:
    return starting_with(tracked_files(project), "submission/")


def questions_of(grader: Grader, submission: Path) -> tuple[QuestionResult, ...]:
    """Return the questions of the full report on a submission.

    Raises
    ------
    ReleaseError
        If nothing could be graded.
    """
    report = grader.grade(submission, Asked(allow_unisolated_hidden=True))
    if report.problem:
        raise ReleaseError(f"Nothing can be graded. {report.problem}\n{report.fault}")
    return report.questions


def refuse(sentence: str, wrong: list[str]) -> None:
    if wrong:
        raise ReleaseError("\n  ".join([f"{sentence}:", *wrong]))


def worth_of(question: QuestionResult) -> str:
    return worth(question.id, question.points, question.max_points)


def worth(id_: str, points: float, max_points: float) -> str:
    return f"{id_} gets {points:g} of {max_points:g} points"


def said(tests: Sequence[TestResult]) -> str:
    """Return what the first of some tests says."""
    return f"{tests[0].id}: {tests[0].message or tests[0].status}" if tests else ""


def problem_of(done: subprocess.CompletedProcess, sentence: str) -> str:
    """Return why a product was not graded here; raise ``ReleaseError`` if it is at fault."""
    if done.returncode == 0:
        return ""
    if NO_SANDBOX in done.stderr:
        return f"(not graded: on this machine, {NO_SANDBOX})"
    raise ReleaseError(f"{sentence}.\n{done.stderr.strip()[-2000:]}")


@contextmanager
def unpacked(files: Files) -> Iterator[Path]:
    """Write files into a folder, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        write_folder(files, Path(scratch))
        yield Path(scratch)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python in a folder, with that folder's own modules."""
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
