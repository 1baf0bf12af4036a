"""Call a submission in this process: for students' own tests, and where there is no sandbox.

Prints show, a debugger stops. Nothing here protects anybody.
"""

import contextlib
import importlib
import io
import signal
import sys
import threading
import traceback
from bdb import BdbQuit
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from grader.engine import calls
from grader.engine.replies import Reply, StudentError, TracebackLine, place_of

# Seconds of processor time of one call; a debugger that waits uses none.
CALL_SECONDS = 20.0


class OutOfTime(Exception):
    """A call used up its processor time; the traceback ends in the line that it was at."""


@dataclass
class LocalSubmission:
    """The files of a folder as modules of this process, read afresh.

    Parameters
    ----------
    folder : Path
        The folder of the student's files, which is imported as a package of its name.
    """

    folder: Path
    _modules: dict[str, ModuleType] = field(default_factory=dict)

    def load(self, name: str) -> ModuleType:
        """Import one file; whatever it raises is raised."""
        package = self.folder.name
        with _only_these_modules(package, self._modules):
            sys.path.insert(0, str(self.folder.parent))
            try:
                return importlib.import_module(f"{package}.{name}")
            finally:
                sys.path.remove(str(self.folder.parent))

    def frames(self, error: BaseException) -> tuple[TracebackLine, ...]:
        """Return the lines of the student's own files that an exception passed, outermost first."""
        lines = [
            (entry.filename, entry.lineno or 0, entry.name, entry.line or "")
            for entry in traceback.extract_tb(error.__traceback__)
        ]
        if isinstance(error, SyntaxError):
            lines.append((error.filename or "", error.lineno or 0, "", error.text or ""))
        root = self.folder.parent
        return tuple(
            TracebackLine(Path(file).relative_to(root).as_posix(), line, function, source.strip())
            for file, line, function, source in lines
            if Path(file).is_relative_to(self.folder)
        )


@dataclass
class LocalCaller:
    """Call a submission's functions in this process.

    Parameters
    ----------
    adapter : module
    load : callable
        From a file's name without ``.py`` to its module.
    frames : callable
        From an exception to the lines of the submission's files that it passed.
    """

    adapter: ModuleType
    load: Callable[[str], ModuleType]
    frames: Callable[[BaseException], tuple[TracebackLine, ...]] = lambda error: ()

    def __call__(
        self, function: str, arguments: Mapping[str, Any], reference: frozenset[str]
    ) -> Reply:
        request, arrays = calls.request(function, arguments, reference)
        output = io.StringIO()
        try:
            with (
                contextlib.redirect_stdout(output),
                _without_debugger(),
                time_limit(CALL_SECONDS),
            ):
                result, returned = calls.answer(self.adapter, request, arrays, self.load)
        except OutOfTime as error:
            frames = self.frames(error)
            sentence = f"The program used more than {CALL_SECONDS:g} seconds of processor time."
            sentence += f" It was at {place_of(frames)}." if frames else ""
            said = output.getvalue()
            return Reply(status="cpu", sentence=sentence, output=said, stopped_at=frames)
        except Exception as error:
            told = StudentError(type(error).__name__, str(error), self.frames(error))
            return Reply(status="raised", error=told, output=output.getvalue())
        return Reply(status="ok", result=result, arrays=returned, output=output.getvalue())


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` in the code that runs after so many seconds of processor time.

    Windows has no such clock, and a thread gets no signals: there the code runs until Ctrl-C.
    """
    here = threading.current_thread() is threading.main_thread()
    if not (here and hasattr(signal, "setitimer")):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True  # in pytest
        raise OutOfTime(f"not finished after {seconds:g} seconds of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _without_debugger() -> Iterator[None]:
    """Let ``breakpoint()`` raise ``BdbQuit``: what a debugger prints would be captured."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise BdbQuit

    before, sys.breakpointhook = sys.breakpointhook, refuse
    try:
        yield
    finally:
        sys.breakpointhook = before


@contextlib.contextmanager
def _only_these_modules(package: str, modules: dict[str, ModuleType]) -> Iterator[None]:
    """Let imports of a package see these modules and no others; add those that are imported."""

    def of_package() -> dict[str, ModuleType]:
        return {n: m for n, m in sys.modules.items() if n.split(".")[0] == package}

    others = of_package()
    for name in others:
        del sys.modules[name]
    sys.modules.update(modules)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = bytecode
        modules.update(of_package())
        for name in of_package():
            del sys.modules[name]
        sys.modules.update(others)
