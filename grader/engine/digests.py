"""Digests of files: whether a submission, or what grades it, is the same as before."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from problem_set.project import ASSIGNMENT, find_project

PACKAGE = Path(__file__).resolve().parents[1]


def digest_of(files: Mapping[str, bytes]) -> bytes:
    """Return a digest of files by name, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{len(name)} {len(files[name])} {name}".encode("utf-8", "surrogatepass"))
        digest.update(files[name])
    return digest.digest()


def grader_digest(*others: Path) -> str:
    """Return a digest of the grader, its tests and pages, ``assignment.toml``, and other folders.

    What Python compiles does not count.
    """
    files = {"": (find_project() / ASSIGNMENT).read_bytes()}
    for folder in (PACKAGE, *others):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(folder.parent).as_posix()] = path.read_bytes()
    return digest_of(files).hex()
