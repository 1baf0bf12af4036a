"""What a product consists of, before it is written anywhere."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
    command = ["git", "-C", str(project), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ReleaseError(
            f"{project} is not a git repository, and a release holds the files that git tracks. "
            "Install git and clone the project, or make the folder a repository: "
            "git init && git add --all && git commit --message 'The assignment'"
        ) from error
    names = [name for name in listed.split("\0") if name and (project / name).is_file()]
    return {
        name: PackedFile((project / name).read_bytes(), os.access(project / name, os.X_OK))
        for name in sorted(names)
    }


def starting_with(files: Files, *prefixes: str) -> Files:
    """Return the files whose names start with one of the prefixes."""
    return {name: file for name, file in files.items() if name.startswith(prefixes)}
