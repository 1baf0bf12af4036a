"""What nbgrader does differently in this course: see ``nbgrader_config.py``."""
