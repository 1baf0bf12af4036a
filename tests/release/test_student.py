"""The student's package, used as a student uses it."""

import ast
import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path, PurePosixPath

import pytest

from problem_set import __version__
from release.files import (
    Files,
    PackedFile,
    ReleaseError,
    release_time,
    starting_with,
    write_folder,
    zip_bytes,
)
from release.student import left_out, student_files, tool_files
from tests.conftest import PROJECT
from tests.release.installed import StudentFolder, unpack

QUESTIONS = ("1a", "1b", "1c", "1d", "2a", "2b", "2c", "2d")
WHEEL = f"wheels/ps1_tools-{__version__}-py3-none-any.whl"
MOST_FILES = 60
# What the grader looks for, and is told that it is not here.
LOOKED_FOR = (
    "grader.engine.cached_session",
    "grader.engine.sandbox",
    "grader.hidden_tests",
    "grader.misconceptions",
)


@pytest.fixture(scope="module")
def unpacked(student: Files, tmp_path_factory: pytest.TempPathFactory) -> StudentFolder:
    return unpack(student, tmp_path_factory.mktemp("student"))


def test_students_see_few_files_and_none_of_the_programs(student):
    visible = [name for name in student if not name.startswith(".")]
    assert len(visible) <= MOST_FILES - 1  # the blank handout is not in it yet
    assert not [name for name in student if "sandbox" in name]
    code = {PurePosixPath(name).parent.as_posix() for name in student if name.endswith(".py")}
    assert code == {".", "submission", "tests"}


def test_the_wheel_holds_the_programs_with_a_record_of_each_file(student, tracked):
    with zipfile.ZipFile(io.BytesIO(student[WHEEL].content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    information = WHEEL.split("/")[1].split("-py3")[0] + ".dist-info/"
    programs = {name: data for name, data in files.items() if not name.startswith(information)}
    assert programs == {name: file.content for name, file in tool_files(tracked).items()}
    recorded = {
        name: digest
        for name, digest, _ in csv.reader(io.StringIO(files[information + "RECORD"].decode()))
    }
    assert recorded.keys() == files.keys()
    for name, digest in recorded.items():
        hashed = urlsafe_b64encode(hashlib.sha256(files[name]).digest()).decode().rstrip("=")
        assert digest == f"sha256={hashed}" or name.endswith("RECORD")
    metadata = files[information + "METADATA"].decode()
    assert f"Version: {__version__}\n" in metadata and "Requires-Dist: torch>=" in metadata


def test_no_released_program_needs_one_that_is_not_released(tracked):
    here = {name.removesuffix(".py").removesuffix("/__init__") for name in tool_files(tracked)}
    all_ = {name.removesuffix(".py").removesuffix("/__init__") for name in tracked}
    for name, file in tool_files(tracked).items():
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
                missing = path in all_ and path not in here
                assert not missing or module.startswith(LOOKED_FOR), f"{name} imports {module}"


def test_files_that_documents_and_commands_name_are_there(student, tracked):
    for name in ("README.md", "docs/handout.md", "docs/large_data.md", "docs/study.md", "Makefile"):
        text = student[name].content.decode()
        for module in re.findall(r"-m (\w+)", text):
            assert f"{module}/__main__.py" in tool_files(tracked) or module in (
                "pytest",
                "jupyter",
                "pip",
                "venv",
                "dask",
            )
        folder = PurePosixPath(name).parent
        for link in re.findall(r"\]\(([\w./-]+)\)", text):
            assert str(folder / link) in student, f"{name} links to {link}"


def test_pages_that_commands_name_are_there(student, tracked):
    named = {
        (page, name)
        for name, file in tool_files(tracked).items()
        if name.endswith(".py")
        for page in re.findall(r"\bdocs/\w+\.md", file.content.decode())
    }
    assert named
    assert [name for page, name in named if page not in student] == []


def test_make_lists_no_command_of_instructors(unpacked):
    if shutil.which("make") is None:
        pytest.skip("there is no make on this machine")
    help_ = subprocess.run(
        ["make", "help"], cwd=unpacked.folder, capture_output=True, text=True, check=True
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
        path.chmod(path.stat().st_mode & 0o700)
    user = ["-c", "user.name=a", "-c", "user.email=a@b"]
    when = f"{release_time(PROJECT)} +0100"
    for command in (
        ["init", "--quiet"],
        ["add", "--all", "--force"],
        [*user, "commit", "--quiet", "--message", "As it is"],
    ):
        subprocess.run(
            ["git", "-C", str(folder), *command],
            env={**os.environ, "GIT_COMMITTER_DATE": when},
            check=True,
        )
    return folder


def test_two_builds_of_one_state_are_the_same_to_the_byte(student, tracked, tmp_path):
    copy = commit(tracked, tmp_path / "copy")
    (copy / "experiments" / "notes.py").write_text("# not tracked\n")
    assert student_files(copy) == student


def test_its_files_have_the_time_of_the_release(student, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    content = zip_bytes(student, "ps1/", release_time(PROJECT))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2027, 1, 15, 8, 0, 0)}


def test_a_file_of_the_list_that_is_missing_is_named(tracked, tmp_path):
    files = {name: file for name, file in tracked.items() if name != "constraints.txt"}
    with pytest.raises(ReleaseError, match=r"needs constraints\.txt, which git does not track"):
        student_files(commit(files, tmp_path / "copy"))


def test_it_is_small(student):
    assert len(zip_bytes(student, "ps1/")) < 1_500_000  # the blank handout adds some 200 kB


@pytest.mark.thorough
def test_grading_names_every_open_question_with_its_line(unpacked):
    done = unpacked.run("-m", "grader")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    for question in QUESTIONS:
        place = re.search(
            rf"{question} is not written yet \((submission/\w+\.py), line (\d+)\)", done.stdout
        )
        assert place, f"{question} is not named in\n{done.stdout}"
        line = (unpacked.folder / place[1]).read_text().splitlines()[int(place[2]) - 1]
        assert (
            line.strip() == f'raise NotImplementedError("Question {question} is not written yet")'
        )
    assert "hidden tests were not run" in done.stdout


def test_a_run_says_which_question_is_missing(unpacked, tmp_path):
    run_ = ("--run", "shared=True_LF=0.5_LR=0.5", "--out", tmp_path)
    done = unpacked.run("-m", "experiments", "run", "--data", "synthetic", *run_)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "submission/model.py, line" in said and "Question 1a is not written yet" in said
    assert "Traceback" not in said


def test_the_solutions_pass_when_they_are_packed(unpacked, tracked, tmp_path):
    solved = StudentFolder(tmp_path / "ps1", unpacked.programs)
    shutil.copytree(unpacked.folder, solved.folder)
    write_folder(starting_with(tracked, "submission/"), solved.folder)
    done = solved.run("-m", "hand_in")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passes the public tests") == len(QUESTIONS)


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
    assert all(f"{question} is open" in first for question in ("1a", "1b", "2a", "2b", "2c", "2d"))
    assert "Error" not in first and "failed" not in first
    write_folder({n: f for n, f in tracked.items() if n.startswith("submission/")}, folder)
    second = make("test")
    assert ".venv is ready" not in second and " passed" in second
    assert "skipped" not in second and "failed" not in second
    make("experiments", "ARGS=--data synthetic --epochs 2 --run shared=True_LF=0.5_LR=0.5")
    assert (folder / "results" / "figures" / "curves.png").exists()
    make("submission")
    assert (folder / "dist" / "ps1-submission.zip").exists()
