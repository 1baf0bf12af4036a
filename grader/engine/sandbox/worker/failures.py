"""What the student's code did when it ended early, as data: an exception, the lines it was at."""

import traceback
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

MAX_MESSAGE = 4000
FIRST_FRAMES, LAST_FRAMES = 4, 8


def describe(error: BaseException, folder: Path) -> dict[str, Any]:
    """Return ``{"type", "message", "frames": [[file, line, function], ...]}``.

    Only frames in files under ``folder`` are given, outermost first. The exception may be
    hostile: whatever it raises when looked at is swallowed.
    """
    try:
        name = type.__getattribute__(type(error), "__name__")
    except BaseException:
        name = "Exception"
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = ""
    passed = BaseException.__dict__["__traceback__"].__get__(error)
    frames = _lines(traceback.walk_tb(passed), folder)
    if isinstance(error, SyntaxError):
        try:
            frames += _line(error.filename, error.lineno, "", folder)
            message = str(error.msg)[:MAX_MESSAGE]
        except BaseException:
            pass
    return {"type": str(name)[:200], "message": str(message), "frames": _bounded(frames)}


def stack(frame: FrameType | None, folder: Path) -> list[list[Any]]:
    """Return ``[[file, line, function], ...]`` of what is being executed, outermost first."""
    return _bounded(_lines(traceback.walk_stack(frame), folder)[::-1])


def is_memory_shortage(error: BaseException) -> bool:
    """Return whether the exception says that an allocation was refused."""
    if isinstance(error, MemoryError):
        return True
    try:
        return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    except BaseException:
        return False


def _bounded(frames: list[list[Any]]) -> list[list[Any]]:
    """Return the ends of a deep recursion."""
    if len(frames) > FIRST_FRAMES + LAST_FRAMES:
        return frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]
    return frames


def _lines(walk: Iterable[tuple[FrameType, int]], folder: Path) -> list[list[Any]]:
    lines = []
    for frame, line in walk:
        code = frame.f_code
        lines += _line(code.co_filename, line, code.co_name, folder)
    return lines


def _line(file: object, line: int | None, function: object, folder: Path) -> list[list[Any]]:
    start = f"{folder}/".replace("\\", "/")
    path = str(file).replace("\\", "/")
    if not path.startswith(start):
        return []
    return [[f"{folder.name}/{path[len(start) :]}", line or 0, str(function)]]
