"""The handout: course data, answers and results typeset by LaTeX.

Its Python reads ``assignment.toml``, the sources beside it and the files of ``generated/``, and
imports nothing else of the package.
"""
