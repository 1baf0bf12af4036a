"""What tests share: the reference solution, changed copies of it, and small data."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from problem_set.environment import environment_needed

with environment_needed("pytest"):
    import hypothesis
    import pytest
    import torch

    from experiments.data.movielens import load_movielens_100k
    from experiments.data.ratings import DataError, Ratings, Split, split_ratings
    from experiments.data.synthetic import synthetic_ratings
    from experiments.engine.resources import processor_cores

# The same examples every time, and no time limit on a busy machine.
hypothesis.settings.register_profile("project", derandomize=True, deadline=None)
hypothesis.settings.load_profile("project")

PROJECT = Path(__file__).parents[1]
CONTINUOUS_INTEGRATION = os.environ.get("CI") == "true"
TAKES_MINUTES = "takes minutes; CI=true make test runs it"


def pytest_xdist_auto_num_workers() -> int:
    """Run on two processes more than there are cores: many tests wait for a sandbox to end."""
    return processor_cores() + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest; leave what takes minutes to continuous integration.

    A file's tests go to one process, so a long file that is begun last leaves the others idle.
    """
    thorough = {item for item in items if item.get_closest_marker("thorough")}
    items.sort(key=lambda item: (-_time_limit(item), item not in thorough))
    if not CONTINUOUS_INTEGRATION:
        for item in thorough:
            item.add_marker(pytest.mark.skip(reason=TAKES_MINUTES))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say, before a run of the whole suite, what is about to happen."""
    config = session.config
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    if terminal and whole and not hasattr(config, "workerinput"):
        which = "every test" if CONTINUOUS_INTEGRATION else "the tests, except those that take long"
        terminal.write_line(
            f"Running {which}: code, grader, experiments, handout, notebooks, releases. This takes "
            "some minutes on an idle machine. To run one file: make test ARGS=tests/test_style.py"
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line what was left out, why, and how to run it."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())]
    if line := left_out(reasons):
        terminalreporter.write_line(line)


def left_out(reasons: Sequence[str]) -> str:
    """Return the line about tests that were skipped for these reasons; nothing if none was."""
    if not reasons:
        return ""
    long = sum("CI=true" in reason for reason in reasons)
    lacking = len(reasons) - long
    why = [f"{long} that would make this take much longer"] if long else []
    if lacking:
        why.append(f"{lacking} that need what this machine lacks (make test ARGS=-rs names it)")
    were = "test was" if len(reasons) == 1 else "tests were"
    return (
        f"{len(reasons)} {were} left out: {' and '.join(why)}. To run them: CI=true make test, "
        "which fails where one cannot run."
    )


def _time_limit(item: pytest.Item) -> float:
    """Return the seconds that a test asks for, 0 if it makes do with what all have."""
    marker = item.get_closest_marker("timeout")
    return marker.args[0] if marker else 0


ChangeSubmission = Callable[..., Path]


def skip_or_fail(reason: str) -> None:
    """Skip a test that this machine cannot run; on continuous integration, fail it."""
    if CONTINUOUS_INTEGRATION:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def reference() -> Path:
    """The folder of the reference solution."""
    return PROJECT / "submission"


@pytest.fixture
def changed_submission(reference: Path, tmp_path: Path) -> ChangeSubmission:
    """A function that copies the reference solution and replaces text in one of its files."""

    def change(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "changed" / "submission"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(reference, folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = (folder / file).read_text()
        assert text.count(old) >= 1, f"{file} has no {old!r} to replace"
        (folder / file).write_text(text.replace(old, new))
        return folder

    return change


@pytest.fixture(scope="session")
def small_ratings() -> Ratings:
    return synthetic_ratings(num_users=60, num_items=90, num_ratings=1500)


@pytest.fixture(scope="session")
def small_split(small_ratings: Ratings) -> Split:
    return split_ratings(small_ratings, 123)


@pytest.fixture(scope="session")
def movielens() -> Ratings:
    """The real data, from the cache or fetched."""
    try:
        return load_movielens_100k()
    except DataError as error:
        skip_or_fail(f"{error}\nConnect to the network once; the data is then kept.")
