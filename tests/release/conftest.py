"""The student's package and the leak check, made once."""

from pathlib import Path

import pytest

from release.files import Files, tracked_files
from release.leaks import LeakCheck
from release.student import student_files
from tests.conftest import PROJECT


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def tracked(project) -> Files:
    return tracked_files(project)


@pytest.fixture(scope="session")
def student(project) -> Files:
    """The student's package, without the blank handout."""
    return student_files(project)


@pytest.fixture(scope="session")
def check(project) -> LeakCheck:
    return LeakCheck(project)
