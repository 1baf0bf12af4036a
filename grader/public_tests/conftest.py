"""Run these tests on ``submission/``: ``pytest -k 1c``, with ``-s`` to see prints, or ``--pdb``."""

import pytest
import torch  # noqa: F401, here, and not in the time that the first test may take

from grader.contents import CONTENTS
from grader.engine.contents import Contents
from grader.engine.pytest_checks import (
    check,
    pytest_itemcollected,
    pytest_pyfunc_call,
    pytest_runtest_makereport,
    submission,
)

__all__ = [
    "check",
    "pytest_itemcollected",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "submission",
]


@pytest.fixture(scope="session")
def contents() -> Contents:
    """This assignment."""
    return CONTENTS
