"""The course for nbgrader: ``dist/nbgrader/``, which works by itself beside the environment.

``nbgrader_config.py`` and ``nbgrader_course/`` go into the product as they are; the rest of this
package puts it together.
"""

from release.nbgrader.product import nbgrader_files

__all__ = ["nbgrader_files"]
