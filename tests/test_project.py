"""The problem set's folder is found in a clone, and where the programs are installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from problem_set import __version__, find_project

PROJECT = Path(__file__).resolve().parents[1]


def make_problem_set(folder: Path) -> Path:
    (folder / "submission").mkdir(parents=True)
    (folder / "assignment.toml").write_text("")
    return folder


def find_as_installed(packages: Path, here: Path) -> subprocess.CompletedProcess:
    """Ask in a folder, with the package in another one that is no problem set."""
    shutil.copytree(PROJECT / "problem_set", packages / "problem_set")
    return subprocess.run(
        [sys.executable, "-c", "from problem_set import find_project; print(find_project())"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clone_is_its_own_project_in_any_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(make_problem_set(tmp_path / "of_a_student"))
    assert find_project() == PROJECT


def test_installed_programs_find_the_folder_around_the_working_directory(tmp_path):
    folder = make_problem_set(tmp_path / "ps1")
    (folder / "notebooks").mkdir()
    found = find_as_installed(tmp_path / "packages", folder / "notebooks")
    assert Path(found.stdout.strip()) == folder


def test_installed_programs_say_where_to_go(tmp_path):
    found = find_as_installed(tmp_path / "packages", tmp_path)
    assert "is not in the problem set's folder" in found.stderr


@pytest.mark.parametrize("program", ["experiments", "grader", "hand_in", "release"])
def test_every_program_names_the_one_version(program):
    command = [sys.executable, "-m", program, "--version"]
    said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == __version__


def test_the_changelog_and_the_citation_name_the_one_version():
    assert f"\n## {__version__}\n" in (PROJECT / "CHANGELOG.md").read_text()
    assert f'\nversion: "{__version__}"\n' in (PROJECT / "CITATION.cff").read_text()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_what_the_first_pages_link_to_is_there(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (PROJECT / page).read_text())
    assert links and all((PROJECT / link).exists() for link in links), links
