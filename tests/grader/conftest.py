"""One server for all gradings, submissions made of the reference with a file or two replaced."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.engine.hints import Explainer

# Tests for an engine, not for pytest.
collect_ignore = ["another_assignment"]
REFERENCE = Path(__file__).resolve().parents[2] / "submission"
TABLES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """A grader with the strongest sandbox that works here."""
    with Grader(CONTENTS) as grader:
        yield grader


@pytest.fixture(scope="session")
def explainer(grader: Grader) -> Explainer:
    return grader.explainer


@pytest.fixture
def submission(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the reference with other files: ``loss=text``.

    A text of None leaves the file out; a pair of texts replaces one by the other.
    """

    def make(**files: str | tuple[str, str] | None) -> Path:
        folder = tmp_path / "handed_in"
        shutil.copytree(REFERENCE, folder / "submission", dirs_exist_ok=True)
        for name, text in files.items():
            file = folder / "submission" / f"{name}.py"
            if text is None:
                file.unlink()
            elif isinstance(text, tuple):
                before = file.read_text()
                assert text[0] in before
                file.write_text(before.replace(*text))
            else:
                file.write_text(text)
        return folder

    return make


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function that adds a line to the tables at the end of the test output."""
    return request.config.stash.setdefault(TABLES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash.get(TABLES, []):
        terminalreporter.write_line(line)
