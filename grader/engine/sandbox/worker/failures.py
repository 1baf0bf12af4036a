"""An exception of the student's code, told as data: its class, its text, the student's lines."""

from pathlib import Path
from typing import Any

MAX_MESSAGE = 4000
FIRST_FRAMES, LAST_FRAMES = 4, 8


def describe(error: BaseException, folder: Path) -> dict[str, Any]:
    """Return ``{"type", "message", "frames": [[file, line, function], ...]}``.

    Only frames in files under ``folder`` are told, outermost first, and of a deep recursion the
    ends. The exception may be hostile: whatever it raises when looked at is swallowed.
    """
    try:
        name = type.__getattribute__(type(error), "__name__")
    except BaseException:
        name = "Exception"
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = ""
    frames = _frames(error, folder)
    if isinstance(error, SyntaxError):
        try:
            frames += _named(error.filename, error.lineno, "", folder)
            message = str(error.msg)[:MAX_MESSAGE]
        except BaseException:
            pass
    if len(frames) > FIRST_FRAMES + LAST_FRAMES:
        frames = frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]
    return {"type": str(name)[:200], "message": str(message), "frames": frames}


def is_memory_shortage(error: BaseException) -> bool:
    """Return whether the exception says that an allocation was refused."""
    if isinstance(error, MemoryError):
        return True
    try:
        return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    except BaseException:
        return False


def _frames(error: BaseException, folder: Path) -> list[list[Any]]:
    frames: list[list[Any]] = []
    step = BaseException.__dict__["__traceback__"].__get__(error)
    while step is not None:
        code = step.tb_frame.f_code
        frames += _named(code.co_filename, step.tb_lineno, code.co_name, folder)
        step = step.tb_next
    return frames


def _named(file: object, line: object, function: object, folder: Path) -> list[list[Any]]:
    beginning = f"{folder}/"
    path = str(file).replace("\\", "/")
    beginning = beginning.replace("\\", "/")
    if not path.startswith(beginning):
        return []
    return [[f"{folder.name}/{path[len(beginning) :]}", int(line or 0), str(function)]]
