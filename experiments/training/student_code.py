"""The student's files as modules, and their mistakes as sentences."""

import contextlib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from experiments.errors import UserError

PACKAGE = "submission"
CONTENTS = {
    "model": ("MultiTaskNet",),
    "loss": ("bpr_loss", "regression_loss", "joint_loss"),
    "mrr": ("mrr_score",),
}
# What Python says of a file in UTF-16, without a word about which one.
NULL_BYTES = "source code string cannot contain null bytes"


class StudentError(UserError):
    """Something in the student's files stops the work; the message says what and where."""


@dataclass(frozen=True)
class StudentCode:
    """The student's three modules."""

    folder: Path
    model: ModuleType
    loss: ModuleType
    mrr: ModuleType


def find_submission(path: Path) -> Path:
    """Return the folder of the student's files: ``path``, or ``submission`` in it.

    Raises
    ------
    StudentError
        If there is no such folder, or neither holds ``model.py``, ``loss.py`` and ``mrr.py``.
    """
    for folder in (path / PACKAGE, path):
        missing = [f"{name}.py" for name in CONTENTS if not (folder / f"{name}.py").is_file()]
        if not missing:
            return folder.resolve()
        if len(missing) < len(CONTENTS):
            raise StudentError(f"{folder} lacks {' and '.join(missing)}")
    if not path.exists():
        here = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise StudentError(
            f"there is no {path}{here}: give the command in the folder of the problem set"
        )
    raise StudentError(f"{path} holds none of {', '.join(f'{name}.py' for name in CONTENTS)}")


def python_files(folder: Path) -> list[Path]:
    """Return a submission's Python files, but for copies that JupyterLab and others hide in it."""
    return [
        file
        for file in sorted(folder.rglob("*.py"))
        if not any(
            part.startswith(".") or part == "__pycache__" for part in file.relative_to(folder).parts
        )
    ]


def code_digest(folder: Path) -> str:
    """Return a fingerprint of all Python files of a submission."""
    digest = hashlib.sha256()
    for file in python_files(folder):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def load_student_code(path: Path) -> StudentCode:
    """Import a submission afresh, as the package ``submission``.

    Raises
    ------
    StudentError
        If a file is missing, cannot be imported, or lacks a name that the assignment gives.
    """
    folder = find_submission(path)
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]
    init = folder / "__init__.py"
    spec = importlib.util.spec_from_loader(PACKAGE, loader=None, is_package=True)
    if init.exists():
        spec = importlib.util.spec_from_file_location(
            PACKAGE, init, submodule_search_locations=[str(folder)]
        )
    assert spec
    package = importlib.util.module_from_spec(spec)
    package.__path__ = [str(folder)]
    sys.modules[PACKAGE] = package

    modules = {}
    with _without_bytecode(), student_errors(folder, "cannot be imported"):
        if spec.loader:
            spec.loader.exec_module(package)
        for name in CONTENTS:
            modules[name] = importlib.import_module(f"{PACKAGE}.{name}")
    for name, contents in CONTENTS.items():
        for content in contents:
            if not callable(getattr(modules[name], content, None)):
                raise StudentError(
                    f"submission/{name}.py has no {content}: the assignment's names must stay"
                )
    return StudentCode(folder, **modules)


@contextlib.contextmanager
def _without_bytecode() -> Iterator[None]:
    """Leave no compiled files in the student's folder."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextlib.contextmanager
def student_errors(folder: Path, what: str) -> Iterator[None]:
    """Turn an exception of the student's code into a ``StudentError`` with their own lines.

    Frames of files that are not in ``folder`` are left out; ``what`` could not be done, to stand
    after ``submission``.
    """
    try:
        yield
    except StudentError:
        raise
    except Exception as error:
        raise StudentError(explain(error, folder, what)) from error


def explain(error: Exception, folder: Path, what: str) -> str:
    """Say what went wrong in a student's file: the file, the line, and Python's own message."""
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and (file := _name_in(folder, error.filename)):
        line = (error.text or "").strip()
        said = f"{file}, line {error.lineno} cannot be read as Python: {error.msg}"
        return said + (f"\n    {line}" if line else "")
    if str(error) == NULL_BYTES:  # a SyntaxError; a ValueError on older Pythons
        names = ", ".join(
            f"submission/{file.relative_to(folder).as_posix()}"
            for file in python_files(folder)
            if b"\0" in file.read_bytes()
        )
        return f"{names} cannot be read as Python: save it with the encoding UTF-8"
    frames = [
        (f"{file}, line {frame.lineno}, in {frame.name}", frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
        if (file := _name_in(folder, frame.filename))
    ]
    if isinstance(error, NotImplementedError) and frames:
        place, _ = frames[-1]
        return f"{place}: {str(error) or 'not written yet'}"
    lines = [f"  {place}:\n      {line}" for place, line in frames]
    return "\n".join([f"submission {what}: {message}", *lines])


def _name_in(folder: Path, filename: str | None) -> str | None:
    """Return what a student calls a file of theirs, ``submission/loss.py``; None of another file.

    Code without a file has a name such as ``<string>``: not to be made a path, which would lie in
    whatever folder Python was started in.
    """
    file = Path(filename or "")
    if not file.is_relative_to(folder):
        return None
    return f"submission/{file.relative_to(folder).as_posix()}"
