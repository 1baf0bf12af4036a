"""Watching sees what a student saves; cleaning leaves the sources."""

import os
from pathlib import Path

from handout.build import clean, write_course_data
from handout.watch import changes
from tests.handout.conftest import PROJECT, copy_project


def touch(path: Path) -> None:
    times = path.stat()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))


def test_a_saved_answer_is_a_change(tmp_path: Path) -> None:
    project = copy_project(tmp_path, results=None)
    watched = changes(project, seconds=0.01)
    next(watched)
    touch(project / "handout" / "answers" / "3a.tex")
    next(watched)
    touch(project / "assignment.toml")
    next(watched)


def test_what_typesetting_writes_is_no_change(tmp_path: Path) -> None:
    project = copy_project(tmp_path, results=None)
    watched = changes(project, seconds=0.01)
    next(watched)
    write_course_data(project)
    (project / "handout" / "ps1.pdf").write_bytes(b"")
    (project / "handout" / "build").mkdir()
    (project / "handout" / "build" / "ps1.log").write_text("")
    answer = project / "handout" / "answers" / "3a.tex"
    answer.write_text(answer.read_text() + "Saved.\n")
    next(watched)
    assert watched.gi_frame.f_locals["last"][answer] == answer.stat().st_mtime_ns


def test_cleaning_leaves_the_sources(tmp_path: Path) -> None:
    project = copy_project(tmp_path, results=None)
    before = set(project.rglob("*"))
    write_course_data(project)
    (project / "handout" / "build").mkdir()
    for name in ("ps1.pdf", "ps1_blank.pdf", "build/ps1.log"):
        (project / "handout" / name).write_text("")
    clean(project)
    assert set(project.rglob("*")) == before


def test_built_files_are_not_for_git() -> None:
    ignored = (PROJECT / ".gitignore").read_text().split()
    assert {"handout/build/", "handout/generated/", "handout/*.pdf"} <= set(ignored)
