"""Where the course's folders are, as the command that is under way was told."""

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Configurable


def course_directory(step: Configurable) -> CourseDirectory:
    """Return the course directory of the converter that a preprocessor belongs to.

    Raises
    ------
    RuntimeError
        If the preprocessor is used outside of nbgrader.
    """
    while step is not None:
        if isinstance(getattr(step, "coursedir", None), CourseDirectory):
            return step.coursedir
        step = step.parent
    raise RuntimeError("This preprocessor works within nbgrader's own commands only.")
