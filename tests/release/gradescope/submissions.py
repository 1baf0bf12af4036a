"""Uploads: a right submission in the ways in which students upload it, and hostile or slow ones."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parents[3]
FILES = ("model.py", "loss.py", "mrr.py")

#: Tries every door when it is imported, and raises what opened; else it is a right submission.
TRY_EVERY_DOOR = """
import os

A = "/autograder"
SECRETS = [
    "source", "source/assignment.toml", "source/grader", "source/grader/oracle.py",
    "source/grader/reference/model.py", "results", "results/results.json",
    "results/stdout", "submission", "submission_metadata.json",
]
PLACES = [
    "results/results.json", "results/forged.json", "source/forged.py", "submission/forged.py",
    "submission_metadata.json", "run_autograder", "forged", "venv/forged", "../tmp/forged",
    "source/grader/engine/check.py", "venv/lib/forged.pth",
]
WAYS = [A, f"/proc/self/root{A}", f"/proc/1/root{A}", f"/proc/{os.getppid()}/root{A}"]
DOORS = []

def reads(path):
    os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)

def writes(path):
    open(path, "a").write(" ")

def replaces(path):
    open("forged", "w").write('{"score": 20}')
    os.replace("forged", path)

def widens(path):
    os.chmod(path, 0o777)

for way in WAYS:
    for door, paths in ((reads, SECRETS), (widens, SECRETS), (writes, PLACES), (replaces, PLACES)):
        for path in paths:
            try:
                door(f"{way}/{path}")
            except OSError:
                continue
            DOORS.append(f"{door.__name__} {path}")
for module in ("grader.oracle", "grade_submission", "release"):
    try:
        __import__(module)
    except ImportError:
        continue
    DOORS.append(f"imports {module}")
if DOORS:
    raise RuntimeError("; ".join(DOORS))
"""


def write_right(folder: Path, change: Callable[[bytes], bytes] = lambda text: text) -> Path:
    """Write the three files of the reference, changed, into a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_bytes(change((PROJECT / "submission" / name).read_bytes()))
    return folder


def write_junk(folder: Path) -> None:
    """Write what else is found in uploads; some of it is large, or none of our business."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ps1.pdf").write_bytes(b"%PDF-1.7\n" + bytes(2 << 20))
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "01_experiments.ipynb").write_text('{"cells": []}')
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/model.cpython-310.pyc").write_bytes(b"\x6f\x0d\x0d\x0a")
    apple_double = folder / "__MACOSX/submission/._model.py"
    apple_double.parent.mkdir(parents=True)
    apple_double.write_bytes(b"\0\5\26\7\0\2\0\0Mac OS X")


def from_windows(text: bytes) -> bytes:
    """Return a file as Windows' editors save it: with a byte order mark, lines ending in CR LF."""
    return b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")


def hostile(folder: Path) -> Path:
    """Write a right submission of which each file tries every door first."""
    future = b"from __future__ import annotations\n"
    return write_right(folder, lambda text: text.replace(future, b"") + TRY_EVERY_DOOR.encode())


def endless(folder: Path) -> Path:
    """Write a right submission whose BPR loss does not end."""
    write_right(folder)
    loss = (folder / "loss.py").read_text()
    (folder / "loss.py").write_text(
        f"{loss}\n\ndef bpr_loss(*predictions):\n    import time\n    time.sleep(3600)\n"
    )
    return folder


def zipped(folder: Path, archive: Path) -> Path:
    """Return a zip with all that is in a folder, which is removed."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return archive
