"""What nbgrader does differently in this course: see ``nbgrader_config.py``."""

# First of all, so that it is a fingerprint of what the process goes on to load.
from . import loaded as loaded
