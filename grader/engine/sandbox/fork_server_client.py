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
from grader.engine.sandbox.scratch import remove
from grader.engine.sandbox.users import ReservedUsers

STARTUP_SECONDS = 120.0
PATIENCE = 5.0


@dataclass
class Launched:
    """A fork server that has been started, and what the transport must know of it.

    ``users`` are given to workers in turn, so that one whose end is under way shares nothing
    with the next; they are known outside as ``users_outside``.
    ``scratch`` is the folder, outside, that holds the workers' scratch folders, where these are
    not in memory. ``clean_up`` ends whatever a server that had to be killed has left.
    """

    process: subprocess.Popen
    users: list[int]
    users_outside: list[int]
    scratch: Path | None
    clean_up: Callable[[], None] = lambda: None


Launch = Callable[[int, IO[bytes], list[int]], Launched]


class ServerLostError(Exception):
    """The fork server is gone or does not answer."""


@dataclass
class WorkerLink:
    """A worker that waits for its request, by our ends of its socket and of its output."""

    request: int
    channel: socket.socket
    output: int

    def close(self) -> None:
        self.channel.close()
        if self.output >= 0:
            os.close(self.output)
            self.output = -1


class ServerLink:
    """Our end of the control socket.

    Parameters
    ----------
    launch : callable
        Starts the fork server, given the descriptor of its end of the control socket, a file for
        what it has to complain about, and the users that its workers should be.
    other_users : bool
        Whether workers are users of their own, which takes root; else they are the grader's user.
    """

    def __init__(self, launch: Launch, other_users: bool) -> None:
        self._reserved = ReservedUsers() if other_users else None
        users = self._reserved.ids if self._reserved else []
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115, closed by stop()
        try:
            with theirs:
                self.launched = launch(theirs.fileno(), self.complaints, users)
        except BaseException:
            self._release()
            raise
        self.requests = 0
        self.turns = 0
        self.spare: WorkerLink | None = None
        self.preloaded: set[str] = set()
        self.ended: dict[int, dict[str, Any]] = {}
        try:
            self._receive(time.monotonic() + STARTUP_SECONDS)
        except ServerLostError as error:
            reason = self._last_words()
            self.stop()
            raise IsolationError(f"the sandbox did not start: {reason}") from error

    def next_worker(self) -> WorkerLink:
        """Return the worker that was forked ahead; ``fork_ahead`` then replaces it."""
        worker, self.spare = self.spare or self._fork(), None
        return worker

    def fork_ahead(self) -> None:
        """Have the next worker forked while this one works."""
        if self.spare is None:
            self.spare = self._fork()

    def _fork(self) -> WorkerLink:
        self.requests += 1
        users = self.launched.users
        user = users[self.requests % len(users)] if users else None
        ours, theirs = socket.socketpair()
        try:
            output, their_output = os.pipe2(os.O_CLOEXEC)
        except OSError:
            ours.close()
            theirs.close()
            raise
        ours.setblocking(False)
        os.set_blocking(output, False)
        command = {"do": "fork", "request": self.requests, "user": user}
        try:
            self._send(command, [theirs.fileno(), their_output])
        except ServerLostError:
            ours.close()
            os.close(output)
            raise
        finally:
            theirs.close()
            os.close(their_output)
        return WorkerLink(self.requests, ours, output)

    def scratch_of(self, request: int) -> Path | None:
        """Return the folder on disk that a request's worker may write to, if it is on disk."""
        return self.launched.scratch / str(request) if self.launched.scratch else None

    def threads(self) -> int:
        """Return how many threads all workers have together, without namespaces around them.

        A kernel that counts a user's processes does not count root's, nor tell those of a grader
        of the same user apart. 0 where it does not list children.
        """
        server = self.launched.process.pid
        try:
            children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii")
        except OSError:
            return 0
        count = 0
        for child in children.split():
            with contextlib.suppress(OSError):
                count += sum(1 for _ in Path(f"/proc/{child}/task").iterdir())
        return count

    def end(self, request: int) -> None:
        """Have a worker killed."""
        self._send({"do": "end", "request": request})

    def preload(self, modules: list[str]) -> None:
        """Have packages imported, and the worker that was forked ahead replaced by a later one."""
        wanted = set(modules) - self.preloaded
        if wanted:
            self.preloaded |= wanted
            self._send({"do": "preload", "modules": sorted(wanted)})
            self._drop_spare()

    def settle(self, rest: bool) -> None:
        """Wait until no worker is left, nor anything that one has written.

        The one that was forked ahead has seen nothing of any submission, and stays unless
        the server is to ``rest``.
        """
        if rest:
            self._drop_spare()
        self.turns += 1
        kept = self.spare.request if self.spare else 0
        self._send({"do": "settle", "turn": self.turns, "keep": kept})
        deadline = time.monotonic() + PATIENCE
        while self._receive(deadline).get("settled") != self.turns:
            continue
        self.ended.clear()

    def collect(self) -> None:
        """Take in the messages that are there."""
        while True:
            try:
                self._note(self.control.recv(1 << 16, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return
            except OSError as error:
                raise ServerLostError from error

    def how_it_ended(self, request: int) -> dict[str, Any]:
        """Wait for the message about a worker that must be ending."""
        deadline = time.monotonic() + PATIENCE
        while request not in self.ended:
            self._receive(deadline)
        return self.ended[request]

    def stop(self) -> None:
        """Kill the server; with it goes everything in its sandbox."""
        self._drop_spare()
        self.control.close()
        try:
            self.launched.process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._kill_tree()
        if self.launched.process.wait() != 0:
            self.launched.clean_up()
        if self.launched.scratch:
            remove(self.launched.scratch)
        self._release()

    def _release(self) -> None:
        self.control.close()
        self.complaints.close()
        if self._reserved:
            self._reserved.release()

    def _kill_tree(self) -> None:
        """Kill the process that was started and all below it: bwrap's death ends only itself."""
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self.launched.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self.launched.process.kill()

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
            return self._note(self.control.recv(1 << 16))
        except OSError as error:
            raise ServerLostError from error
        finally:
            self.control.settimeout(None)

    def _note(self, data: bytes) -> dict[str, Any]:
        if not data:
            raise ServerLostError
        message = json.loads(data)
        if "ended" in message:
            self.ended[message["ended"]] = message
            if scratch := self.scratch_of(message["ended"]):
                remove(scratch)
        return message

    def _last_words(self) -> str:
        self.complaints.seek(0)
        return self.complaints.read()[-2000:].decode(errors="replace").strip() or "it said nothing"
