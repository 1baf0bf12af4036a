"""Answer one request: lay out the student's files, execute, and send what came of it."""

import contextlib
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from . import framing
from .failures import describe, is_memory_shortage, stack

Execute = Callable[[dict[str, Any], dict[str, np.ndarray], Path], tuple[dict, dict]]


def load_execute(modules: Mapping[str, str]) -> Execute:
    """Import files under the names given, and return the ``execute`` of the last one."""
    for name, file in modules.items():
        specification = importlib.util.spec_from_file_location(name, file)
        assert specification and specification.loader
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
    return module.execute


def lay_out(content: dict[str, Any], packed: np.ndarray, scratch: Path) -> Path:
    """Write the student's files below ``scratch`` and return the folder that is their package."""
    folder = scratch / content["package"]
    folder.mkdir()
    data, start = packed.tobytes(), 0
    for name, size in content["files"]:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data[start : start + size])
        start += size
    return folder


def make_importable(folder: Path) -> None:
    """Let an import of its name find the folder, and nothing else that is called the same.

    The starter or the reference may be installed under that name, so that it is looked for in one
    place only. For everything else the folder comes last: a ``torch.py`` in it
    shadows nothing.
    """
    os.chdir(folder.parent)
    sys.path.append(str(folder.parent))
    sys.meta_path.insert(0, _SubmissionFinder(folder))


class _SubmissionFinder:
    """Finds one package, the submission; everything else is left to others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, fullname: str, path: object = None, target: object = None, /
    ) -> ModuleSpec | None:
        """Return the package's specification, with or without an ``__init__.py``."""
        if fullname != self.folder.name:
            return None
        return PathFinder.find_spec(fullname, [str(self.folder.parent)])


def answer(
    execute: Execute,
    content: dict[str, Any],
    arrays: dict[str, np.ndarray],
    folder: Path,
    send: Callable[[bytes], object],
) -> None:
    """Run the student's code, and send the message of its answer or of its exception.

    Everything that is needed after the student's code has run is bound here, before it. That is
    no defence, the code shares this process, but it keeps accidents out.
    """
    encode, describe_error, nonce = framing.encode, describe, content["nonce"]
    printed = (sys.stdout, sys.stderr)

    def stop(number: int, frame: FrameType | None) -> None:
        result = {"frames": stack(frame, folder)}
        flush(printed)
        send(encode({"nonce": nonce, "status": "time", "result": result}, {}))
        os._exit(0)

    disarm = stop_in_time(content["limits"], stop)
    try:
        result, returned = execute(content["program"], arrays, folder)
        flush(printed)
        if not isinstance(result, dict) or not isinstance(returned, dict):
            raise TypeError("execute() must return two dicts")
        message = encode({"nonce": nonce, "status": "ok", "result": result}, returned)
    except BaseException as error:
        status = "memory" if is_memory_shortage(error) else "raised"
        result = describe_error(error, folder)
        flush(printed)
        message = encode({"nonce": nonce, "status": status, "result": result}, {})
    disarm()
    send(message)


def stop_in_time(
    limits: dict[str, Any], stop: Callable[[int, FrameType | None], None]
) -> Callable[[], None]:
    """Have ``stop`` called when the time is up; return a function that prevents it.

    This only finds the line that the student's code is at, if it is not in the midst of a long
    call. Code that disarms it, or does not come back from a call, is killed a moment later.
    """
    if not hasattr(signal, "setitimer"):  # Windows
        return lambda: None
    ignore, setitimer, set_handler = signal.SIG_IGN, signal.setitimer, signal.signal
    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, time.process_time, limits["cpu"]),
        (signal.ITIMER_REAL, signal.SIGALRM, time.monotonic, limits["wall"]),
    )
    for timer, number, clock, seconds in timers:
        set_handler(number, partial(_stop_if_late, timer, clock, clock() + seconds, stop))
        setitimer(timer, seconds)

    def disarm() -> None:
        for timer, number, _, _ in timers:
            set_handler(number, ignore)
            setitimer(timer, 0)

    return disarm


def _stop_if_late(
    timer: int,
    clock: Callable[[], float],
    end: float,
    stop: Callable[[int, FrameType | None], None],
    number: int,
    frame: FrameType | None,
) -> None:
    """Wait longer where a timer was early: the kernel counts its ticks, not what a process used."""
    left = end - clock()
    if left > 0:
        signal.setitimer(timer, left)
    else:
        stop(number, frame)


def flush(streams: tuple[Any, ...]) -> None:
    """Let go of what has been printed; the student may have closed the streams."""
    for stream in streams:
        with contextlib.suppress(BaseException):
            stream.flush()
