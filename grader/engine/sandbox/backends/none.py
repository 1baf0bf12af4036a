"""A worker in an ordinary subprocess: limits on time, and on memory where the system has them.

This is not isolation. It is for systems where there is none, and for public tests.
"""

import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from grader.engine.replies import IsolationError
from grader.engine.sandbox.interpreter import (
    FLAGS,
    WORKER,
    WorkerSetup,
    current_interpreter,
    quiet_environment,
)
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.raw_reply import Outcome
from grader.engine.sandbox.scratch import remove
from grader.engine.sandbox.worker.framing import PREFIX, FramingError, frame_size
from grader.engine.sandbox.worker.unsandboxed_worker import READY

STARTUP_SECONDS = 120.0
TAIL = 16 << 10


class PlainTransport:
    """One unprotected worker a submission, started again when it ends or is ended."""

    def __init__(self, setup: WorkerSetup) -> None:
        self.users: list[int] = []
        self._setup = setup
        self._worker: _Worker | None = None

    def exchange(self, frame: bytes, limits: Limits) -> Outcome:
        """Send one request to the submission's worker, and wait for the answer.

        Raises
        ------
        IsolationError
            If the worker does not start, which is before a line of the submission runs.
        """
        if self._worker is None:
            self._worker = _Worker(self._setup)
        started = time.monotonic()
        outcome = self._worker.ask(frame, limits)
        if outcome.ended:
            self.end_submission()
        return Outcome(
            outcome.data, outcome.ended, outcome.signal, outcome.output,
            time.monotonic() - started,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """The worker's process id, 0 while there is none."""
        return self._worker.process.pid if self._worker else 0

    def preload(self, modules: list[str]) -> None:
        """Do nothing: the worker keeps what it has imported for all of the submission."""

    def end_submission(self, rest: bool = False) -> None:
        """End the worker and remove its scratch folder."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def close(self) -> None:
        """End the worker, if there is one."""
        self.end_submission()


class _Worker:
    """The subprocess, and a thread on each of its pipes (Windows cannot select on them)."""

    def __init__(self, setup: WorkerSetup) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="grader-"))
        interpreter = current_interpreter()
        paths = [*interpreter.search_path, WORKER.parent]
        self.process = subprocess.Popen(
            [
                str(interpreter.executable), *FLAGS, str(WORKER / "unsandboxed_worker.py"),
                json.dumps([str(path) for path in paths]), json.dumps([*setup.in_place().values()]),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.scratch, env=quiet_environment(),
        )  # fmt: skip
        self.tail = bytearray()
        self.printed = 0
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()
        first: list[bytes] = []
        ready = threading.Thread(
            target=lambda: first.append(self.process.stdout.read(len(READY))), daemon=True
        )
        ready.start()
        ready.join(STARTUP_SECONDS)
        if first != [READY]:
            self.close()
            told = self.tail.decode(errors="replace").strip()[-2000:] or "it printed nothing"
            raise IsolationError(f"the worker did not start: {told}")

    def ask(self, frame: bytes, limits: Limits) -> Outcome:
        """Exchange one frame."""
        self.printed = 0
        self.tail.clear()
        answer = _Answer(limits.reply)
        asking = threading.Thread(target=answer.fetch, args=(self.process, frame), daemon=True)
        asking.start()
        deadline = time.monotonic() + limits.wall
        while asking.is_alive() and time.monotonic() < deadline and self.printed <= limits.output:
            asking.join(0.02)
        if self.printed > limits.output:
            return Outcome(b"", "output", 0, bytes(self.tail))
        if asking.is_alive():
            return Outcome(b"", "timeout", 0, bytes(self.tail))
        if answer.data is not None:
            return Outcome(answer.data, "", 0, bytes(self.tail))
        if answer.error:
            return Outcome(answer.error, "", 0, bytes(self.tail))
        code = self._exit_code()
        return Outcome(b"", "killed" if code < 0 else "exited", max(0, -code), bytes(self.tail))

    def close(self) -> None:
        """Kill the process and remove what it wrote."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                continue
        self.drain.join(2)
        self.process.stderr.close()
        remove(self.scratch)

    def _exit_code(self) -> int:
        try:
            return self.process.wait(2)
        except subprocess.TimeoutExpired:
            return 0

    def _drain(self) -> None:
        try:
            while chunk := self.process.stderr.read1(1 << 16):
                self.printed += len(chunk)
                self.tail += chunk
                del self.tail[:-TAIL]
        except (OSError, ValueError):
            return


class _Answer:
    """The answer to one request, read by a thread that may be left behind."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.data: bytes | None = None
        self.error = b""

    def fetch(self, process: subprocess.Popen, frame: bytes) -> None:
        """Write the request, then read exactly one frame."""
        try:
            process.stdin.write(frame)
            process.stdin.flush()
            prefix = process.stdout.read(PREFIX.size)
            if len(prefix) < PREFIX.size:
                return
            size = frame_size(prefix, self.limit)
            data = prefix + process.stdout.read(size - len(prefix))
            if len(data) == size:
                self.data = data
        except FramingError:
            self.error = b"not a frame"
        except (OSError, ValueError):
            return
