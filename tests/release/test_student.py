"""The student's package, used as a student uses it."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from release.files import Files, PackedFile, ReleaseError, starting_with, write_folder, zip_bytes
from release.student import blank_handout, left_out, student_files

QUESTIONS = ("1a", "1b", "1c", "1d", "2a", "2b", "2c", "2d")
# What the grader looks for, and is told that it is not here.
LOOKED_FOR = ("grader.hidden_tests", "grader.misconceptions")


@pytest.fixture(scope="module")
def unpacked(student: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's folder, as it comes out of the zip."""
    folder = tmp_path_factory.mktemp("student") / "ps1"
    write_folder(student, folder)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run a command of the package with Python, and nothing of this project in its way."""
    environment = {**os.environ, "PYTHONPATH": "", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_released_file_needs_one_that_stays_at_home(student, tracked):
    here = {name.removesuffix(".py").removesuffix("/__init__") for name in student}
    home = {name.removesuffix(".py").removesuffix("/__init__") for name in tracked}
    for name, file in student.items():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.content)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for module in modules:
                path = module.replace(".", "/")
                missing = path in home and path not in here
                assert not missing or module.startswith(LOOKED_FOR), f"{name} imports {module}"


def test_files_that_documents_and_commands_name_are_there(student):
    for name in ("README.md", "docs/handout.md", "docs/large_data.md", "docs/study.md", "Makefile"):
        text = student[name].content.decode()
        for module in re.findall(r"-m (\w+)", text):
            assert f"{module}/__main__.py" in student or module in (
                "pytest",
                "jupyter",
                "pip",
                "venv",
                "dask",
            )
        folder = PurePosixPath(name).parent
        for link in re.findall(r"\]\(([\w./-]+)\)", text):
            assert str(folder / link) in student, f"{name} links to {link}"


def test_pages_that_commands_name_are_there(student):
    named = {
        (page, name)
        for name, file in student.items()
        if name.endswith(".py")
        for page in re.findall(r"\bdocs/\w+\.md", file.content.decode())
    }
    assert named
    assert [name for page, name in named if page not in student] == []


def test_the_study_is_the_instructors_and_what_it_says_of_two_answers_is_not(student, tracked):
    for name, file in starting_with(tracked, "experiments/study/").items():
        assert student[name].content == file.content
        assert b"BEGIN SOLUTION" not in file.content
    assert "docs/answers.md" in tracked and "docs/answers.md" not in student


def test_make_lists_no_command_of_instructors(unpacked):
    if shutil.which("make") is None:
        pytest.skip("there is no make on this machine")
    help_ = subprocess.run(
        ["make", "help"], cwd=unpacked, capture_output=True, text=True, check=True
    )
    commands = set(re.findall(r"make ([\w-]+)", help_.stdout))
    assert {"experiments", "test", "grade", "submission"} <= commands
    assert not commands & {"release", "bench"}


def test_a_released_folder_leaves_out_what_is_of_another_kind(tracked):
    added = {**tracked, "experiments/results.csv": PackedFile(b"0.0471")}
    assert left_out(added) == [*left_out(tracked), "experiments/results.csv"]


def commit(files: Files, folder: Path) -> Path:
    """Write files into a repository of their own, with other times and other rights."""
    write_folder(files, folder)
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
    for command in (["init", "--quiet"], ["add", "--all", "--force"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


def test_two_builds_of_one_state_are_the_same_to_the_byte(student, tracked, tmp_path):
    copy = commit(tracked, tmp_path / "copy")
    (copy / "experiments" / "notes.py").write_text("# not tracked\n")
    assert zip_bytes(student_files(copy), "ps1/") == zip_bytes(student, "ps1/")


@pytest.mark.thorough
def test_the_blank_handout_is_the_same_to_the_byte(student, blank):
    assert blank_handout(student) == blank


def test_a_file_of_the_list_that_is_missing_is_named(tracked, tmp_path):
    files = {name: file for name, file in tracked.items() if name != "environment.yml"}
    with pytest.raises(ReleaseError, match=r"needs environment\.yml, which git does not track"):
        student_files(commit(files, tmp_path / "copy"))


def test_it_is_small(student):
    assert len(zip_bytes(student, "ps1/")) < 1_500_000  # the blank handout adds some 200 kB


@pytest.mark.thorough
def test_grading_names_every_open_question_with_its_line(unpacked):
    done = run(unpacked, "-m", "grader")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    for question in QUESTIONS:
        place = re.search(
            rf"{question} is not written yet \((submission/\w+\.py), line (\d+)\)", done.stdout
        )
        assert place, f"{question} is not named in\n{done.stdout}"
        line = (unpacked / place[1]).read_text().splitlines()[int(place[2]) - 1]
        assert (
            line.strip() == f'raise NotImplementedError("Question {question} is not written yet")'
        )
    assert "hidden tests were not run" in done.stdout


def test_a_run_says_which_question_is_missing(unpacked, tmp_path):
    run_ = ("--run", "shared=True_LF=0.5_LR=0.5", "--out", str(tmp_path))
    done = run(unpacked, "-m", "experiments", "run", "--data", "synthetic", *run_)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "submission/model.py, line" in said and "Question 1a is not written yet" in said
    assert "Traceback" not in said


@pytest.mark.thorough
@pytest.mark.timeout(3600)  # most of it the installation
def test_a_term_on_a_fresh_machine(student, tracked, tmp_path):
    """It sets itself up, says what is open, and passes with the solution filled in."""
    folder = tmp_path / "ps1"
    write_folder(student, folder)

    def make(*arguments: str) -> str:
        outside = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        pip = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
        done = subprocess.run(
            ["make", f"PYTHON={sys._base_executable}", *arguments],
            cwd=folder,
            env={**outside, **pip},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    first = make("test")
    assert ".venv is ready" in first
    assert "Nothing is wrong so far. Open: 1a, 1b, 1c, 1d, 2a, 2b, 2c, 2d." in first
    assert "Error" not in first
    write_folder({n: f for n, f in tracked.items() if n.startswith("submission/")}, folder)
    second = make("test")
    assert ".venv is ready" not in second and "All public tests pass" in second
    assert "skipped" not in second and "failed" not in second
    make("experiments", "ARGS=--data synthetic --epochs 5")
    assert (folder / "results" / "figures" / "curves.png").exists()
