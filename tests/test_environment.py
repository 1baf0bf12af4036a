"""The environment: one set of pins, and a set-up that finishes what was cut short."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import bootstrap

PROJECT = Path(__file__).parents[1]
try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def pins() -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for line in (PROJECT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(requirement.name.lower(), []).append(requirement)
    return pins


def test_every_dependency_is_pinned_to_one_version_within_its_range(project, pins):
    for dependency in map(Requirement, project["dependencies"]):
        pinned = pins[dependency.name.lower()]
        for pin in pinned:
            (exact,) = pin.specifier
            assert exact.operator == "=="
            assert dependency.specifier.contains(exact.version), dependency
    for name, pinned in pins.items():
        here = [pin for pin in pinned if pin.marker is None or pin.marker.evaluate()]
        assert len(here) <= 1, f"{name} has two versions at once"


def test_what_is_installed_here_is_what_is_pinned(project, pins):
    from importlib import metadata

    for dependency in map(Requirement, project["dependencies"]):
        if dependency.marker is None or dependency.marker.evaluate():
            (pin,) = [
                pin
                for pin in pins[dependency.name.lower()]
                if pin.marker is None or pin.marker.evaluate()
            ]
            installed = metadata.version(dependency.name)
            assert pin.specifier.contains(installed), f"{pin}, installed {installed}"


def test_conda_takes_the_same_pins(project):
    text = (PROJECT / "environment.yml").read_text()
    assert "--constraint constraints.txt" in text and "--editable ." in text
    (python,) = re.findall(r"- python=([\d.]+)", text)
    oldest = project["requires-python"].removeprefix(">=")
    assert tuple(map(int, python.split("."))) >= tuple(map(int, oldest.split(".")))
    assert tuple(map(int, oldest.split("."))) == bootstrap.OLDEST


def imported_names(code: str) -> set[str]:
    """Return the top-level packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_every_package_that_is_imported_is_declared(project):
    """Every top-level import of the code is the standard library's, ours or a dependency's."""
    declared = {Requirement(text).name.lower() for text in project["dependencies"]}
    # Parts of Jupyter, which come with jupyterlab, nbclient and nbgrader at fitting versions.
    declared |= {"nbformat", "nbconvert", "jupyter-client", "traitlets", "ipython"}
    ours = {path.name for path in PROJECT.iterdir()} | {"bootstrap", "nbgrader_course", "worker"}
    for folder in ("submission", "experiments", "grader", "hand_in", "handout", "release", "bench"):
        for file in (PROJECT / folder).rglob("*.py"):
            for name in imported_names(file.read_text()):
                if name in sys.stdlib_module_names or name in ours:
                    continue
                assert name.lower().replace("_", "-") in declared, f"{file} imports {name}"


@pytest.fixture
def copy(tmp_path) -> Path:
    """A tiny project with the real bootstrap.py, which installs nothing from the network."""
    shutil.copy(PROJECT / "bootstrap.py", tmp_path)
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def run_bootstrap(folder: Path, pip: str) -> subprocess.CompletedProcess:
    """Run bootstrap.py with a program of ours in the place of pip and of compiling."""
    program = (
        "import sys, bootstrap\n"
        "real = bootstrap.subprocess.Popen\n"
        f"fake = [sys.executable, '-c', {pip!r}]\n"
        "def instead(command, **options):\n"
        "    if 'venv' in command:\n"
        "        return real([*command, '--without-pip'], **options)\n"
        "    return real(fake, **options)\n"
        "bootstrap.subprocess.Popen = instead\n"
        "bootstrap.main()\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


GOOD_PIP = "print('Collecting torch'); print('Installing collected packages: torch')"


def test_progress_is_in_few_words_wherever_a_package_comes_from():
    here = "  Downloading pandas-2.3.3-cp311-manylinux.whl (12.8 MB)\n"
    there = "  Downloading https://files.example.org/p/pandas-2.3.3-cp311-manylinux.whl (12.8 MB)\n"
    expected = "package 7: downloading pandas-2.3.3-cp311-manylinux.whl (12.8 MB)"
    assert [bootstrap.status_of(line, 7) for line in (here, there)] == [expected] * 2
    assert bootstrap.status_of("  Using cached x.whl\n", 7) is None


def test_it_installs_once_and_then_finds_it_up_to_date(copy):
    first = run_bootstrap(copy, GOOD_PIP)
    assert first.returncode == 0 and ".venv is ready" in first.stdout
    second = run_bootstrap(copy, "raise SystemExit('not to be called')")
    assert second.returncode == 0 and second.stdout == ""


def test_an_install_that_was_cut_short_is_finished(copy):
    cut = run_bootstrap(copy, "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    assert cut.returncode != 0
    after = run_bootstrap(copy, GOOD_PIP)
    assert after.returncode == 0 and ".venv is ready" in after.stdout


@pytest.mark.parametrize("changed", ["constraints.txt", "pyproject.toml"])
def test_changed_pins_are_installed(copy, changed):
    run_bootstrap(copy, GOOD_PIP)
    (copy / changed).write_text("# changed")
    assert ".venv is ready" in run_bootstrap(copy, GOOD_PIP).stdout


def test_a_complete_environment_serves_whichever_python_asks(copy):
    run_bootstrap(copy, GOOD_PIP)
    old = "import sys; sys.version_info = (3, 8, 1); sys.version = '3.8.1'; import bootstrap; "
    done = subprocess.run(
        [sys.executable, "-c", old + "bootstrap.main()"], cwd=copy, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_moved_folder_gets_an_environment_of_its_own(copy, tmp_path_factory):
    run_bootstrap(copy, GOOD_PIP)
    moved = copy.rename(tmp_path_factory.mktemp("elsewhere") / "ps1")
    assert ".venv is ready" in run_bootstrap(moved, GOOD_PIP).stdout
    assert str(moved) in (moved / ".venv" / "bin" / "activate").read_text()


def test_a_failing_install_says_what_pip_said_and_is_not_up_to_date(copy):
    failed = run_bootstrap(copy, "print('ERROR: No matching distribution'); raise SystemExit(1)")
    assert failed.returncode == 1
    assert "No matching distribution" in failed.stderr and "install.log" in failed.stderr
    assert "the same\ncommand again" in failed.stderr
    assert ".venv is ready" in run_bootstrap(copy, GOOD_PIP).stdout


def test_an_old_python_is_told_which_one_is_needed(copy):
    program = "import sys; sys.version_info = (3, 8, 1); import bootstrap; bootstrap.main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.10 or newer" in done.stderr and "make PYTHON=" in done.stderr
