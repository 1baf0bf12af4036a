"""Requests to workers that a fork server forks, each over a socket of its own.

Everything here runs in the trusted process and assumes nothing of a worker: not that it reads,
answers, ends or keeps silent. Each wait has an end.
"""

from functools import partial

from grader.engine.replies import IsolationError
from grader.engine.sandbox.exchange import Exchange
from grader.engine.sandbox.fork_server_client import Launch, ServerLink, ServerLostError
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.raw_reply import Outcome


class ForkedTransport:
    """Exchanges frames with workers; one at a time, and one is always forked ahead.

    Parameters
    ----------
    launch : callable
    other_users : bool
        As for ``ServerLink``.

    Attributes
    ----------
    users : list of int
        User ids of the workers, outside the sandbox; empty where they have the grader's own.
    """

    def __init__(self, launch: Launch, other_users: bool) -> None:
        self._link = partial(ServerLink, launch, other_users)
        self._server: ServerLink | None = None
        self._running()

    @property
    def pid(self) -> int:
        """The server's process id, 0 while there is none."""
        return self._server.launched.process.pid if self._server else 0

    def preload(self, modules: list[str]) -> None:
        """Have the server import installed packages for the workers to come."""
        try:
            self._running().preload(modules)
        except ServerLostError:  # the one that is started next does without, and works
            self._stop()

    def exchange(self, frame: bytes, limits: Limits) -> Outcome:
        """Run one request on a worker of its own; once more if the server is lost over it.

        Raises
        ------
        IsolationError
            If no worker could be confined, or the server is lost twice, which no submission can
            bring about.
        """
        for _ in range(2):
            try:
                server = self._running()
                worker = server.next_worker()
                try:
                    return Exchange(server, worker, frame, limits).run()
                finally:
                    worker.close()
            except ServerLostError:
                self._stop()
        raise IsolationError(
            "the sandbox's server was killed twice during a request; the machine may be short of "
            "memory, so grade again when less runs on it"
        )

    def end_submission(self, rest: bool = False) -> None:
        """Wait until every worker is gone; start afresh if that cannot be had.

        With ``rest`` the one that was forked ahead goes too.
        """
        if self._server is not None:
            try:
                self._server.settle(rest)
            except ServerLostError:
                self._stop()

    def close(self) -> None:
        """End the server and everything in it."""
        self._stop()

    def _running(self) -> ServerLink:
        if self._server is None:
            self._server = self._link()
            self.users = self._server.launched.users_outside
        return self._server

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
