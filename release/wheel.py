"""The wheel of a student's package: the programs that run, judge, typeset and pack their work."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from problem_set import __version__
from release.files import Files, PackedFile, ReleaseError, read_toml, write_folder

# The groups of dependencies that a student may ask for.
EXTRAS = ("notebook", "study")
BUILD = "from setuptools.build_meta import build_wheel; build_wheel('dist')"


def build_wheel(tools: Files, tracked: Files, assignment: str, seconds: int) -> Files:
    """Return the wheel ``wheels/ps1_tools-2.0-py3-none-any.whl``, the same bytes each time.

    Parameters
    ----------
    tools : Files
        Its packages.
    tracked : Files
        For the dependencies in ``pyproject.toml``, and the licence.
    assignment : str
        As ``"ps1"``.
    seconds : int
        The time of its files, since 1970.

    Raises
    ------
    ReleaseError
        If setuptools cannot build it.
    """
    project = read_toml(tracked, "pyproject.toml")["project"]
    groups = project.get("optional-dependencies", {})
    data = {
        "name": f"{assignment}-tools",
        "version": __version__,
        "description": project["description"],
        "license_expression": project["license"],
        "python_requires": project["requires-python"],
        "install_requires": project["dependencies"],
        "extras_require": {name: groups[name] for name in EXTRAS if name in groups},
        "packages": sorted({name.rpartition("/")[0].replace("/", ".") for name in tools}),
        "package_data": {"": ["*.jinja"]},
    }
    with tempfile.TemporaryDirectory(prefix="wheel-") as scratch:
        folder = Path(scratch)
        setup = PackedFile(f"from setuptools import setup\n\nsetup(**{data!r})\n".encode())
        write_folder({**tools, "LICENSE": tracked["LICENSE"], "setup.py": setup}, folder)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # a wheel holds them
        done = subprocess.run(
            [sys.executable, "-c", BUILD],
            env={**os.environ, "SOURCE_DATE_EPOCH": str(seconds)},
            cwd=folder,
            umask=0o022,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ReleaseError(f"The students' wheel cannot be built.\n{done.stderr[-2000:]}")
        (wheel,) = (folder / "dist").iterdir()
        return {f"wheels/{wheel.name}": PackedFile(wheel.read_bytes())}
