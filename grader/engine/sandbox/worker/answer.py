"""Answer one request: lay out the student's files, execute, and frame what came of it."""

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import framing
from .failures import describe, is_memory_shortage

Execute = Callable[[dict[str, Any], dict[str, np.ndarray], Path], tuple[dict, dict]]


def load_execute(calls: Path, adapter: Path | None) -> Execute:
    """Import the adapter, as ``adapter``, and the module whose ``execute`` answers requests."""
    if adapter is not None:
        load_module("adapter", adapter)
    return load_module("calls", calls).execute


def load_module(name: str, file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def lay_out(content: dict[str, Any], packed: np.ndarray, scratch: Path) -> Path:
    """Write the student's files below ``scratch`` and return their folder, ``submission``."""
    folder = scratch / "submission"
    folder.mkdir()
    data, start = packed.tobytes(), 0
    for name, size in content["files"]:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data[start : start + size])
        start += size
    return folder


def make_importable(folder: Path) -> None:
    """Let ``import submission`` find the folder, and nothing else that is called the same.

    A ``submission`` may be installed, the starter's or the reference's, so that name is looked
    for in one place only. For everything else the folder comes last: a ``torch.py`` in it
    shadows nothing.
    """
    os.chdir(folder.parent)
    sys.path.append(str(folder.parent))
    sys.meta_path.insert(0, _SubmissionFinder(folder))


class _SubmissionFinder:
    """Finds the package ``submission`` in one folder; everything else is left to others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """Return the package's specification, with or without an ``__init__.py``."""
        if name != "submission":
            return None
        return PathFinder.find_spec(name, [str(self.folder.parent)])


def answer(
    execute: Execute, content: dict[str, Any], arrays: dict[str, np.ndarray], folder: Path
) -> bytes:
    """Run the student's code, and return the frame of its answer or of its exception.

    Everything that is needed after the student's code has run is bound here, before it. That is
    no defence, the code shares this process, but it keeps accidents out.
    """
    encode, describe_error, ticket = framing.encode, describe, content["ticket"]
    printed = (sys.stdout, sys.stderr)
    try:
        result, returned = execute(content["program"], arrays, folder)
        flush(printed)
        if not isinstance(result, dict) or not isinstance(returned, dict):
            raise TypeError("execute() must return two dicts")
        return encode({"ticket": ticket, "status": "ok", "result": result}, returned)
    except BaseException as error:
        status = "memory" if is_memory_shortage(error) else "raised"
        told = describe_error(error, folder)
        flush(printed)
    return encode({"ticket": ticket, "status": status, "result": told}, {})


def flush(streams: tuple[Any, ...]) -> None:
    """Let go of what has been printed; the student may have closed the streams."""
    for stream in streams:
        with contextlib.suppress(BaseException):
            stream.flush()
