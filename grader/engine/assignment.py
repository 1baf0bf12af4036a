"""``assignment.toml`` and the tests that are here, which must agree before anything is graded."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from problem_set.assignment import Assignment, AssignmentError


def require_agreement(
    assignment: Assignment, functions: Mapping[str, Any], hidden_tests: bool
) -> None:
    """Check that each test function has points, and each test with points a function.

    Parameters
    ----------
    functions : mapping
        The test functions by id.
    hidden_tests : bool
        Whether the hidden tests are here; otherwise, their points have no functions.

    Raises
    ------
    AssignmentError
        Names the first id that stands in one of the two places only.
    """
    tests = {test.id: test for test in assignment.tests}
    for id_, function in functions.items():
        hidden = ".hidden_tests." in function.__module__
        if id_ not in tests or tests[id_].hidden != hidden:
            raise AssignmentError(
                f"{function.__module__.replace('.', '/')}.py, line "
                f"{function.__code__.co_firstlineno}: the test {id_} has no points. Add it to its "
                f"question in assignment.toml, under {'hidden' if hidden else 'public'}, or "
                "correct the id."
            )
    for test in assignment.tests:
        if test.id not in functions and (hidden_tests or not test.hidden):
            raise AssignmentError(
                f"assignment.toml: {test.id} under question {test.question} has points, and no "
                f"function in grader/{'hidden' if test.hidden else 'public'}_tests/ has this id."
            )


def slip_in(path: Path, error: Exception) -> AssignmentError:
    """Return the error of a test file that could not be imported, with its file and line."""
    if isinstance(error, SyntaxError):
        path, line = Path(error.filename or path), error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if Path(f.filename) == path), None)
    place = "/".join(path.parts[-3:]) + (f", line {line}" if line else "")
    text = error.msg if isinstance(error, SyntaxError) else error
    return AssignmentError(f"{place}: {type(error).__name__}: {text}. No test was run.")
