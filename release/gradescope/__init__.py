"""The autograder that an instructor uploads to Gradescope.

``archive/`` holds what stands at the root of the zip, beside the grader.
"""

from release.gradescope.package import gradescope_files

__all__ = ["gradescope_files"]
