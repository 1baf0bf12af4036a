"""Find the tests that are here and let pytest run them over one submission."""

import importlib
import os
import pkgutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

import grader
from grader.assignment import Assignment
from grader.judge import Ask, Graded
from grader.report import PASSED
from grader.trial import Outcome, TestFunction, run_test

FOLDERS = ("public_tests", "hidden_tests")
# Nothing of the surrounding project, no plugin, and no output: the report is ours to write.
# The last two plugins collect garbage at each run, which takes longer than the tests.
PLUGINS = """
    terminal cacheprovider faulthandler logging junitxml doctest pastebin
    unraisableexception threadexception
"""
OPTIONS = ["-c", os.devnull, "-s", "--assert=plain", "--disable-plugin-autoload"]
OPTIONS += [part for name in PLUGINS.split() for part in ("-p", f"no:{name}")]


class SuiteError(RuntimeError):
    """The tests themselves could not be run; the grader's fault."""


def present_tests() -> dict[str, TestFunction]:
    """Import every test file that is here; return the tests by id."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((Path(grader.__file__).parent / folder).glob("test_*.py")):
            module = importlib.import_module(f"grader.{folder}.{path.stem}")
            for value in vars(module).values():
                if hasattr(value, "graded"):
                    found[value.graded.id] = value
    return found


def hidden_tests_are_here() -> bool:
    packages = pkgutil.iter_modules([str(Path(grader.__file__).parent)])
    return "hidden_tests" in {package.name for package in packages}


class Plugin:
    """Runs each collected test through a judge, and keeps outcomes.

    All public tests come first. They do as they did on the student's machine, and what they show
    cannot be a hidden input: a worker may well leave a trace in the machine, such as which files
    it has read, for one that runs later, and the report of a public test repeats what came.
    """

    def __init__(
        self,
        assignment: Assignment,
        selected: Collection[str],
        ask: Callable[[str], Ask],
        progress: Callable[[str], None],
        so_far: Callable[[Mapping[str, Outcome]], None],
        time_is_up: Callable[[], bool],
    ) -> None:
        self.order = [test.id for test in sorted(assignment.tests, key=lambda test: test.hidden)]
        self.selected = selected
        self.ask = ask
        self.progress = progress
        self.so_far = so_far
        self.time_is_up = time_is_up
        self.outcomes: dict[str, Outcome] = {}
        self.problems: list[str] = []

    @pytest.fixture
    def judge(self) -> None:
        """Stand for the argument of a test; ``pytest_pyfunc_call`` makes the real one."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.function.graded.id in self.selected]
        items.sort(key=lambda item: self._turn(item.function.graded))

    def _turn(self, graded: Graded) -> tuple[int, int]:
        """Return when a test runs: after those that it needs, else in the order above."""
        own = self.order.index(graded.id)
        return max([own, *map(self.order.index, graded.needs)]), own

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        function = pyfuncitem.function
        id_ = function.graded.id
        if self.time_is_up():
            return True
        self.progress(id_)
        earlier = {name: outcome.status for name, outcome in self.outcomes.items()}
        outcome = run_test(function, self.ask(id_), earlier)
        if outcome.status != PASSED and self.time_is_up():
            return True  # it was cut short, and proves nothing
        self.outcomes[id_] = outcome
        self.so_far(self.outcomes)
        if outcome.status != PASSED:
            pytest.fail(outcome.status, pytrace=False)
        return True


def run_suite(
    assignment: Assignment,
    selected: Collection[str],
    ask: Callable[[str], Ask],
    progress: Callable[[str], None] = lambda id_: None,
    so_far: Callable[[Mapping[str, Outcome]], None] = lambda outcomes: None,
    time_is_up: Callable[[], bool] = lambda: False,
) -> dict[str, Outcome]:
    """Run the selected tests that are here; return outcomes by test id.

    A test that the end of time keeps from being judged has no outcome.

    Parameters
    ----------
    ask : callable
        From a test's id to how it runs programs, which knows its time limit.
    progress, so_far : callable
        Are told a test's id before it runs, and all outcomes after it.
    time_is_up : callable
        Is asked before and after each test.

    Raises
    ------
    SuiteError
        If pytest could not collect or run a test file.
    KeyboardInterrupt
        Which pytest keeps to itself.
    """
    plugin = Plugin(assignment, selected, ask, progress, so_far, time_is_up)
    package = Path(grader.__file__).parent
    folders = [str(package / folder) for folder in FOLDERS if (package / folder).is_dir()]
    code = pytest.main([*OPTIONS, "--rootdir", str(package.parent), *folders], plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED and not plugin.problems:
        raise KeyboardInterrupt
    if plugin.problems:
        raise SuiteError("a test file could not be collected:\n" + plugin.problems[0])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        if code == pytest.ExitCode.NO_TESTS_COLLECTED and not selected:
            return {}
        raise SuiteError(f"pytest ended with {pytest.ExitCode(code).name}")
    return plugin.outcomes
