"""The bank of right submissions in unlike styles."""

import shutil
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "submission"
BANK = Path(__file__).parent / "right_submissions"
THE_REFERENCE = "the reference"
STYLES = [
    THE_REFERENCE,
    *sorted(folder.name for folder in BANK.iterdir() if any(folder.glob("*.py"))),
]


def write_right_submission(style: str, folder: Path) -> Path:
    """Write ``folder/submission``: the reference, with the style's files in place of its own."""
    shutil.copytree(REFERENCE, folder / "submission", ignore=shutil.ignore_patterns("__pycache__"))
    if style != THE_REFERENCE:
        shutil.copytree(BANK / style, folder / "submission", dirs_exist_ok=True)
    return folder
