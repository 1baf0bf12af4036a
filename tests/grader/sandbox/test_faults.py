"""What the grader or the machine fails to do is never held against a submission."""

import contextlib
import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from of_mode import SETUP, of_mode

from grader.engine.sandbox import (
    ForkServer,
    IsolationError,
    Limits,
    WorkerSetup,
    exchange,
    fork_server_client,
)
from grader.engine.sandbox.backends import none
from grader.engine.sandbox.fork_server_client import ServerLostError

ANSWER = {"loss.py": b"def f(): return {'answer': 42}"}


def suspended(server: ForkServer) -> list[psutil.Process]:
    """Stop a server and all below it; return its processes."""
    server.transport.end_submission(keep_spare=False)
    first = psutil.Process(server.transport.pid)
    processes = [first, *first.children(recursive=True)]
    for process in processes:
        process.suspend()
    return processes


def test_the_clock_starts_when_the_worker_is_confined(isolated_server: ForkServer) -> None:
    with isolated_server.open(ANSWER) as session:
        processes = suspended(isolated_server)
        resume = threading.Timer(3, lambda: [process.resume() for process in processes])
        resume.start()
        reply = session.run({"call": "f"}, limits=Limits(wall=2))
        resume.join()
    assert reply.result == {"answer": 42}
    assert reply.seconds < 2


def test_a_worker_that_is_never_confined_is_the_graders_fault(
    isolated_server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "STARTUP_SECONDS", 0.2)
    with isolated_server.open(ANSWER) as session:
        processes = suspended(isolated_server)
        try:
            with pytest.raises(IsolationError, match=r"not ready within 0\.2 seconds"):
                session.run({"call": "f"})
            with pytest.raises(IsolationError, match="not ready"):  # without waiting again
                session.run({"call": "f"})
        finally:
            for process in processes:
                process.resume()
    monkeypatch.undo()
    with isolated_server.open(ANSWER) as session:
        assert session.run({"call": "f"}).result == {"answer": 42}


def test_a_server_that_is_lost_once_costs_nothing_and_twice_is_the_graders_fault(
    isolated_server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, losses = exchange.Exchange.run, [1]

    def lose(self: exchange.Exchange) -> object:
        if losses and losses.pop():
            raise ServerLostError
        return run(self)

    monkeypatch.setattr(exchange.Exchange, "run", lose)
    with isolated_server.open(ANSWER) as session:
        assert session.run({"call": "f"}).result == {"answer": 42}
        losses[:] = [1, 1]
        with pytest.raises(IsolationError, match="killed twice"):
            session.run({"call": "f"})


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_a_worker_that_cannot_start_is_the_graders_fault(
    mode: str, tmp_path: Path, started: dict[str, ForkServer]
) -> None:
    if mode != "none":
        of_mode(mode, started)
    broken = tmp_path / "requests.py"
    broken.write_text("raise ImportError('no torch for ' + 'anybody')\n")
    with pytest.raises(IsolationError, match="no torch for anybody"):  # noqa: SIM117
        with (
            ForkServer(WorkerSetup(calls=broken), mode) as server,
            server.open(ANSWER) as session,
        ):
            session.run({"call": "f"})


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_a_worker_that_never_starts_is_the_graders_fault(
    mode: str, tmp_path: Path, started: dict[str, ForkServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_mode(mode, started)
    for module in (fork_server_client, none):
        monkeypatch.setattr(module, "STARTUP_SECONDS", 1.0)
    endless = tmp_path / "calls.py"
    endless.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(IsolationError, match="did not start"):  # noqa: SIM117
        with ForkServer(WorkerSetup(calls=endless), mode) as server, server.open(ANSWER) as session:
            session.run({"call": "f"})


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_files_that_cannot_be_written_are_the_graders_fault(
    mode: str, started: dict[str, ForkServer]
) -> None:
    files = {"loss.py": b"def f(): return {}\n" + b"#" * 20_000}
    session = of_mode(mode, started).open(files)
    with session, pytest.raises(IsolationError, match=r"File too large|No space left"):
        session.run({"call": "f"}, limits=Limits(file=8192))  # as on a disk that is full


@pytest.mark.thorough
def test_a_submission_that_ends_its_worker_later_blames_nobody_else(
    started: dict[str, ForkServer],
) -> None:
    source = b"""
import os, threading
def f():
    threading.Timer(0.2, os._exit, [0]).start()
    return {}
"""
    with of_mode("none", started).open({"loss.py": source}) as session:
        assert session.run({"call": "f"}).status == "ok"
        time.sleep(0.5)
        assert session.run({"call": "f"}).status == "exited"
        assert session.run({"call": "f"}).status == "ok"


def test_a_worker_without_pipes_leaves_no_socket_open(
    isolated_server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolated_server.transport.end_submission(keep_spare=False)

    def refuse(flags: int) -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    with isolated_server.open(ANSWER) as session:
        before = psutil.Process().num_fds()
        monkeypatch.setattr(fork_server_client.os, "pipe2", refuse)
        with pytest.raises(IsolationError, match="Too many open files"):
            session.run({"call": "f"})
        monkeypatch.undo()
        assert psutil.Process().num_fds() == before


def adjusted_score(process: psutil.Process) -> int | None:
    """Return what Linux adds to a process's share of memory to choose whom to end."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{process.pid}/oom_score_adj").read_text())
    return None


def test_a_machine_short_of_memory_ends_the_worker_first(started: dict[str, ForkServer]) -> None:
    server = of_mode("fallback", started)
    with server.open(ANSWER) as session:
        session.run({"call": "f"})
        first = psutil.Process(server.transport.pid)
        deadline = time.monotonic() + 10
        # A worker that waits for its request may not have come to it yet.
        while 1000 not in map(adjusted_score, first.children()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert adjusted_score(first) < 1000


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_compiling_costs_nothing_in_any_mode(mode: str, started: dict[str, ForkServer]) -> None:
    source = b"import torch\ndef f(): return {'same': torch.compile(f) is f}"
    of_mode(mode, started)
    with ForkServer(SETUP, mode) as server, server.open({"loss.py": source}) as session:
        assert session.run({"call": "f"}).result == {"same": True}


def test_workers_are_nobody_whom_systemd_may_invent() -> None:
    from grader.engine.sandbox import users

    if not users.may_change_user():
        pytest.skip("only root can give workers other users; run this one with sudo")
    reserved = users.ReservedUsers()
    reserved.release()
    assert reserved.ids == [*range(reserved.ids[0], reserved.ids[0] + users.WORKER_USERS)]
    assert reserved.ids[0] >= 60_578
    assert reserved.ids[-1] < 61_184
    assert os.getuid() not in reserved.ids
