"""Find the tests that are here and run them over one submission."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import grader
from grader.engine.assignment import slip_in
from grader.engine.check import Ask
from grader.engine.results import PASSED
from grader.engine.trial import Outcome, TestFunction, run_test
from problem_set.assignment import Assignment, AssignmentError

FOLDERS = ("public_tests", "hidden_tests")


def present_tests() -> dict[str, TestFunction]:
    """Import every test file that is here; return the tests by id.

    Raises
    ------
    AssignmentError
        If a file cannot be imported, or an id comes twice.
    """
    found: dict[str, TestFunction] = {}
    for folder in FOLDERS:
        for path in sorted((Path(grader.__file__).parent / folder).glob("test_*.py")):
            try:
                module = importlib.import_module(f"grader.{folder}.{path.stem}")
            except Exception as error:
                raise slip_in(path, error) from error
            for value in vars(module).values():
                if not hasattr(value, "graded"):
                    continue
                if found.setdefault(value.graded.id, value) is not value:
                    raise AssignmentError(
                        f"grader/{folder}/{path.name}: {value.graded.id} is the id of two tests."
                    )
    return found


def hidden_tests_are_here() -> bool:
    packages = pkgutil.iter_modules([str(Path(grader.__file__).parent)])
    return "hidden_tests" in {package.name for package in packages}


def run_suite(
    assignment: Assignment,
    selected: Collection[str],
    ask: Callable[[str], Ask],
    variant: Callable[[str], int] = lambda question: 0,
    progress: Callable[[str], None] = lambda id_: None,
    so_far: Callable[[Mapping[str, Outcome]], None] = lambda outcomes: None,
    time_is_up: Callable[[], bool] = lambda: False,
) -> dict[str, Outcome]:
    """Run the selected tests that are here; return outcomes by test id.

    A test that the end of time keeps from being judged has no outcome. What a callable raises,
    ``run_suite`` raises.

    Parameters
    ----------
    ask : callable
        From a test's id to how it runs programs, which knows its time limit.
    variant : callable
        From a question's id to which inputs its hidden tests use.
    progress, so_far : callable
        Are given a test's id before it runs, and all outcomes after it.
    time_is_up : callable
        Is asked before and after each test.
    """
    functions = present_tests()
    questions = {test.id: test.question for test in assignment.tests}
    outcomes: dict[str, Outcome] = {}
    for id_ in _in_order(assignment, functions):
        if id_ not in selected:
            continue
        if time_is_up():
            break
        progress(id_)
        earlier = {name: outcome.status for name, outcome in outcomes.items()}
        outcome = run_test(functions[id_], ask(id_), earlier, variant(questions[id_]))
        if outcome.status != PASSED and time_is_up():
            break  # it was cut short, and proves nothing
        outcomes[id_] = outcome
        so_far(outcomes)
    return outcomes


def _in_order(assignment: Assignment, functions: Mapping[str, TestFunction]) -> list[str]:
    """Return the tests that are here, as in the assignment, but after those that they need."""
    position = {test.id: index for index, test in enumerate(assignment.tests)}

    def turn(id_: str) -> tuple[int, int]:
        needed = functions[id_].graded.needs
        return max(position[name] for name in (id_, *needed)), position[id_]

    return sorted((id_ for id_ in position if id_ in functions), key=turn)
