"""What a product consists of, and how it is written: as a zip, or as a folder."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problem_set import archive
from problem_set.io import write_atomic

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class ReleaseError(Exception):
    """The release cannot be made; the message says what to do."""


@dataclass(frozen=True)
class PackedFile:
    """One file of a product.

    Attributes
    ----------
    content : bytes
    executable : bool
    """

    content: bytes
    executable: bool = False


Files = Mapping[str, PackedFile]
"""Files by their relative names, parts joined by ``/``."""


def tracked_files(project: Path) -> Files:
    """Return the files under version control, as they are in the working tree.

    Raises
    ------
    ReleaseError
        If the project is not a git repository, or git is not there.
    """
    names = [name for name in _git(project, "ls-files", "-z").split("\0") if name]
    return {
        name: PackedFile((project / name).read_bytes(), os.access(project / name, os.X_OK))
        for name in sorted(names)
        if (project / name).is_file()
    }


def release_time(project: Path) -> int:
    """Return the time of the last commit, or ``SOURCE_DATE_EPOCH``, in seconds since 1970.

    Raises
    ------
    ReleaseError
        If there is no commit.
    """
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _git(project, "log", "-1", "--format=%ct"))


def _git(project: Path, *arguments: str) -> str:
    command = ["git", "-C", str(project), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReleaseError(
            f"{project} is not a git repository with a commit, and a release holds the files that "
            "git tracks. Install git and clone the project, or make the folder a repository: "
            "git init && git add --all && git commit --message 'The assignment'"
        ) from error


def files_in(folder: Path) -> Files:
    """Return all files below a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): PackedFile(path.read_bytes()) for path in files}


def starting_with(files: Files, *prefixes: str) -> Files:
    """Return the files whose names start with one of the prefixes."""
    return {name: file for name, file in files.items() if name.startswith(prefixes)}


def read_toml(files: Files, name: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    ReleaseError
        If git does not track the file, or it is not TOML.
    """
    if name not in files:
        raise ReleaseError(f"A release needs {name}, which git does not track. Add it.")
    try:
        return tomllib.loads(files[name].content.decode())
    except tomllib.TOMLDecodeError as error:
        raise ReleaseError(f"{name} is not TOML: {error}") from error


def zip_bytes(files: Files, folder: str = "", seconds: int | None = None) -> bytes:
    """Return a zip of the files with ``folder``, as ``"ps1/"``, before every name."""
    executables = [folder + name for name, file in files.items() if file.executable]
    contents = {folder + name: file.content for name, file in files.items()}
    return archive.zip_bytes(contents, executables, seconds)


def write_folder(files: Files, folder: Path) -> None:
    """Write the files below a folder, which is made if need be; the user's umask says for whom."""
    for name, file in files.items():
        write_atomic(folder / name, file.content, executable=file.executable)
