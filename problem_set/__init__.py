"""What every part of the problem set may import: its version, and the folder that it works on."""

from problem_set.console import replace_unprintable
from problem_set.project import ProjectNotFoundError, find_project

# The one version: of the release, of the students' wheel, of results and reports.
__version__ = "2.0"

__all__ = ["ProjectNotFoundError", "__version__", "find_project", "replace_unprintable"]
