"""Files are whole or not there, and readable for whom the user says."""

import os
import stat

import pytest

from problem_set.io import write_atomic
from release.files import PackedFile, write_folder


def modes(folder) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(
    ("umask", "plain", "program"), [(0o077, 0o600, 0o700), (0o022, 0o644, 0o755)]
)
def test_the_umask_says_who_may_read_a_file(umask, plain, program, tmp_path):
    """Archives with hidden tests are files like others."""
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "one" / "plain", "text")
        write_atomic(tmp_path / "one" / "program", b"text", executable=True)
        files = {"plain": PackedFile(b"text"), "program": PackedFile(b"text", executable=True)}
        write_folder(files, tmp_path / "two")
    finally:
        os.umask(before)
    assert modes(tmp_path / "one") == modes(tmp_path / "two")
    assert modes(tmp_path / "one") == {"plain": plain, "program": program}


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    file = tmp_path / "file"
    write_atomic(file, "old")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(file, "new")
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]
