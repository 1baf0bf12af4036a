"""nbgrader's settings for this course. In this folder, with the course's environment active:

    nbgrader generate_assignment ps1        # source/ps1 -> release/ps1; points and due date
    nbgrader release_assignment ps1         # to the exchange, where students fetch it
    nbgrader collect ps1                    # the last submission of each student
    nbgrader autograde ps1                  # 1a to 2d, in the grader's sandbox; runs no notebook
    jupyter lab                             # menu Nbgrader, Formgrader: 3a to 3c by hand
    nbgrader generate_feedback ps1
    nbgrader release_feedback ps1
    nbgrader export                         # grades.csv

Each release replaces this file. Your own settings go into ``course_config.py`` beside it, which no
release writes and which counts where both set a thing. For example, as its whole content:

    c = get_config()
    c.CourseDirectory.max_file_size = 2000  # kB; larger files are not collected

What late work loses is in ``grading/assignment.toml`` under ``[late]``; who has an extension, in
``extensions.csv`` beside this file (columns id, and days or due), which no release writes either.

``c.Exchange.root``, the folder that students and instructors exchange files in, belongs into
neither, for students need it, too: on a hub, into ``/etc/jupyter/nbgrader_config.py``.

``source/`` is all that students get. ``grading/`` holds the hidden tests: it must be readable by
instructors only.
"""

import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent
sys.path.insert(0, str(COURSE / "grading"))
# nbgrader calls alembic, which lies beside Python, also where the environment is not active.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.root = str(COURSE)
# Neither results, which are made again, nor anything that would be run or read as settings.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".git", ".venv", "results",
    "nbgrader_config.*", "course_config.*", "jupyter_*config.*", "ipython_config.*", "*.pth",
]  # fmt: skip

# Points and due date are those of assignment.toml, in the gradebook, too.
c.GenerateAssignment.preprocessors.insert(0, "nbgrader_course.course.SetPoints")
c.GenerateAssignment.preprocessors.append("nbgrader_course.course.SaveDueDate")
# Made again each time from what is there: without it, an older one would stay in its place.
c.GenerateAssignment.force = True
c.GenerateFeedback.force = True

# A submission is collected as plain files: no links into the instructor's folders. A student's
# newer one takes the place of the one before.
c.ExchangeFactory.collect = "nbgrader_course.collecting.CollectPlainFiles"
c.ExchangeCollect.update = True

c.Autograde.exporter_class = "nbgrader_course.reading.SubmittedNotebookExporter"
c.Autograde.sanitize_preprocessors = [
    "nbgrader_course.cleaning.CleanSubmission",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader_course.autograding.GradeSubmission",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# The rubrics of 3a to 3c stand in cells that are locked, not in nbgrader's "task" cells. Graders
# see them; take ClearMarkScheme off the list to show them in the feedback, too.
c.ClearMarkScheme.enforce_metadata = False
c.GenerateFeedback.exporter_class = "nbgrader_course.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.AssignLatePenalties",  # again: a due date may have changed
    "nbgrader.preprocessors.GetGrades",
    "nbgrader_course.feedback.ShowToStudent",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# For another policy than [late] has, write a plugin, and name it in course_config.py:
# https://nbgrader.readthedocs.io/en/stable/plugins/late-plugin.html
c.AssignLatePenalties.plugin_class = "nbgrader_course.late.LatePolicy"
c.ExportApp.plugin_class = "nbgrader_course.exporting.QuotedExportPlugin"

# nbgrader goes on without a file of settings that raises: it would run students' notebooks.
try:
    from problem_set.assignment import read_assignment

    assignment = read_assignment()
    c.CourseDirectory.course_id = assignment.course.short
    # The students' own files are not overwritten with the course's.
    own = {"submission/__init__.py", *(question.file for question in assignment.coding)}
    c.Autograde.exclude_overwriting = {assignment.course.assignment: sorted(own)}
    load_subconfig("course_config.py", path=str(COURSE))  # noqa: F821  (nbgrader provides it)
except Exception as error:
    c.GradeSubmission.problem = (
        "assignment.toml or course_config.py cannot be read, so nobody is graded: "
        f"{type(error).__name__}: {error}"
    )
    print(c.GradeSubmission.problem, file=sys.stderr)
