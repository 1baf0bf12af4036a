"""Right submissions in unlike styles, which must lose nothing."""

import shutil
from functools import partial
from pathlib import Path

from bench.scoreboard.bank import PROJECT, Behaviour, read_bank
from bench.scoreboard.grading import Write

REFERENCE = PROJECT / "submission"
FOLDERS = PROJECT / "tests" / "grader" / "right_submissions"
SECTIONS = PROJECT / "tests" / "grader" / "right_styles"


def styles() -> dict[str, Write]:
    """Return what writes each right submission, by its name.

    They are folders, whose files take the place of the reference's, and sections of files as in
    the bank of foreign behaviours, but with nothing wrong in them.
    """
    found: dict[str, Write] = {"right: the reference": partial(_write_folder, REFERENCE)}
    for folder in sorted(path for path in FOLDERS.iterdir() if any(path.glob("*.py"))):
        found[f"right: {folder.name}"] = partial(_write_folder, folder)
    bank = read_bank(SECTIONS, right=True)
    hosts = [Behaviour(f"host {name}", (), {}, name) for name in bank.hosts]
    for section in (*hosts, *bank.behaviours):
        found[f"right: {section.name}"] = partial(bank.write, section)
    return found


def _write_folder(style: Path, folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REFERENCE, folder / "submission", ignore=ignored)
    shutil.copytree(style, folder / "submission", dirs_exist_ok=True, ignore=ignored)
    return folder
