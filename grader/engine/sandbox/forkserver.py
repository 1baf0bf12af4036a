"""The way in: start workers in the strongest sandbox that works here, and open submissions."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.engine.intake import Submission, read_submission
from grader.engine.replies import IsolationError
from grader.engine.sandbox.interpreter import WorkerSetup
from grader.engine.sandbox.select_backend import MODES, choose
from grader.engine.sandbox.session import Session

_HEAVY = re.compile(rb"\b(?:scipy|pandas)\b")


class ForkServer:
    """A context manager that runs submissions; torch is imported once, not per submission.

    Parameters
    ----------
    mode : str, optional
        One of ``MODES``; default the environment's ``GRADER_ISOLATION``, else the strongest
        that works.
    setup : WorkerSetup
        What workers run.

    Attributes
    ----------
    mode : str
    layers : tuple of str
        What is active, in words for the report.
    leaks : tuple of str
        What a worker was found able to do that it should not, in words; empty when isolated.
    isolated : bool
        Whether a submission is kept from everything that it should not see.
    """

    def __init__(self, mode: str | None = None, setup: WorkerSetup | None = None) -> None:
        wanted = mode or os.environ.get("GRADER_ISOLATION") or None
        if wanted is not None and wanted not in MODES:
            raise IsolationError(f"{wanted!r} is not an isolation mode; use one of {MODES}")
        chosen = choose(wanted, setup or WorkerSetup())
        self._transport = chosen.transport
        self.mode: str = chosen.mode
        self.layers: tuple[str, ...] = chosen.layers
        self.leaks: tuple[str, ...] = chosen.leaks
        self.isolated: bool = not chosen.leaks

    @property
    def worker_users(self) -> list[int]:
        """The ids that workers have on this machine; empty where they have the grader's own."""
        return self._transport.users

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, submission: Path | str | Submission | Mapping[str, bytes]) -> Session:
        """Return a session on a submission: a folder, a zip, or files already read."""
        if isinstance(submission, (str, Path)):
            submission = read_submission(Path(submission))
        files = submission.files if isinstance(submission, Submission) else submission
        session = Session(self._transport, files)
        self._transport.preload(_packages_named(files.values()))
        return session

    @property
    def pid(self) -> int:
        """The id of the process that serves, 0 while there is none."""
        return self._transport.pid

    def rest(self) -> None:
        """End the worker that waits for the next request; the next one takes a little longer."""
        self._transport.end_submission(rest=True)

    def close(self) -> None:
        """End every worker."""
        self._transport.close()


def _packages_named(sources: Iterable[bytes]) -> list[str]:
    """Return the packages that take long to import and that these files mention.

    The server imports them, once, instead of every worker. It is given these names and never
    the files.
    """
    named = {match.group() for source in sources for match in _HEAVY.finditer(source)}
    modules = {b"scipy": ["scipy.special", "scipy.stats"], b"pandas": ["pandas"]}
    return [module for name in sorted(named) for module in modules[name]]
