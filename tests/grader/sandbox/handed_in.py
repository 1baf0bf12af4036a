"""Folders and zips as students hand them in, and how they are read or refused."""

import zipfile
from pathlib import Path

import pytest

from grader.engine.intake import IntakeError, read_submission

FILES = ("model.py", "loss.py", "mrr.py")
TEXTS = {name: f"# {name}\n" for name in FILES}


def folder_with(root: Path, names: list[str]) -> Path:
    """Write each file, its own name in it."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {Path(name).name}\n")
    return root


def zip_with(path: Path, names: list[str]) -> Path:
    """Write a zip with each file, its own name in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, f"# {Path(name).name}\n")
    return path


def text_of(path: Path) -> dict[str, str]:
    """Return the names and texts that were read."""
    return {name: data.decode() for name, data in read_submission(path, FILES).files.items()}


LAYOUTS = [
    [f"submission/{name}" for name in FILES],
    list(FILES),
    [f"ps1-ada/submission/{name}" for name in FILES],
    [f"downloads/ps1-ada/submission/{name}" for name in FILES],
    [f"ada/{name}" for name in FILES],
]


def refusal(path: Path) -> str:
    """Return the sentence with which a submission is refused."""
    with pytest.raises(IntakeError) as error:
        read_submission(path, FILES)
    sentence = str(error.value)
    assert sentence.isprintable()
    assert len(sentence) < 400
    return sentence
