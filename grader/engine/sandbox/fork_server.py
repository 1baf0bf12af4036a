"""The way in: start workers in the strongest sandbox that works here, and open submissions."""

import os
from collections.abc import Mapping

from grader.engine.replies import IsolationError
from grader.engine.sandbox.interpreter import WorkerSetup
from grader.engine.sandbox.limits import Usage
from grader.engine.sandbox.select_backend import MODES, select_backend
from grader.engine.sandbox.session import Session


class ForkServer:
    """A context manager that runs submissions; packages are imported once, not per submission.

    Parameters
    ----------
    setup : WorkerSetup
        What workers run.
    mode : str, optional
        One of ``MODES``; default the environment's ``GRADER_ISOLATION``, else the strongest
        that works.

    Attributes
    ----------
    mode : str
    layers : tuple of str
        The isolation layers that are active, in words for the report.
    leaks : tuple of str
        What a worker was found able to do that it should not, in words; empty when isolated.
    isolated : bool
        Whether a submission is kept from everything that it should not see.
    """

    def __init__(self, setup: WorkerSetup, mode: str | None = None) -> None:
        wanted = mode or os.environ.get("GRADER_ISOLATION") or None
        if wanted is not None and wanted not in MODES:
            raise IsolationError(f"{wanted!r} is not an isolation mode; use one of {MODES}")
        self._setup = setup
        backend = select_backend(wanted, self._setup)
        self.transport = backend.transport
        self.mode: str = backend.mode
        self.layers: tuple[str, ...] = backend.layers
        self.leaks: tuple[str, ...] = backend.leaks
        self.isolated: bool = not backend.leaks
        self._session: Session | None = None

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, files: Mapping[str, bytes]) -> Session:
        """Return a session on a submission's files, by name."""
        session = Session(self.transport, files, self._setup.package)
        self.transport.preload(self._setup.named_in(files.values()))
        self._session = session
        return session

    @property
    def used(self) -> Usage:
        """What the last submission used, once its session is closed."""
        return self._session.used if self._session else Usage()

    def close(self) -> None:
        """End every worker."""
        self.transport.close()
