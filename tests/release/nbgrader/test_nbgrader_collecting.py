"""Collecting copies plain files, and nothing that they point to."""

import os

from release.nbgrader.nbgrader_course.collecting import MAX_ENTRIES, copy_plain_files


def test_links_pipes_and_large_files_are_left_out_and_named(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("all the points")
    source = tmp_path / "inbound"
    (source / "submission").mkdir(parents=True)
    (source / "submission" / "model.py").write_text("model")
    (source / "notes.txt").symlink_to(secret)
    (source / "course").symlink_to(tmp_path, target_is_directory=True)
    os.link(secret, source / "hard.txt")
    os.mkfifo(source / "pipe")
    (source / "00_code.ipynb").mkdir()
    (source / "large").write_bytes(b"x" * 101)
    (source / "results").mkdir()
    (source / "results" / "summary.json").write_text("{}")
    (source / "nbgrader_config.py").write_text("raise SystemExit")
    copied = tmp_path / "submitted"
    said = copy_plain_files(source, copied, ["results", "nbgrader_config.*"], 100, 1000)
    files = [path.relative_to(copied).as_posix() for path in copied.rglob("*") if path.is_file()]
    assert files == ["submission/model.py"]
    assert {line.split(":")[0] for line in said} == {
        *("notes.txt", "course", "hard.txt", "pipe", "00_code.ipynb", "large")
    }


def test_a_submission_of_very_many_files_is_cut_and_said_to_be(tmp_path):
    source = tmp_path / "inbound"
    for number in range(4):
        (source / str(number)).mkdir(parents=True)
        for name in range(MAX_ENTRIES // 3):
            (source / str(number) / f"{name}.txt").touch()
    copied = tmp_path / "submitted"
    said = copy_plain_files(source, copied, [], 100, 1000)
    assert len([path for path in copied.rglob("*") if path.is_file()]) <= MAX_ENTRIES
    assert len(said) == 1 and "More than 5,000 files and folders" in said[0]


def test_all_together_may_not_be_too_large_and_odd_names_can_be_logged(tmp_path):
    source = tmp_path / "inbound"
    source.mkdir()
    for name in ("a", "b", "c"):
        (source / name).write_bytes(b"x" * 40)
    (source / os.fsdecode(b"\xff\n\x1b[31m")).symlink_to("a")
    copied = tmp_path / "submitted"
    said = copy_plain_files(source, copied, [], 100, 100)
    assert sorted(path.name for path in copied.iterdir()) == ["a", "b"]
    assert len(said) == 2 and all(line.isascii() and line.isprintable() for line in said)
