"""Servers of every mode, with requests that call one function."""

import sys
from collections.abc import Iterator

import pytest
from of_mode import of_mode

from grader.engine.sandbox import ForkServer


@pytest.fixture(scope="session")
def started() -> Iterator[dict[str, ForkServer]]:
    """The servers that tests have asked for so far, by mode."""
    servers: dict[str, ForkServer] = {}
    yield servers
    for server in servers.values():
        server.close()


# Without a sandbox, each submission has a process of its own, and Linux has better modes.
NONE = pytest.param("none", marks=pytest.mark.thorough if sys.platform == "linux" else ())


@pytest.fixture(params=["bubblewrap", "fallback", NONE])
def server(request: pytest.FixtureRequest, started: dict[str, ForkServer]) -> ForkServer:
    """A server of each mode in turn."""
    return of_mode(request.param, started)


@pytest.fixture(params=["bubblewrap", "fallback"])
def isolated_server(request: pytest.FixtureRequest, started: dict[str, ForkServer]) -> ForkServer:
    """A server of each mode that isolates."""
    return of_mode(request.param, started)
