"""A worker in an ordinary subprocess: limits on time, and on memory where the system has them.

This is not isolation. It is for systems where there is none, and for public tests.
"""

import contextlib
import json
import math
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import psutil

from grader.engine.replies import IsolationError
from grader.engine.sandbox.exchange import CHUNK, OUTPUT_TAIL, ReplyBuffer
from grader.engine.sandbox.fork_server_client import STARTUP_SECONDS
from grader.engine.sandbox.interpreter import (
    FLAGS,
    WORKER,
    WorkerSetup,
    current_interpreter,
    quiet_environment,
)
from grader.engine.sandbox.limits import NEARLY, Limits, RawReply, Usage
from grader.engine.sandbox.scratch import remove
from grader.engine.sandbox.worker.drop_privileges import GRACE
from grader.engine.sandbox.worker.unsandboxed_worker import READY

INTERVAL = 0.02


class UnsandboxedTransport:
    """One unprotected worker a submission, started again when it ends or is ended."""

    def __init__(self, setup: WorkerSetup) -> None:
        self.users: list[int] = []
        self._setup = setup
        self._named: list[str] = []
        self._worker: _Worker | None = None

    @property
    def pid(self) -> int:
        return self._worker.process.pid if self._worker else 0

    def preload(self, modules: list[str]) -> None:
        self._named = modules

    def exchange(self, message: bytes, limits: Limits) -> RawReply:
        """Send one request to the submission's worker, and wait for the answer.

        Raises
        ------
        IsolationError
            If the worker does not start, which is before a line of the submission runs.
        """
        if self._worker is None:
            self._worker = _Worker(self._setup, self._named)
        try:
            raw = self._worker.exchange(message, limits)
        except BaseException:
            self.end_submission()
            raise
        # One that has run out of time has reported that, and ends.
        if raw.ended or raw.cpu > NEARLY * limits.cpu or raw.seconds > NEARLY * limits.wall:
            self.end_submission()
        return raw

    def end_submission(self, keep_spare: bool = True) -> Usage:
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        return Usage()

    def close(self) -> None:
        self.end_submission()


class _Worker:
    """The subprocess, and a thread on each of its pipes (Windows cannot select on them)."""

    def __init__(self, setup: WorkerSetup, named: list[str]) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="grader-"))
        interpreter = current_interpreter()
        options = {
            "search_path": [str(path) for path in (*interpreter.search_path, WORKER.parent)],
            "preload": setup.preload,
            "preload_if_installed": named,
            "modules": setup.modules(),
        }
        self.process = subprocess.Popen(
            [
                str(interpreter.executable), *FLAGS, str(WORKER / "unsandboxed_worker.py"),
                json.dumps(options),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.scratch, env=quiet_environment(),
        )  # fmt: skip
        self.tail = bytearray()
        self.printed = 0
        self.served = False
        self.chunks: queue.Queue[bytes] = queue.Queue(maxsize=8)
        self.meter = psutil.Process(self.process.pid)
        stdout, stderr = cast(Any, self.process.stdout), cast(Any, self.process.stderr)
        self.stdin = cast(Any, self.process.stdin)
        self.readers = {
            stdout: _start_thread(self._read, stdout),
            stderr: _start_thread(self._read_stderr, stderr),
        }
        if self._next(STARTUP_SECONDS) != READY:
            self.close()
            raise IsolationError(f"the worker did not start: {self._stderr_tail()}")

    def exchange(self, message: bytes, limits: Limits) -> RawReply:
        """Send one request, and receive its answer."""
        self.printed = 0
        self.tail.clear()
        _start_thread(self._write, message)
        reply = ReplyBuffer(limits.reply)
        patience = time.monotonic() + STARTUP_SECONDS
        # After the first request, code of the submission may run already, and end the worker.
        confined = time.monotonic() if self.served else math.inf
        cpu = cpu_before = self._cpu()
        ended = ""
        while not ended and not reply.complete:
            chunk = self._next(INTERVAL)
            cpu = self._cpu() or cpu
            if chunk == b"":
                ended = "exited"
            elif chunk:
                ended = reply.add(chunk)
                if reply.confined and not self.served:
                    (confined, cpu_before), self.served = reply.confined, True
            if confined == math.inf and (ended or time.monotonic() > patience):
                self.process.kill()
                self.readers[self.process.stderr].join(2)  # it may still read why
                raise IsolationError(f"a worker did not begin: {self._stderr_tail()}")
            if self.printed > limits.output:
                ended = "output"
            elif not ended and cpu - cpu_before > limits.cpu + GRACE:
                ended = "cpu"
            elif not ended and time.monotonic() > confined + limits.wall + GRACE:
                ended = "timeout"
        seconds, cpu = time.monotonic() - confined, cpu - cpu_before
        signal = 0
        if ended == "exited":
            with contextlib.suppress(subprocess.TimeoutExpired):
                signal = max(0, -self.process.wait(2))
            ended = "killed" if signal else "exited"
        return RawReply(reply.message, ended, signal, bytes(self.tail), seconds, cpu)

    def close(self) -> None:
        """Kill the process and remove what it wrote."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(queue.Empty):
            while True:
                self.chunks.get_nowait()
        for pipe, reader in self.readers.items():
            reader.join(2)
            if not reader.is_alive():  # or a process that has been left behind holds it open
                pipe.close()
        with contextlib.suppress(OSError):
            self.stdin.close()
        remove(self.scratch)

    def _cpu(self) -> float:
        """Return the seconds of processor time that the worker has used, 0 if it is gone."""
        with contextlib.suppress(psutil.Error):
            times = self.meter.cpu_times()
            return times.user + times.system
        return 0.0

    def _next(self, seconds: float) -> bytes | None:
        """Return what has come next, nothing at the end; None if it does not come in time."""
        with contextlib.suppress(queue.Empty):
            return self.chunks.get(timeout=seconds)
        return None

    def _stderr_tail(self) -> str:
        return self.tail.decode(errors="replace").strip()[-2000:] or "it printed nothing"

    def _write(self, message: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.stdin.write(message)
            self.stdin.flush()

    def _read(self, pipe: BufferedReader) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := pipe.read1(CHUNK):
                self.chunks.put(chunk)
        self.chunks.put(b"")

    def _read_stderr(self, pipe: BufferedReader) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := pipe.read1(CHUNK):
                self.printed += len(chunk)
                self.tail += chunk
                del self.tail[:-OUTPUT_TAIL]


def _start_thread(target: Callable[[Any], None], argument: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=(argument,), daemon=True)
    thread.start()
    return thread
