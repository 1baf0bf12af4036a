"""One request on one worker: send, receive, watch, and end it in time.

Nothing is assumed of the worker: not that it reads, answers, ends or keeps silent.
"""

import math
import os
import selectors
import time
from typing import Any

from grader.engine.replies import IsolationError
from grader.engine.sandbox.fork_server_client import STARTUP_SECONDS, ServerLink, WorkerLink
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.raw_reply import Outcome
from grader.engine.sandbox.scratch import written
from grader.engine.sandbox.worker.framing import (
    PREFIX,
    FramingError,
    frame_size,
    header_end,
    read_header,
)
from grader.engine.sandbox.worker.serve_request import CONFINED

CHUNK = 1 << 18
OUTPUT_TAIL = 16 << 10
SCRATCH_INTERVAL = 0.02


class Exchange:
    """One request: send, receive, watch, and end it in time."""

    def __init__(
        self, server: ServerLink, worker: WorkerLink, frame: bytes, limits: Limits
    ) -> None:
        self.server, self.worker, self.limits = server, worker, limits
        self.unsent = memoryview(frame)
        self.data = bytearray()
        self.size: int | None = None
        self.tail = bytearray()
        self.printed = 0
        self.scratch = server.scratch_of(worker.request)
        self.confined = math.inf
        self.header_is_right = False

    def run(self) -> Outcome:
        """Return what came, and how it ended.

        The clock of the limits runs from when the worker is confined, which is before the first
        line of the submission.

        Raises
        ------
        IsolationError
            If the worker could not be confined, or not in time.
        """
        ended = self._converse(time.monotonic() + STARTUP_SECONDS)
        self.server.end(self.worker.request)
        if ended == "unconfined":
            raise IsolationError(
                f"a worker was not ready within {STARTUP_SECONDS:g} seconds; the machine may be "
                "overloaded, so grade again when less runs on it"
            )
        self._read_output()
        signal = 0
        if not ended and not self._complete():
            ended, signal = self._explain(self.server.how_it_ended(self.worker.request))
        if self.printed > self.limits.output:
            ended = "output"
        self.server.collect()
        seconds = time.monotonic() - self.confined
        del self.data[: len(CONFINED)]  # in place: an answer may be large
        return Outcome(self.data, ended, signal, bytes(self.tail), seconds)

    def _converse(self, patience: float) -> str:
        """Send and receive until the worker has nothing more to say, or must be ended.

        ``patience`` is when it must be confined.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(
                self.worker.channel, selectors.EVENT_READ | selectors.EVENT_WRITE, self._talk
            )
            selector.register(self.worker.output, selectors.EVENT_READ, self._read_output)
            selector.register(self.server.control, selectors.EVENT_READ, self.server.collect)
            while True:
                unconfined = self.confined == math.inf
                deadline = patience if unconfined else self.confined + self.limits.wall
                left = deadline - time.monotonic()
                if left <= 0:
                    return "unconfined" if unconfined else "timeout"
                if self.scratch is not None:
                    left = min(left, SCRATCH_INTERVAL)
                    if written(self.scratch, self.limits.file):
                        return "disk"
                    if self.server.threads() > self.limits.processes + 1:  # with one forked ahead
                        return "threads"
                for key, _ in selector.select(left):
                    finished = key.data()
                    if key.fileobj is self.worker.channel:
                        if finished:
                            return self._how_it_finished()
                        if not self.unsent and key.events != selectors.EVENT_READ:
                            selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                            self.server.fork_ahead()
                    elif finished:
                        selector.unregister(key.fileobj)
                if self.printed > self.limits.output:
                    return "output"
                if self.worker.request in self.server.ended:
                    while not self._talk():
                        continue
                    return ""

    def _talk(self) -> bool:
        """Send what is left of the request, receive what is there; True at the end of it."""
        try:
            if self.unsent:
                sent = self.worker.channel.send(self.unsent[:CHUNK])
                self.unsent = self.unsent[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = memoryview(b"")
        try:
            chunk = self.worker.channel.recv(CHUNK)
        except BlockingIOError:
            return self.worker.request in self.server.ended
        except OSError:
            return True
        if chunk and not self.data:
            self.confined = time.monotonic()
        self.data += chunk
        return not chunk or self._how_it_finished() != ""

    def _how_it_finished(self) -> str:
        """Return why what came so far can be no answer; empty if it can.

        The header is looked at before the arrays behind it have come.
        """
        if len(self.data) > self.limits.reply + len(CONFINED):
            return "oversized"
        with memoryview(self.data)[len(CONFINED) :] as frame:
            if self.header_is_right or len(frame) < PREFIX.size:
                return ""
            _, header, body = PREFIX.unpack_from(frame)
            if PREFIX.size + header + body > self.limits.reply:
                return "oversized"
            try:
                frame_size(bytes(frame[: PREFIX.size]), self.limits.reply)
                if len(frame) >= header_end(frame):
                    read_header(frame, self.limits.reply)
                    self.header_is_right = True
            except FramingError:
                return "malformed"
        return ""

    def _complete(self) -> bool:
        """Return whether what came is as long as a frame says it is."""
        with memoryview(self.data)[len(CONFINED) :] as frame:
            if not self.header_is_right:
                return False
            return len(frame) >= frame_size(bytes(frame[: PREFIX.size]), self.limits.reply)

    def _read_output(self) -> bool:
        """Take what was printed, keep its tail; True when there will be no more."""
        while self.printed <= self.limits.output:
            try:
                chunk = os.read(self.worker.output, CHUNK)
            except BlockingIOError:
                return False
            if not chunk:
                return True
            self.printed += len(chunk)
            self.tail = (self.tail + chunk)[-OUTPUT_TAIL:]
        return False

    def _explain(self, message: dict[str, Any]) -> tuple[str, int]:
        """Return how a worker ended that has not answered."""
        if not self.data:
            told = self.tail.decode(errors="replace").strip() or "it said nothing"
            raise IsolationError(f"a worker could not be confined: {told}")
        # The kernel's two clocks of processor time drift apart on a busy virtual machine.
        if message["cpu"] >= 0.8 * self.limits.cpu:
            return "cpu", message["signal"]
        if message["signal"]:
            return "killed", message["signal"]
        return "exited", 0
