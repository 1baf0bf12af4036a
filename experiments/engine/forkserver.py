"""How the processes of runs are started, without each of them importing torch for seconds."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext

from experiments.errors import UserError

# The slowest of what a run imports; the last is what the first optimizer would import.
PRELOADED = ["pandas", "torch", "torch._dynamo"]


class ServerError(UserError):
    """No process can be started; the message says what to do."""


def process_context() -> BaseContext:
    """Return what starts processes for ``call_in``, ready to do so.

    None is forked from this process, whose threads would not survive it. On Linux they are forked
    from one that has imported torch, and of this project nothing: a run has the code that is there
    when it starts. Elsewhere each is started afresh; what macOS computes with survives no fork.

    Raises
    ------
    ServerError
        If what is imported once cannot be imported.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with _interrupts_ignored():
        forkserver.ensure_running()
    try:
        first = context.Process(target=int)
        first.start()  # returns when all is imported, so that Ctrl-C until then stops no run
        first.join()
    except (EOFError, OSError) as error:
        raise ServerError(
            f"no process can be started ({error}); what it said is above. If it was about torch, "
            "remove .venv and give the command again"
        ) from error
    return context


def call_in(environment: dict[str, str], function: Callable, *arguments: object) -> None:
    """Call a function in the environment of who starts the process, not of whom it is forked from.

    A notebook may have set ``CUDA_VISIBLE_DEVICES`` since.
    """
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Have what is started here ignore Ctrl-C, which is for this process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
