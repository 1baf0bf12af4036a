"""One request on one forked worker: send, receive, watch, and end it in time.

Everything here runs in the trusted process and assumes nothing of a worker: not that it reads,
answers, ends or keeps silent. Each wait has an end.
"""

import contextlib
import math
import os
import selectors
import socket
import struct
import time
from functools import partial

from grader.engine.replies import IsolationError
from grader.engine.sandbox.fork_server_client import (
    STARTUP_SECONDS,
    ForkedWorker,
    ForkServerClient,
    Launch,
    ServerLostError,
)
from grader.engine.sandbox.limits import NEARLY, Limits, RawReply, Usage
from grader.engine.sandbox.scratch import written
from grader.engine.sandbox.worker.drop_privileges import GRACE
from grader.engine.sandbox.worker.framing import CONFINED, PREFIX, FramingError, message_size

CHUNK = 1 << 18
OUTPUT_TAIL = 16 << 10
SCRATCH_INTERVAL = 0.02
CREDENTIALS = struct.Struct("iII")  # process, user and group id, of <linux/socket.h>
SCM_CREDENTIALS = 2
CPUCLOCK_SCHED = 2  # of <linux/posix-timers.h>


class ForkedTransport:
    """Exchanges messages with workers; one at a time, and one is always forked ahead.

    Parameters
    ----------
    launch : callable
    other_users : bool
        As for ``ForkServerClient``.
    """

    def __init__(self, launch: Launch, other_users: bool) -> None:
        self._start = partial(ForkServerClient, launch, other_users)
        self._client: ForkServerClient | None = None
        self._running()

    @property
    def pid(self) -> int:
        return self._client.server.process.pid if self._client else 0

    def preload(self, modules: list[str]) -> None:
        try:
            self._running().preload(modules)
        except ServerLostError:  # the one that is started next does without, and works
            self.close()

    def exchange(self, message: bytes, limits: Limits) -> RawReply:
        """Run one request on a worker of its own; once more if the server is lost over it.

        Raises
        ------
        IsolationError
            If no worker could be confined, or the server is lost twice, which no submission can
            bring about.
        """
        for _ in range(2):
            try:
                client = self._running()
                worker = client.next_worker()
                try:
                    return Exchange(client, worker, message, limits).run()
                finally:
                    worker.close()
            except ServerLostError:
                self.close()
        raise IsolationError(
            "the sandbox's server was killed twice during a request; the machine may be short of "
            "memory, so grade again when less runs on it"
        )

    def end_submission(self, keep_spare: bool = True) -> Usage:
        if self._client is not None:
            try:
                return self._client.drain(keep_spare)
            except ServerLostError:
                self.close()
        return Usage()

    def close(self) -> None:
        if self._client is not None:
            self._client.stop()
            self._client = None

    def _running(self) -> ForkServerClient:
        if self._client is None:
            self._client = self._start()
            self.users = self._client.server.users_outside
        return self._client


class ReplyBuffer:
    """What a worker has sent: when it was confined, and then one message, not believed.

    Attributes
    ----------
    confined : pair of float, optional
        When it was, by the clock and in processor time, once that has come.
    message : bytearray
        What has come after that.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.confined: tuple[float, float] | None = None
        self.message = bytearray()
        self._size = math.inf

    def add(self, chunk: bytes) -> str:
        """Take what has come, and return why it can be no answer; empty if it can."""
        self.message += chunk
        if self.confined is None:
            if len(self.message) < CONFINED.size:
                return ""
            self.confined = CONFINED.unpack_from(self.message)
            del self.message[: CONFINED.size]
        if len(self.message) > self.limit:
            return "oversized"
        if self._size == math.inf and len(self.message) >= PREFIX.size:
            prefix = bytes(self.message[: PREFIX.size])
            _, header, body = PREFIX.unpack(prefix)
            if PREFIX.size + header + body > self.limit:
                return "oversized"
            try:
                self._size = message_size(prefix, self.limit)
            except FramingError:
                return "malformed"
        return ""

    @property
    def complete(self) -> bool:
        """Whether what came is as long as a message says it is."""
        return len(self.message) >= self._size


class Exchange:
    """One request: send, receive, watch, and end it in time."""

    def __init__(
        self, client: ForkServerClient, worker: ForkedWorker, message: bytes, limits: Limits
    ) -> None:
        self.client, self.worker, self.limits = client, worker, limits
        self.unsent = memoryview(message)
        self.reply = ReplyBuffer(limits.reply)
        self.tail = bytearray()
        self.printed = 0
        self.scratch = client.scratch_of(worker.request)
        self.clock = 0

    def run(self) -> RawReply:
        """Return what came, and how it ended.

        Raises
        ------
        IsolationError
            If the worker could not be confined, or not in time.
        """
        ended = self._converse(time.monotonic() + STARTUP_SECONDS)
        cpu = self._cpu() if self.clock else None
        self.client.kill_worker(self.worker.request)
        if ended == "unconfined":
            raise IsolationError(
                f"a worker was not ready within {STARTUP_SECONDS:g} seconds; the machine may be "
                "overloaded, so grade again when less runs on it"
            )
        self._read_output()
        signal = 0
        unexplained = not ended and not self.reply.complete
        if cpu is None or unexplained:
            end = self.client.wait_for_end(self.worker.request)
            cpu, signal = end["cpu"], end["signal"]
        confined, cpu_before = self.reply.confined or (time.monotonic(), cpu)
        cpu = max(0.0, cpu - cpu_before)
        if unexplained:
            ended = self._explain(cpu, signal)
        if self.printed > self.limits.output:
            ended = "output"
        self.client.receive_pending()
        seconds = time.monotonic() - confined
        return RawReply(self.reply.message, ended, signal, bytes(self.tail), seconds, cpu)

    def _converse(self, patience: float) -> str:
        """Send and receive until the worker has nothing more to say, or must be ended.

        ``patience`` is when it must be confined.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(
                self.worker.channel, selectors.EVENT_READ | selectors.EVENT_WRITE, self._talk
            )
            selector.register(self.worker.output, selectors.EVENT_READ, self._read_output)
            selector.register(
                self.client.control, selectors.EVENT_READ, self.client.receive_pending
            )
            while True:
                confined = self.reply.confined
                deadline = confined[0] + self.limits.wall + GRACE if confined else patience
                left = deadline - time.monotonic()
                if left <= 0:
                    return "timeout" if confined else "unconfined"
                if self.scratch is not None and confined:
                    left = min(left, SCRATCH_INTERVAL)
                    if written(self.scratch, self.limits.file):
                        return "disk"
                    if self.client.threads() > self.limits.processes + 1:  # with one forked ahead
                        return "threads"
                for key, _ in selector.select(left):
                    finished = key.data()
                    if key.fileobj is self.worker.channel:
                        if finished is not None:
                            return finished
                        if not self.unsent and key.events != selectors.EVENT_READ:
                            selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                            self.client.fork_ahead()
                    elif finished:
                        selector.unregister(key.fileobj)
                if self.printed > self.limits.output:
                    return "output"
                if self.worker.request in self.client.ended:
                    while (finished := self._talk()) is None:
                        continue
                    return finished

    def _talk(self) -> str | None:
        """Send what is left of the request, receive what is there.

        Returns None while there may be more, else why what came can be no answer, empty if it can.
        """
        try:
            if self.unsent:
                sent = self.worker.channel.send(self.unsent[:CHUNK])
                self.unsent = self.unsent[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = memoryview(b"")
        try:
            room = 0 if self.clock else socket.CMSG_SPACE(CREDENTIALS.size)
            chunk, ancillary, _, _ = self.worker.channel.recvmsg(CHUNK, room)
        except BlockingIOError:
            return "" if self.worker.request in self.client.ended else None
        except OSError:
            return ""
        if not chunk:
            return ""
        for level, kind, content in ancillary:
            # The sender's process id, as it is known out here, which the kernel adds to what comes.
            if (level, kind) == (socket.SOL_SOCKET, SCM_CREDENTIALS):
                self.clock = ~CREDENTIALS.unpack(content)[0] << 3 | CPUCLOCK_SCHED
        return self.reply.add(chunk) or None

    def _cpu(self) -> float | None:
        """Return the seconds of processor time that the worker has used, None if it is gone."""
        with contextlib.suppress(OSError):
            return time.clock_gettime(self.clock)
        return None

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

    def _explain(self, cpu: float, signal: int) -> str:
        """Return how a worker ended that has not answered."""
        if self.reply.confined is None:
            tail = self.tail.decode(errors="replace").strip() or "it said nothing"
            raise IsolationError(f"a worker could not be confined: {tail}")
        if cpu >= NEARLY * self.limits.cpu:
            return "cpu"
        return "killed" if signal else "exited"
