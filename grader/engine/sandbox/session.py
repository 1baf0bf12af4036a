"""One submission's requests."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np

from grader.engine.replies import IsolationError, Reply
from grader.engine.sandbox.limits import Limits, RawReply, Usage
from grader.engine.sandbox.parse_reply import parse_reply
from grader.engine.sandbox.worker.framing import encode


class Transport(Protocol):
    """Brings one request's message to a worker and the worker's bytes back.

    ``pid`` is the process that serves, 0 while there is none; ``users`` are the user ids of
    workers on this machine, empty where they have the grader's own.
    """

    users: list[int]

    @property
    def pid(self) -> int: ...

    def preload(self, modules: list[str]) -> None:
        """Have installed packages imported before the next worker gets its request."""

    def exchange(self, message: bytes, limits: Limits) -> RawReply:
        """Run one request in bounded time. Never raises because of what the worker did."""

    def end_submission(self, keep_spare: bool = True) -> Usage:
        """Make sure that nothing of the submission served so far is left; return what it used.

        A worker that was forked ahead has seen nothing of it, and goes only if not ``keep_spare``.
        """

    def close(self) -> None:
        """End everything."""


class Session:
    """A submission to run requests on; a context manager, and nothing of it survives.

    The files live here, in the trusted process, and travel with each request. The workers keep
    nothing between requests, so there is nothing of one request for the next to find.

    Attributes
    ----------
    used : Usage
        What it took, once the session is closed.
    """

    def __init__(self, transport: Transport, files: Mapping[str, bytes], package: str) -> None:
        self.files = dict(files)
        self._package = package
        self._transport = transport
        self._open = True
        self.used = Usage()
        self._failure: IsolationError | None = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; afterwards ``run`` raises."""
        if self._open:
            self._open = False
            self.used = self._transport.end_submission()

    def run(
        self,
        program: dict[str, Any],
        arrays: Mapping[str, np.ndarray] | None = None,
        limits: Limits | None = None,
        probe: bool = False,
    ) -> Reply:
        """Execute one program on the submission, in a fresh process where the mode allows.

        With ``probe``, the program is for the sandbox's own probe instead, see
        ``worker/probe.py``.

        Raises
        ------
        IsolationError
            If the session is closed or the sandbox itself failed; never for what a student did.
            A sandbox that failed is not tried again in this session, which may take minutes.
        """
        if not self._open:
            raise IsolationError("this session is closed; open the submission again")
        if self._failure is not None:
            raise IsolationError(str(self._failure))
        limits = limits or Limits()
        nonce = secrets.token_hex(16)
        content = {
            "nonce": nonce,
            "probe": probe,
            "program": program,
            "limits": asdict(limits),
            "package": self._package,
            "files": [[name, len(data)] for name, data in self.files.items()],
        }
        packed = np.frombuffer(b"".join(self.files.values()), np.uint8)
        message = encode(content, {**(arrays or {}), "submission files": packed})
        try:
            raw = self._transport.exchange(message, limits)
        except OSError as error:
            self._failure = IsolationError(f"the sandbox failed: {error}")
            raise self._failure from error
        except IsolationError as error:
            self._failure = error
            raise
        return parse_reply(
            raw, nonce, limits, {f"{self._package}/{name}": d for name, d in self.files.items()}
        )
