"""The zip: what is in it, that the grader reads it, and what is refused."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.contents import CONTENTS
from grader.engine.grader import Asked, Grader
from grader.engine.intake import IntakeError
from grader.engine.progress import BROKEN, RIGHT, progress_of
from grader.engine.results import Report
from hand_in.packing import pack


@pytest.fixture(scope="module")
def judge() -> Iterator[Callable[[Path], Report]]:
    with Grader(CONTENTS) as grader:
        yield lambda path: grader.grade(path, Asked(public_only=True))


def states(report: Report) -> dict[str, str]:
    return {question.id: question.state for question in progress_of(report)}


def test_the_same_work_gives_the_same_bytes_and_passes(project, assignment, judge):
    first, second = pack(project, assignment, judge), pack(project, assignment, judge)
    assert first.content == second.content
    assert set(states(first.report).values()) == {RIGHT}
    assert first.missing == ()


def test_the_zip_holds_python_and_answers_only(project, assignment, judge):
    (project / "submission" / "__pycache__").mkdir()
    (project / "submission" / "__pycache__" / "loss.cpython-311.pyc").write_bytes(b"")
    (project / "submission" / "notes.txt").write_text("mine")
    (project / "submission" / "parts").mkdir()
    (project / "submission" / "parts" / "layers.py").write_text("")
    (project / "ps1.pdf").write_bytes(b"scan")
    with zipfile.ZipFile(io.BytesIO(pack(project, assignment, judge).content)) as archive:
        assert archive.namelist() == [
            "notebooks/01_experiments.ipynb",
            "ps1.pdf",
            *(f"submission/{name}.py" for name in ("__init__", "loss", "model", "mrr")),
            "submission/parts/layers.py",
        ]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_file_that_is_missing_or_broken_is_packed_around(project, assignment, judge):
    (project / "submission" / "loss.py").unlink()
    (project / "submission" / "mrr.py").write_text("def mrr_score(\n")
    packed = pack(project, assignment, judge)
    assert packed.missing == ("submission/loss.py",)
    found = states(packed.report)
    assert found["2d"] == BROKEN
    assert found["1a"] == found["1d"] == RIGHT


def test_a_file_with_nearly_the_right_name_is_packed_under_the_right_one(
    project, assignment, judge
):
    (project / "submission" / "loss.py").rename(project / "submission" / "loss (1).py")
    packed = pack(project, assignment, judge)
    assert packed.missing == () and "submission/loss.py" in packed.names
    assert "loss (1).py was taken for loss.py." in packed.warnings


def test_what_the_grader_would_refuse_is_not_packed(project, assignment, judge):
    (project / "submission" / "extra.py").symlink_to("/etc/hostname")
    with pytest.raises(IntakeError, match=r"extra.py is a symbolic link"):
        pack(project, assignment, judge)


def test_another_folder_is_refused_in_a_sentence(tmp_path, assignment, judge):
    with pytest.raises(IntakeError, match="There is no folder submission/ in"):
        pack(tmp_path, assignment, judge)


def test_an_empty_folder_is_refused(project, assignment, judge):
    for path in (project / "submission").glob("*.py"):
        path.unlink()
    with pytest.raises(IntakeError, match=r"holds none of model\.py"):
        pack(project, assignment, judge)
