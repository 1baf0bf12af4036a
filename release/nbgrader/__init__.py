"""The course for nbgrader: ``dist/nbgrader/``, which works by itself beside the environment.

``nbgrader_config.py`` and ``nbgrader_course/`` go into it as they are.
"""

from pathlib import Path, PurePosixPath

from problem_set.assignment import read_assignment
from release.files import Files, PackedFile, read_toml, starting_with, tracked_files
from release.nbgrader.notebooks import graded_notebooks
from release.student import tool_files, visible_files

HERE = "release/nbgrader/"
GRADING = "grading/"
# Of the student's package, what the notebooks need; an environment comes with the course's hub.
RELEASED = ("LICENSE", "assignment.toml", "experiments/", "grader/", "problem_set/", "submission/")
# The instructor's side, at its place below grading/: the grader with its hidden tests.
KEPT = ("assignment.toml", "grader/", "problem_set/")


def nbgrader_files(project: Path) -> Files:
    """Return the course: its configuration, ``source/ps1/``, and ``grading/`` for instructors.

    Raises
    ------
    ReleaseError
        If the project is not a git repository, or a question has no cell or no rubric.
    AssignmentError
        If ``assignment.toml`` is wrong.
    """
    tracked = tracked_files(project)
    student = {**visible_files(tracked), **tool_files(tracked)}
    assignment = read_assignment(project / "assignment.toml")
    source = f"source/{assignment.course.assignment}/"
    notebooks = {
        PurePosixPath(name).name: file.content.decode()
        for name, file in starting_with(student, "notebooks/").items()
    }
    graded = graded_notebooks(notebooks, assignment, read_toml(tracked, HERE + "rubrics.toml"))
    return {
        "nbgrader_config.py": tracked[HERE + "nbgrader_config.py"],
        **{source + name: PackedFile(text.encode()) for name, text in graded.items()},
        **{source + name: file for name, file in starting_with(student, *RELEASED).items()},
        **{GRADING + name: file for name, file in starting_with(tracked, *KEPT).items()},
        **{
            GRADING + name.removeprefix(HERE): file
            for name, file in starting_with(tracked, HERE + "nbgrader_course/").items()
        },
    }
