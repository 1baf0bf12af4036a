"""Our end of the control socket of a fork server, and of the workers that it forks.

Everything here runs in the trusted process and assumes nothing of a worker: not that it reads,
answers, ends or keeps silent. Each wait has an end.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from grader.engine.replies import IsolationError
from grader.engine.sandbox.interpreter import FLAGS, current_interpreter, quiet_environment
from grader.engine.sandbox.limits import Usage
from grader.engine.sandbox.scratch import remove
from grader.engine.sandbox.users import ReservedUsers
from grader.engine.sandbox.worker.server import kill_everything_of

STARTUP_SECONDS = 120.0
ANSWER_SECONDS = 5.0


@dataclass
class ServerProcess:
    """A fork server that has been started.

    ``users`` are given to workers in turn, so that one whose end is under way shares nothing
    with the next; they are known outside as ``users_outside``.
    ``scratch`` is the folder, outside, that holds the workers' scratch folders, where these are
    not in memory.
    """

    process: subprocess.Popen
    users: list[int]
    users_outside: list[int]
    scratch: Path | None


def start_server(
    command: list[str], server: Path, options: dict[str, Any], stderr: IO[bytes], kept: list[int]
) -> subprocess.Popen:
    """Start ``worker/server.py``, through a command, with some descriptors and nothing else."""
    return subprocess.Popen(
        [*command, str(current_interpreter().executable), *FLAGS, str(server), json.dumps(options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        pass_fds=kept,
        env=quiet_environment(),
        cwd="/",
        start_new_session=True,
    )


#: Starts a fork server, given the descriptor of its end of the control socket, a file for its
#: standard error, and the users that its workers should be.
Launch = Callable[[int, IO[bytes], list[int]], ServerProcess]


class ServerLostError(Exception):
    """The fork server is gone or does not answer."""


@dataclass
class ForkedWorker:
    """A worker that waits for its request, by our ends of its socket and of its output."""

    request: int
    channel: socket.socket
    output: int

    def close(self) -> None:
        self.channel.close()
        if self.output >= 0:
            os.close(self.output)
            self.output = -1


class ForkServerClient:
    """Our end of the control socket.

    Parameters
    ----------
    launch : callable
    other_users : bool
        Whether workers are users of their own, which takes root; else they are the grader's user.
    """

    def __init__(self, launch: Launch, other_users: bool) -> None:
        self._reserved = ReservedUsers() if other_users else None
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed by stop()
        try:
            with theirs:
                users = self._reserved.ids if self._reserved else []
                self.server = launch(theirs.fileno(), self.stderr, users)
        except BaseException:
            self._release()
            raise
        self.requests = 0
        self.drains = 0
        self.spare: ForkedWorker | None = None
        self.preloaded: set[str] = set()
        self.ended: dict[int, dict[str, Any]] = {}
        try:
            self._receive(time.monotonic() + STARTUP_SECONDS)
        except ServerLostError as error:
            reason = self._stderr_tail()
            self.stop()
            raise IsolationError(f"the sandbox did not start: {reason}") from error

    def next_worker(self) -> ForkedWorker:
        """Return the worker that was forked ahead; ``fork_ahead`` then replaces it."""
        worker, self.spare = self.spare or self._fork(), None
        return worker

    def fork_ahead(self) -> None:
        """Have the next worker forked while this one works."""
        if self.spare is None:
            self.spare = self._fork()

    def _fork(self) -> ForkedWorker:
        self.requests += 1
        users = self.server.users
        user = users[self.requests % len(users)] if users else None
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            channel, their_channel = socket.socketpair()
            ours.callback(channel.close)
            theirs.callback(their_channel.close)
            output, their_output = os.pipe2(os.O_CLOEXEC)
            ours.callback(os.close, output)
            theirs.callback(os.close, their_output)
            channel.setblocking(False)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            os.set_blocking(output, False)
            command = {"do": "fork", "request": self.requests, "user": user}
            self._send(command, [their_channel.fileno(), their_output])
            ours.pop_all()
        return ForkedWorker(self.requests, channel, output)

    def scratch_of(self, request: int) -> Path | None:
        """Return the folder on disk that a request's worker may write to, if it is on disk."""
        return self.server.scratch / str(request) if self.server.scratch else None

    def threads(self) -> int:
        """Return how many threads all workers have together, without namespaces around them.

        A kernel that counts a user's processes does not count root's, nor tell those of a grader
        of the same user apart. 0 where it does not list children.
        """
        pid = self.server.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except OSError:
            return 0
        count = 0
        for child in children.split():
            with contextlib.suppress(OSError):
                count += sum(1 for _ in Path(f"/proc/{child}/task").iterdir())
        return count

    def kill_worker(self, request: int) -> None:
        """Have a worker killed."""
        self._send({"do": "kill", "request": request})

    def preload(self, modules: list[str]) -> None:
        """Have packages imported, and the worker that was forked ahead replaced by a later one."""
        wanted = set(modules) - self.preloaded
        if wanted:
            self.preloaded |= wanted
            self._send({"do": "preload", "modules": sorted(wanted)})
            self._drop_spare()

    def drain(self, keep_spare: bool) -> Usage:
        """Wait until no worker is left, nor anything that one has written; return what they used.

        The one that was forked ahead has seen nothing of any submission, and may be kept.
        """
        if not keep_spare:
            self._drop_spare()
        self.drains += 1
        kept = self.spare.request if self.spare else 0
        self._send({"do": "drain", "number": self.drains, "keep": kept})
        deadline = time.monotonic() + ANSWER_SECONDS
        while (message := self._receive(deadline)).get("drained") != self.drains:
            continue
        self.ended.clear()
        return Usage(message["cpu"], message["memory"])

    def receive_pending(self) -> None:
        """Take in the messages that are there."""
        while True:
            try:
                self._record(self.control.recv(1 << 16, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return
            except OSError as error:
                raise ServerLostError from error

    def wait_for_end(self, request: int) -> dict[str, Any]:
        """Return the message about a worker that must be ending, when it comes."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while request not in self.ended:
            self._receive(deadline)
        return self.ended[request]

    def stop(self) -> None:
        """Kill the server; with it goes everything in its sandbox."""
        self._drop_spare()
        self.control.close()
        process = self.server.process
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:  # all below it too: bwrap's death ends only itself
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        child.kill()
            process.kill()
        if process.wait() != 0 and self.server.scratch:  # no namespace ends what it has left
            for user in self.server.users_outside:
                kill_everything_of(user)
        if self.server.scratch:
            remove(self.server.scratch)
        self._release()

    def _release(self) -> None:
        self.control.close()
        self.stderr.close()
        if self._reserved:
            self._reserved.release()

    def _drop_spare(self) -> None:
        if self.spare is not None:
            self.spare.close()
            self.spare = None

    def _send(self, command: dict[str, Any], descriptors: list[int] | None = None) -> None:
        try:
            socket.send_fds(self.control, [json.dumps(command).encode()], descriptors or [])
        except OSError as error:
            raise ServerLostError from error

    def _receive(self, deadline: float) -> dict[str, Any]:
        self.control.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            return self._record(self.control.recv(1 << 16))
        except OSError as error:
            raise ServerLostError from error
        finally:
            self.control.settimeout(None)

    def _record(self, data: bytes) -> dict[str, Any]:
        if not data:
            raise ServerLostError
        message = json.loads(data)
        if "ended" in message:
            self.ended[message["ended"]] = message
            if scratch := self.scratch_of(message["ended"]):
                remove(scratch)
        return message

    def _stderr_tail(self) -> str:
        self.stderr.seek(0)
        return self.stderr.read()[-2000:].decode(errors="replace").strip() or "it said nothing"
