"""A tar and a 7z are read like a zip, with its limits; so is a zip in a zip."""

import contextlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import py7zr
import pytest
from handed_in import FILES, LAYOUTS, TEXTS, folder_with, refusal, text_of, zip_with

from grader.engine import tar_tree
from grader.engine.intake import read_submission
from grader.engine.tree import MAX_FILE, IntakeError


def tar_with(path: Path, names: list[str], mode: str = "w", **more: object) -> Path:
    """Write a tar with each file, its own name in it."""
    with tarfile.open(path, mode) as archive:
        for name in names:
            text = f"# {Path(name).name}\n".encode()
            member = tarfile.TarInfo(name)
            member.size = len(text)
            for key, value in more.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(text))
    return path


def seven_zip_with(path: Path, names: list[str], **options: object) -> Path:
    with py7zr.SevenZipFile(path, "w", **options) as archive:
        for name in names:
            archive.writestr(f"# {Path(name).name}\n", name)
    return path


@pytest.mark.parametrize("names", LAYOUTS)
def test_a_tar_is_read(tmp_path: Path, names: list[str]) -> None:
    assert text_of(tar_with(tmp_path / "a.tar", [*names, "README.md"])) == TEXTS
    for name in ("a.tar.gz", "a.tgz", "a.TAR.GZ"):
        assert text_of(tar_with(tmp_path / name, names, "w:gz")) == TEXTS


def test_a_7z_is_read(tmp_path: Path) -> None:
    path = seven_zip_with(tmp_path / "a.7z", [*LAYOUTS[2], "README.md"])
    assert text_of(path) == TEXTS
    with py7zr.SevenZipFile(path, "a") as archive:
        archive.writestr(bytes(2 * MAX_FILE), "ps1-ada/submission/large.py")
    assert "large.py is larger than 1 MiB" in refusal(path)


def test_a_7z_with_a_password_or_without_its_reader_is_refused(tmp_path: Path, monkeypatch) -> None:
    for number, hidden in enumerate((False, True)):
        path = tmp_path / f"{number}.7z"
        seven_zip_with(path, LAYOUTS[0], password="x", header_encryption=hidden)
        assert "has a password; make a zip" in refusal(path)
    monkeypatch.setattr(tar_tree, "UNPACK_7Z", tmp_path / "none.py")  # as students' copies have it
    assert "is a 7z archive, which is not read here; make a zip" in refusal(path)


def test_a_7z_gets_no_more_memory_than_its_bound(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.7z"
    with py7zr.SevenZipFile(path, "w", filters=[{"id": py7zr.FILTER_DEFLATE}]) as archive:
        archive.writestr(bytes(16 << 20), "ratings.csv")
        archive.writestr("", "submission/model.py")
    assert list(text_of(path)) == ["model.py"]
    monkeypatch.setattr(tar_tree, "MEMORY_OF_7Z", 80 << 20)
    assert "damaged or too large" in refusal(path)


def test_an_archive_is_what_it_begins_with_whatever_its_name(tmp_path: Path) -> None:
    zip_with(tmp_path / "a.zip", LAYOUTS[0]).rename(tmp_path / "a.tar.gz")
    assert text_of(tmp_path / "a.tar.gz") == TEXTS
    tar_with(tmp_path / "b.tgz", LAYOUTS[0], "w:gz").rename(tmp_path / "b.zip")
    assert text_of(tmp_path / "b.zip") == TEXTS
    (tmp_path / "c.zip").write_bytes(b"Rar!\x1a\x07\x01\x00")
    assert refusal(tmp_path / "c.zip") == (
        "c.zip is a RAR archive, which is not read here. Send a zip of the folder submission."
    )
    tar_with(tmp_path / "d.tar.bz2", LAYOUTS[0], "w:bz2")
    tar_with(tmp_path / "e.tar.xz", LAYOUTS[0], "w:xz")
    for name in ("d.tar.bz2", "e.tar.xz"):
        assert "which is not read here. Send a zip" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["../model.py", "/etc/model.py", "C:/model.py", "a/../../x.py"])
def test_names_of_a_tar_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    assert "leads outside" in refusal(tar_with(tmp_path / "a.tar", ["submission/loss.py", name]))


def test_links_devices_and_names_that_come_twice_in_a_tar_are_refused(tmp_path: Path) -> None:
    names = ["submission/model.py"]
    for kind, sentence in (
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "not an ordinary file"),
        (tarfile.CHRTYPE, "not an ordinary file"),
        (tarfile.FIFOTYPE, "not an ordinary file"),
    ):
        path = tar_with(tmp_path / "a.tar", names, type=kind, size=0, linkname="/etc/passwd")
        assert sentence in refusal(path)
    assert "in the tar twice" in refusal(tar_with(tmp_path / "b.tar", names * 2))
    both = ["submission/model.py", "submission/model.py/x.py"]
    assert "as a file and as a folder" in refusal(tar_with(tmp_path / "c.tar", both))


def test_a_tar_has_the_limits_of_a_zip(tmp_path: Path, monkeypatch) -> None:
    many = [f"x/{number}.py" for number in range(5001)]
    assert "more than 5000 files" in refusal(tar_with(tmp_path / "a.tar", many))
    path = tar_with(tmp_path / "b.tgz", ["submission/model.py"], "w:gz")
    monkeypatch.setattr(tar_tree, "MAX_UNPACKED", 2000)
    assert "unpacks to more than" in refusal(path)


def test_headers_of_a_tar_are_read_within_a_limit(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("submission/model.py")
        member.pax_headers = {"comment": "x" * 100_000}
        archive.addfile(member)
    assert list(text_of(path)) == ["model.py"]
    monkeypatch.setattr(tar_tree, "MAX_LIST", 50_000)
    assert "damaged" in refusal(path)


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    st.integers(0, 10_000),
    st.sampled_from(["w", "w:gz"]),
)
def test_a_damaged_tar_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, int]],
    length: int,
    mode: str,
) -> None:
    path = tar_with(tmp_path_factory.mktemp("tar") / "a.tar.gz", LAYOUTS[0], mode)
    data = bytearray(path.read_bytes()[: length or None])
    for place, value in changes:
        data[place % len(data)] = value
    path.write_bytes(bytes(data))
    with contextlib.suppress(IntakeError):
        assert read_submission(path, FILES).files


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    for path in (
        zip_with(tmp_path / "a.zip", LAYOUTS[0]),
        tar_with(tmp_path / "b.tgz", LAYOUTS[0], "w:gz"),
        seven_zip_with(tmp_path / "c.7z", LAYOUTS[0]),
    ):
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        assert "damaged" in refusal(path)


def packed(*files: tuple[str, Path]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, path in files:
            archive.write(path, name)
    return content.getvalue()


def test_an_archive_in_an_archive_is_read_where_it_is_the_only_submission(tmp_path: Path) -> None:
    inner = tar_with(tmp_path / "ps1.tgz", LAYOUTS[0], "w:gz")
    data = zip_with(tmp_path / "ml-100k.zip", ["u.data", "README"])
    outer = tmp_path / "a.zip"
    outer.write_bytes(packed(("ada/ps1.tgz", inner), ("ml-100k.zip", data)))
    read = read_submission(outer, FILES)
    assert {name: text.decode() for name, text in read.files.items()} == TEXTS
    assert read.notes == ("ada/ps1.tgz in a.zip was read; hand in ada/ps1.tgz itself.",)
    outer.write_bytes(packed(("new.tgz", inner), ("old.tgz", inner)))
    assert "more than one submission: new.tgz, old.tgz" in refusal(outer)
    outer.write_bytes(packed(("ps1.zip", data)))
    assert "ps1.zip in a.zip holds none of model.py" in refusal(outer)
    outer.write_bytes(packed(("data.zip", data), ("answers.py", data)))
    assert refusal(outer).startswith("a.zip holds none of") and "answers.py" in refusal(outer)


def test_archives_in_archives_come_to_an_end(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", LAYOUTS[0])
    for depth in range(5):
        if depth == 3:
            assert text_of(path) == TEXTS
        path.write_bytes(packed(("a.zip", path)))
    assert "It holds a.zip." in refusal(path)
    (tmp_path / "large").write_bytes(bytes(17 << 20))
    path.write_bytes(packed(("b.zip", tmp_path / "large")))
    assert "b.zip is larger than 16 MiB" in refusal(path)


@pytest.mark.parametrize(
    "name",
    [
        "Model.py", "MODEL.PY", "model.py.txt", "model (1).py", "model(2).py", "model-1.py",
        "model_1.py", "model copy.py", "model copy 2.py", "model - Copy.py", "model - Copy (2).py",
        "Model-1 (1).py", "model.py.py", "MODEL.PY.TXT",
    ],
)  # fmt: skip
@pytest.mark.parametrize("pack", [folder_with, zip_with, tar_with])
def test_a_name_that_is_nearly_right_is_taken_and_said(tmp_path: Path, name: str, pack) -> None:
    path = pack(tmp_path / "a.zip", [f"submission/{name}", "submission/loss.py"])
    read = read_submission(path, FILES)
    assert read.files["model.py"] == f"# {name}\n".encode()
    assert read.notes == (f"{name} was taken for model.py.", "mrr.py is missing.")
    alone = pack(tmp_path / "b.zip", [name])
    assert "model.py" in read_submission(alone, FILES).files


@pytest.mark.parametrize("name", ["my_model.py", "model.txt", "model", "models.py", "model.pyc"])
def test_another_name_is_not_taken_and_what_is_missing_is_said(tmp_path: Path, name: str) -> None:
    read = read_submission(zip_with(tmp_path / "a.zip", [name, "loss.py"]), FILES)
    assert "model.py" not in read.files and read.notes == ("model.py and mrr.py are missing.",)
    assert name in refusal(zip_with(tmp_path / "b.zip", [name]))


def test_two_names_that_are_nearly_right_are_not_guessed_between(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["model (1).py", "model-2.py"])
    assert refusal(path) == (
        "model (1).py and model-2.py may each be model.py, so none was taken for it. Keep one."
    )
    path = zip_with(tmp_path / "b.zip", ["model (1).py", "model-2.py", "loss.py"])
    read = read_submission(path, FILES)
    assert "model.py" not in read.files and "may each be model.py" in read.notes[0]
    assert read.notes[1:] == ("mrr.py is missing.",)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for name in ("model (1).py", "model (2).py"):
            archive.writestr(name, "x = 1\n")
    assert read_submission(tmp_path / "c.zip", FILES).files == {"model.py": b"x = 1\n"}


def test_the_right_name_goes_before_one_that_is_nearly_right(tmp_path: Path) -> None:
    names = ["model (1).py", "model_1.py", "ps1/submission/model.py", "ps1/submission/mrr (1).py"]
    assert list(text_of(folder_with(tmp_path / "a", names))) == ["model.py", "mrr.py"]
    read = read_submission(folder_with(tmp_path / "b", ["model (1).py", "model.py"]), FILES[:1])
    assert read.files["model.py"] == b"# model.py\n"
    assert read.notes == ("model (1).py was not read, model.py was.",)
    # A module of the student's own may be called so, and another file imports it.
    read = read_submission(folder_with(tmp_path / "c", ["model_1.py", "model.py"]), FILES[:1])
    assert set(read.files) == {"model.py", "model_1.py"} and not read.notes


def test_submission_in_submission_is_read_and_said(tmp_path: Path) -> None:
    names = [f"submission/submission/{name}" for name in FILES]
    read = read_submission(zip_with(tmp_path / "a.zip", names), FILES)
    assert set(read.files) == set(FILES)
    assert "submission/submission was read" in read.notes[0]


def test_code_in_one_file_or_in_a_notebook_is_told_by_its_name(tmp_path: Path) -> None:
    folder_with(tmp_path, ["Submission.py", "a.zip/x", "b/submission.py"])
    for path in (tmp_path / "Submission.py", tmp_path / "b"):
        assert f"code all in one file, {'S' if path.is_file() else 's'}ubmission.py" in refusal(
            path
        )
    cells = [
        {"cell_type": "code", "source": ["import torch\n", "def bpr_loss(x):\n", "    pass\n"]},
        {"cell_type": "markdown", "source": "def not_this"},
        {"cell_type": "code", "source": "class MultiTaskNet:\n    def forward(self): ..."},
    ]
    (tmp_path / "c").mkdir()
    (tmp_path / "c/ps1.ipynb").write_text(json.dumps({"cells": cells}))
    sentence = refusal(tmp_path / "c")
    assert "is not graded: copy bpr_loss, MultiTaskNet out of ps1.ipynb." in sentence
    for text in ("{", "[]", '{"cells": 1}', '{"cells": [{"cell_type": "code", "source": 1}]}'):
        (tmp_path / "c/ps1.ipynb").write_text(text)
        assert refusal(tmp_path / "c").endswith("code in a notebook is not graded.")


def test_loose_files_are_read_by_the_names_that_they_were_given(tmp_path: Path) -> None:
    folder_with(tmp_path, ["1", "2", "3"])
    given = {"model-1.py": tmp_path / "1", "../x\\loss.py": tmp_path / "2", "a.pdf": tmp_path / "3"}
    read = read_submission(given, FILES)
    assert read.files == {"model.py": b"# 1\n", "loss.py": b"# 2\n"}
    (tmp_path / "4").symlink_to("1")
    with pytest.raises(IntakeError, match="symbolic link"):
        read_submission({"model.py": tmp_path / "4"}, FILES)
    zip_with(tmp_path / "b.zip", LAYOUTS[0])
    given = {"ps1.zip": tmp_path / "b.zip", "ps1.pdf": tmp_path / "3"}
    assert set(read_submission(given, FILES).files) == set(FILES)
    with pytest.raises(IntakeError, match=r"^ps1\.rar is not a zip"):
        read_submission({"ps1.rar": tmp_path / "3"}, FILES)
