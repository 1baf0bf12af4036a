"""What a server promises: fresh workers, nothing in sight, nothing left, and its own price."""

import os
import signal
import tempfile
from pathlib import Path

import numpy as np
import psutil
import pytest
from of_mode import CALLS, WITHOUT_TORCH, of_mode

from grader.engine.sandbox import ForkServer, IsolationError, Limits, WorkerSetup, users
from grader.engine.sandbox.users import may_change_user
from grader.engine.sandbox.worker import landlock

COUNT = b"""
import builtins, os, torch
from pathlib import Path
calls = builtins.calls = getattr(builtins, "calls", 0) + 1
seen = os.path.exists("seen")
Path("seen").write_text("")
def f(): return {"calls": calls, "seen": seen, "random": torch.rand(1).item(), "pid": os.getpid()}
"""
LOOK = b"""
import os
from pathlib import Path
def f():
    places = {}
    for place in ("/", "/home", "/root", "/proc", "/sandbox", "/tmp", "/etc"):
        try:
            places[place] = sorted(os.listdir(place))
        except OSError as error:
            places[place] = type(error).__name__
    import sys
    return {"places": places, "environment": dict(os.environ), "uid": os.getuid(),
            "home": str(Path.home()),
            "modules": [name for name in sys.modules if name.split(".")[0] == "grader"]}
"""


def test_no_state_survives_from_one_request_to_the_next(isolated_server: ForkServer) -> None:
    with isolated_server.open({"loss.py": COUNT}) as session:
        replies = [session.run({"call": "f"}).result for _ in range(3)]
    assert [reply["calls"] for reply in replies] == [1, 1, 1]
    assert not any(reply["seen"] for reply in replies)
    assert len({reply["random"] for reply in replies}) == 1


def test_a_submission_is_charged_what_its_own_workers_used(isolated_server: ForkServer) -> None:
    busy = b"""
import time
held = b"x" * (200 << 20)
def f():
    while time.process_time() < 1.0:
        pass
    return {}
"""
    used = []
    for content in (busy, b"def f(): return {}"):
        with isolated_server.open({"loss.py": content}) as session:
            assert [session.run({"call": "f"}).status for _ in range(2)] == ["ok", "ok"]
        used.append(session.used)
    first, second = used
    assert first.cpu >= 1.8 and 0 < second.cpu < 1
    assert first.memory - second.memory > 150 << 20 and second.memory > 20 << 20


def test_the_worker_sees_neither_the_grader_nor_our_environment(
    isolated_server: ForkServer,
) -> None:
    with isolated_server.open({"loss.py": LOOK}) as session:
        seen = session.run({"call": "f"}).result
    assert set(seen["environment"]) <= {
        "HOME", "LANG", "LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "PWD", "NUMEXPR_NUM_THREADS", "PYTHONHASHSEED", "PYTHONSAFEPATH", "PYTHONMALLOC",
        "GLIBC_TUNABLES", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR",
    }  # fmt: skip
    assert seen["modules"] == []
    assert seen["home"] != str(Path.home()) and not Path(seen["home"]).exists()
    for place in ("/home", "/root", "/proc"):
        assert seen["places"][place] in ("PermissionError", "FileNotFoundError", [], [".pyenv"])


def test_roots_workers_are_users_that_are_nobodys(isolated_server: ForkServer) -> None:
    if not may_change_user():
        pytest.skip("only root can give workers other users; run this one with sudo")
    assert "separate user" in isolated_server.layers
    with isolated_server.open({"loss.py": LOOK}) as session:
        assert session.run({"call": "f"}).result["uid"] != 0


IN_NUMPY = """
import sys
def execute(program, arrays, submission):
    import adapter
    from submission.fit import slope
    return {"torch": "torch" in sys.modules, "answer": adapter.ANSWER}, {"slope": slope(**arrays)}
"""


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback", "none"])
def test_an_assignment_in_numpy_is_served_without_torch(
    mode: str, tmp_path: Path, started: dict[str, ForkServer]
) -> None:
    of_mode(mode, started)
    for name, text in {
        "calls": IN_NUMPY,
        "adapter": "ANSWER = 42",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    setup = WorkerSetup(tmp_path / "adapter.py", tmp_path / "calls.py", preload=("numpy",))
    with ForkServer(setup, mode) as server:
        files = {"fit.py": b"import numpy as np\ndef slope(x, y): return (x @ y) / (x @ x)"}
        with server.open(files) as session:
            reply = session.run({}, {"x": np.arange(3.0), "y": 2 * np.arange(3.0)})
    assert reply.result == {"torch": False, "answer": 42}
    assert reply.arrays["slope"] == 2


def test_two_graders_of_root_never_share_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ids of two graders, and none that graders of other tests may have now.
    monkeypatch.setattr(users, "FIRST", users.LAST + 1)
    monkeypatch.setattr(users, "LAST", users.FIRST + 2 * users.WORKER_USERS)
    first, second = users.ReservedUsers(), users.ReservedUsers()
    assert not set(first.ids) & set(second.ids)
    with pytest.raises(OSError, match="no unused user id"):
        users.ReservedUsers()
    first.release()
    again = users.ReservedUsers()
    assert again.ids == first.ids
    again.release()
    second.release()


def test_a_server_says_what_holds(server: ForkServer) -> None:
    assert server.isolated == (server.mode != "none")
    assert bool(server.leaks) != server.isolated
    assert server.layers


def test_the_probe_finds_a_door_that_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0 or any(not p.stat().st_mode & 1 for p in CALLS.parents):
        pytest.skip("the repository is not readable by others")
    monkeypatch.setenv("GRADER_ISOLATION_WITHOUT", "landlock seccomp")
    with ForkServer(WITHOUT_TORCH, "fallback") as server:
        assert not server.isolated
        assert any(leak.startswith("reads ") for leak in server.leaks)
        assert "opens sockets" in server.leaks
        assert "Landlock" not in server.layers


def test_bubblewrap_holds_without_landlock(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, ForkServer]
) -> None:
    of_mode("bubblewrap", started)
    monkeypatch.setenv("GRADER_ISOLATION_WITHOUT", "landlock")
    with ForkServer(WITHOUT_TORCH, "bubblewrap") as server:
        assert server.isolated
        assert "Landlock" not in server.layers


def test_bubblewrap_without_a_filter_of_system_calls_is_no_sandbox(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, ForkServer]
) -> None:
    of_mode("bubblewrap", started)
    monkeypatch.setenv("GRADER_ISOLATION_WITHOUT", "seccomp")
    with pytest.raises(IsolationError, match="takes leases on files") as raised:
        ForkServer(WITHOUT_TORCH, "bubblewrap")
    # Mounts and namespaces close the others by themselves.
    for leak in ("reads /", "writes to", "reaches the network", "signals", "keeps root's"):
        assert leak not in str(raised.value)


@pytest.mark.parametrize("version", [1, 2])
def test_the_filter_closes_truncation_where_landlock_is_too_old_to(
    version: int, monkeypatch: pytest.MonkeyPatch, started: dict[str, ForkServer]
) -> None:
    of_mode("fallback", started)
    monkeypatch.setattr(landlock, "version", lambda: version)
    with ForkServer(WITHOUT_TORCH, "fallback") as server:
        assert server.isolated, server.leaks
    monkeypatch.setenv("GRADER_ISOLATION_WITHOUT", "seccomp")
    with ForkServer(WITHOUT_TORCH, "fallback") as server:
        assert "truncates files that it may read" in server.leaks


def test_a_server_that_has_died_costs_the_next_submission_nothing() -> None:
    with ForkServer(WITHOUT_TORCH) as server:
        if server.mode == "none":
            pytest.skip("no fork server here")
        process = psutil.Process(server.transport.pid)
        process.kill()
        psutil.wait_procs([process, *process.children(recursive=True)], timeout=10)
        # Named in a submission, the package is imported by the server, before any request.
        with server.open({"loss.py": b"import scipy\ndef f(): return {}"}) as session:
            assert session.run({"call": "f"}).status == "ok"


def test_a_server_that_was_killed_is_started_again() -> None:
    with ForkServer(WITHOUT_TORCH) as server:
        if server.mode == "none":
            pytest.skip("no fork server here")
        source = {"loss.py": b"import time\ndef f(): time.sleep(1); return {}"}
        with server.open(source) as session:
            assert session.run({"call": "f"}).status == "ok"
            os.kill(server.transport.pid, signal.SIGKILL)
            assert session.run({"call": "f"}).status in ("ok", "killed")
            assert session.run({"call": "f"}).status == "ok"


@pytest.mark.parametrize("mode", ["bubblewrap", "fallback"])
def test_a_server_that_hangs_is_killed_with_all_below_it(
    mode: str, started: dict[str, ForkServer]
) -> None:
    of_mode(mode, started)
    ours = psutil.Process()
    before = {process.pid for process in ours.children(recursive=True)}
    with ForkServer(WITHOUT_TORCH, mode) as server:
        for process in psutil.Process(server.transport.pid).children(recursive=True):
            process.suspend()
        if mode == "fallback":
            psutil.Process(server.transport.pid).suspend()
    assert {process.pid for process in ours.children(recursive=True)} <= before
    assert not [
        p
        for p in psutil.process_iter(["cmdline"])
        if p.info["cmdline"]
        and "calls.py" in " ".join(p.info["cmdline"])
        and p.status() == psutil.STATUS_STOPPED
    ]


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IsolationError, match="chroot"):
        ForkServer(WITHOUT_TORCH, "chroot")
    monkeypatch.setenv("GRADER_ISOLATION", "jail")
    with pytest.raises(IsolationError, match="jail"):
        ForkServer(WITHOUT_TORCH)


def test_the_environment_chooses_a_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    with ForkServer(WITHOUT_TORCH) as server:
        assert (server.mode, server.isolated) == ("none", False)


def test_two_hundred_submissions_leave_nothing(isolated_server: ForkServer) -> None:
    def serve(submissions: int) -> None:
        for number in range(submissions):
            source = f"import numpy as np\ndef f(): return np.full(10_000, {number})".encode()
            with isolated_server.open({"loss.py": source}) as session:
                assert session.run({"call": "f"}).arrays["out"][0] == number
                session.run({"call": "g"})

    def held() -> tuple[int, int, int]:
        isolated_server.transport.end_submission(keep_spare=False)
        ours = psutil.Process()
        children = ours.children(recursive=True)
        memory = sum(p.memory_full_info().uss for p in [ours, *children])
        return memory, len(children), ours.num_fds()

    serve(40)
    memory, children, descriptors = held()
    serve(160)
    after = held()
    assert after[1:] == (children, descriptors)
    assert after[0] - memory < 4 << 20


def test_nothing_is_left_of_a_closed_server(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    for mode in ("bubblewrap", "fallback", "none"):
        try:
            server = ForkServer(WITHOUT_TORCH, mode)
        except IsolationError:
            continue
        with server, server.open({"loss.py": b"def f(): return {}"}) as session:
            assert session.run({"call": "f"}).status == "ok"
            if mode != "none":
                server.transport.end_submission(keep_spare=False)
                assert not [*folder.glob("*/*")]
    after = {process.pid for process in psutil.Process().children(recursive=True)}
    assert after == before
    folder.rmdir()


DAEMONS = b"""
import os, time
def f():
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            while True:
                os.fork() if os.getpid() % 3 else time.sleep(0.01)
    return {}
"""


def test_processes_that_outlive_their_request_are_killed_without_namespaces_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give workers a user id of their own")
    monkeypatch.setenv("GRADER_ISOLATION_WITHOUT", "seccomp")
    with ForkServer(WITHOUT_TORCH, "fallback") as server:
        with server.open({"loss.py": DAEMONS}) as session:
            assert session.run({"call": "f"}, limits=Limits(wall=5)).status in ("ok", "raised")
        server.transport.end_submission(keep_spare=False)
        assert psutil.Process(server.transport.pid).children(recursive=True) == []
        users = [process.info["uids"] for process in psutil.process_iter(["uids"])]
        assert not {uids.real for uids in users if uids} & set(server.transport.users)
