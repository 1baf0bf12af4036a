"""The way in: start workers in the strongest sandbox that works here, and open submissions."""

import os
from collections.abc import Mapping
from pathlib import Path

from grader.intake import Submission, read_submission
from grader.isolation.interpreter import REQUESTS
from grader.isolation.plain import PlainTransport
from grader.isolation.reply import IsolationError
from grader.isolation.session import Session

MODES = ("bubblewrap", "fallback", "plain")


class ForkServer:
    """A context manager that runs submissions; torch is imported once, not per submission.

    Parameters
    ----------
    mode : str, optional
        One of ``MODES``; default the environment's ``GRADER_ISOLATION``, else the strongest
        that works.
    requests : Path
        The module that the worker executes requests with.

    Attributes
    ----------
    mode : str
    layers : tuple of str
        What is active, in words for the report.
    isolated : bool
        Whether a submission is kept from everything that it should not see.
    """

    def __init__(self, mode: str | None = None, requests: Path = REQUESTS) -> None:
        wanted = mode or os.environ.get("GRADER_ISOLATION") or None
        if wanted is not None and wanted not in MODES:
            raise IsolationError(f"{wanted!r} is not an isolation mode; use one of {MODES}")
        self._transport = PlainTransport(requests)
        self.mode: str = self._transport.mode
        self.layers: tuple[str, ...] = self._transport.layers
        self.isolated: bool = self._transport.isolated

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, submission: Path | str | Submission | Mapping[str, bytes]) -> Session:
        """Return a session on a submission: a folder, a zip, or files already read."""
        if isinstance(submission, (str, Path)):
            submission = read_submission(Path(submission))
        files = submission.files if isinstance(submission, Submission) else submission
        return Session(self._transport, files)

    def close(self) -> None:
        """End every worker."""
        self._transport.close()
