"""What nbgrader does differently in this course: see ``nbgrader_config.py``.

Formgrader grades within JupyterLab, which runs for days and keeps the hidden tests that it loaded
at its first grading. After an update it would go on grading with the old ones, so that the digest
of the files is taken here, before the process loads any of them.
"""

from pathlib import Path

from grader.engine.digests import grader_digest

HERE = Path(__file__).resolve().parent
AT_THE_START = grader_digest(HERE)


def has_changed() -> bool:
    """Return whether the files that grade are others than when this process began."""
    return grader_digest(HERE) != AT_THE_START
