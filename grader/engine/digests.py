"""Digests: whether a submission, what grades it, or a request is the same as before."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

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


def digest_of_request(request: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return a key of a request and its arrays."""
    summary = hashlib.sha256(json.dumps(request, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        summary.update(f"{name} {array.dtype} {array.shape}".encode())
        summary.update(np.ascontiguousarray(array).tobytes())
    return summary.hexdigest()
