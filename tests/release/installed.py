"""A student's folder with the programs of its wheel, as set-up leaves them."""

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from release.files import Files, write_folder


@dataclass(frozen=True)
class StudentFolder:
    """``folder`` as it comes out of the zip; ``programs`` is the wheel, unpacked elsewhere."""

    folder: Path
    programs: Path

    def run(self, *arguments: object, typed: str = "") -> subprocess.CompletedProcess:
        """Run Python in the folder, with the wheel's programs and nothing else of this project."""
        environment = {"COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.folder,
            input=typed,
            env={**os.environ, "PYTHONPATH": str(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def unpack(student: Files, place: Path) -> StudentFolder:
    """Write a student's package to ``place / "ps1"``."""
    unpacked = StudentFolder(place / "ps1", place / "programs")
    write_folder(student, unpacked.folder)
    (wheel,) = (unpacked.folder / "wheels").iterdir()
    zipfile.ZipFile(wheel).extractall(unpacked.programs)
    return unpacked
