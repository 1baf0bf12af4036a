"""What comes back from a request: data that a submission claims, bounded and cleaned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

STATUSES = ("ok", "raised", "timeout", "cpu", "memory", "killed", "exited", "malformed")


class IsolationError(RuntimeError):
    """The sandbox could not do its work; the fault is the grader's or the machine's."""


@dataclass(frozen=True)
class TracebackLine:
    """One line of a traceback, in the student's own files.

    ``file`` is relative to the folder that holds the submission; ``source`` is taken from the
    file as it was handed in, never from what the worker said.
    """

    file: str
    line: int
    function: str
    source: str


def place_of(lines: Sequence[TracebackLine]) -> str:
    """Say at which line a traceback ends; nothing of an empty one."""
    if not lines:
        return ""
    line = lines[-1]
    function = f" in {line.function}" if line.function not in ("", "<module>") else ""
    return f"{line.file}, line {line.line}{function}"


@dataclass(frozen=True)
class StudentError:
    """An exception of the student's code: its class, its text, and where it passed."""

    type: str
    message: str
    frames: tuple[TracebackLine, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What a request brought back; see ``grader/engine/sandbox`` for each ``status``.

    ``stopped_at`` is where the student's code was when its time was up, innermost last; empty if
    that is not known. ``seconds`` and ``cpu`` are what it took, by the clock and of the processor.
    """

    status: str
    result: dict[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    error: StudentError | None = None
    sentence: str = ""
    output: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    stopped_at: tuple[TracebackLine, ...] = ()
