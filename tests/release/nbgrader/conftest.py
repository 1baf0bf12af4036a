"""A course of its own for the tests: a folder, an exchange, and people with their homes."""

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat import NotebookNode

from grader.contents import CONTENTS
from grader.engine.grader import Grader
from release.files import Files, starting_with, write_folder
from release.nbgrader import nbgrader_files
from tests.release.nbgrader.commands import Commands

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def course_files() -> Files:
    """The product, of the files as they are."""
    return nbgrader_files(PROJECT)


@dataclass(frozen=True)
class Classroom:
    """One folder with the course, an exchange, and a home for each person."""

    root: Path
    commands: Commands

    @property
    def course(self) -> Path:
        return self.root / "course"

    def nbgrader(self, *arguments: str, person: str = "instructor", status: int = 0) -> str:
        """Run an nbgrader command in the person's folder; return what it printed."""
        folder = self.course if person == "instructor" else self.root / person
        folder.mkdir(exist_ok=True)
        code, said = self.commands.run(arguments, folder, self.environment(person))
        assert code == status, f"nbgrader {' '.join(arguments)}\n{said[-4000:]}"
        return said

    def environment(self, person: str) -> dict[str, str]:
        """Return a person's environment: a home, with the settings that everybody needs."""
        home = self.root / "homes" / person
        (home / ".jupyter").mkdir(parents=True, exist_ok=True)
        settings = (
            f'c.CourseDirectory.course_id = "DMTL"\nc.Exchange.root = {str(self.exchange)!r}\n'
        )
        (home / ".jupyter" / "nbgrader_config.py").write_text("c = get_config()\n" + settings)
        clean = {name: value for name, value in os.environ.items() if "JUPYTER" not in name}
        return clean | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / ".jupyter")}

    @property
    def exchange(self) -> Path:
        return self.root / "exchange"

    def fetched(self, person: str) -> Path:
        """Where a student works."""
        return self.root / person / "ps1"

    def notebook(self, step: str, person: str, name: str) -> NotebookNode:
        return nbformat.read(self.course / step / person / "ps1" / f"{name}.ipynb", as_version=4)

    @contextmanager
    def editing(self, path: Path) -> Iterator[NotebookNode]:
        """Open a notebook, and write it when its cells have been changed."""
        notebook = nbformat.read(path, as_version=4)
        yield notebook
        nbformat.write(notebook, path)

    def gradebook(self) -> "Gradebook":
        from nbgrader.api import Gradebook  # takes a second

        return Gradebook(f"sqlite:///{self.course}/gradebook.db")

    def grades(self) -> list[dict[str, str]]:
        """Return the rows that ``nbgrader export`` wrote."""
        with (self.course / "grades.csv").open(newline="") as lines:
            return list(csv.DictReader(lines))

    def graded_alone(self, person: str) -> dict[str, Any]:
        """Return the project's own report on what was handed in, with nothing held back."""
        return self._graded_alone[person]

    @cached_property
    def _graded_alone(self) -> dict[str, dict[str, Any]]:
        folders = {path.name: path / "ps1" for path in (self.course / "submitted").iterdir()}
        with Grader(CONTENTS) as grader:
            return {person: grader.grade(path).to_dict() for person, path in folders.items()}


@pytest.fixture(autouse=True, scope="session")
def alembic_is_found() -> Iterator[None]:
    """nbgrader's gradebook calls it as a program, which lies beside Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="session")
def commands(alembic_is_found: None) -> Iterator[Commands]:
    with Commands() as commands:
        yield commands


def open_classroom(root: Path, files: Files, commands: Commands) -> Classroom:
    classroom = Classroom(root, commands)
    write_folder(files, classroom.course)
    classroom.exchange.mkdir(mode=0o777)
    classroom.exchange.chmod(0o777)
    return classroom


@pytest.fixture
def classroom(tmp_path: Path, course_files: Files, commands: Commands) -> Classroom:
    return open_classroom(tmp_path, course_files, commands)


@pytest.fixture(scope="module")
def shared_classroom(
    tmp_path_factory: pytest.TempPathFactory, course_files: Files, commands: Commands
) -> Classroom:
    """One for all tests of a file, which go through the term in their order."""
    return open_classroom(tmp_path_factory.mktemp("classroom"), course_files, commands)


@pytest.fixture(scope="session")
def reference_code() -> Files:
    """The reference solution's files."""
    from release.files import tracked_files

    return starting_with(tracked_files(PROJECT), "submission/")
