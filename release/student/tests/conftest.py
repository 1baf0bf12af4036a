"""What `make test` knows of your work: the public tests run over it once, in a sandbox."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from grader.engine.grader import grade
from grader.engine.progress import BROKEN, OPEN, RIGHT, WAITING, WRONG, Standing, standings
from grader.engine.results import Report
from grader.engine.sandbox import ForkServer

PROJECT = Path(__file__).parents[1]
WORDS = {
    RIGHT: ("passes the public tests", "green"),
    OPEN: ("open", "yellow"),
    WAITING: ("waits for another question", "yellow"),
    WRONG: ("not right yet", "red"),
    BROKEN: ("cannot be imported", "red"),
}


def pytest_configure(config: pytest.Config) -> None:
    """Leave pytest's own list of failures out: the summary below says it by question."""
    config.option.reportchars = ""


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.get_terminal_writer().line(
        "Running the public tests over submission/, and once all pass some short experiments ..."
    )


@pytest.fixture(scope="session")
def found() -> Report:
    """What the public tests say of submission/, or why they could not run."""
    with ForkServer() as server:
        return grade(PROJECT, server, public_only=True)


@pytest.fixture
def report(found: Report, told: set[str]) -> Report:
    """What the public tests say of submission/; the first test fails if they could not run."""
    if found.problem in told:
        pytest.skip(found.problem)
    if found.problem:
        told.add(found.problem)
        pytest.fail(found.problem, pytrace=False)
    return found


@pytest.fixture(scope="session")
def stand(found: Report) -> dict[str, Standing]:
    """Where each question stands, by id."""
    return {standing.id: standing for standing in standings(found)}


@pytest.fixture(scope="session")
def told() -> set[str]:
    """What has been told already: a file that cannot be imported stops several questions."""
    return set()


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[[Standing], None]:
    """Return a function that remembers a question for the summary."""
    return lambda standing: record_property("standing", asdict(standing))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which questions are open, which are right, and what to do next."""
    found = {
        value["id"]: Standing(**value)
        for reports in terminalreporter.stats.values()
        for each in reports
        for name, value in getattr(each, "user_properties", ())
        if name == "standing"
    }
    questions = [found[id_] for id_ in sorted(found)]
    if not questions:
        return
    write = terminalreporter.write_line
    write("")
    for question in questions:
        said, colour = WORDS[question.state]
        write(f"{question.id}  {question.title:<36}{said}", **{colour: True})
    write("")
    for line in next_steps(questions):
        write(line)


def next_steps(questions: list[Standing]) -> list[str]:
    """Return what to do, most urgent first."""
    not_right = [question for question in questions if question.state in (WRONG, BROKEN)]
    still_open = [question for question in questions if question.state in (OPEN, WAITING)]
    if not_right:
        ids = ", ".join(question.id for question in not_right)
        return [f"Fix first: {ids}.", f"Begin with {not_right[0].id}: {not_right[0].reason}"]
    if still_open:
        ids = ", ".join(question.id for question in still_open)
        return [f"Nothing is wrong so far. Open: {ids}.", f"Next: {still_open[0].reason}"]
    return [
        "All public tests pass. Hidden ones check the same behaviour on other numbers.",
        "Next: make lab or make experiments, then questions 3a to 3c, then make submission.",
    ]
