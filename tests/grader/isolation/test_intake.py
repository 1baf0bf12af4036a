"""A submission is found wherever it plausibly is, and refused in a sentence where it must be."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from grader.intake import FILES, MAX_FILE, IntakeError, read_submission

TEXTS = {name: f"# {name}\n" for name in FILES}


def folder_with(root: Path, names: list[str]) -> Path:
    """Write each file, its own name in it."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {Path(name).name}\n")
    return root


def zip_with(path: Path, names: list[str]) -> Path:
    """Write a zip with each file, its own name in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, f"# {Path(name).name}\n")
    return path


def text_of(path: Path) -> dict[str, str]:
    """Return the names and texts that were read."""
    return {name: data.decode() for name, data in read_submission(path).files.items()}


LAYOUTS = [
    [f"submission/{name}" for name in FILES],
    list(FILES),
    [f"ps1-ada/submission/{name}" for name in FILES],
    [f"downloads/ps1-ada/submission/{name}" for name in FILES],
    [f"ada/{name}" for name in FILES],
]


@pytest.mark.parametrize("names", LAYOUTS)
def test_a_submission_is_found_in_a_folder(tmp_path: Path, names: list[str]) -> None:
    assert text_of(
        folder_with(tmp_path, [*names, "README.md", "__MACOSX/x/._model.py"])
    ).items() >= (TEXTS.items())


@pytest.mark.parametrize("names", LAYOUTS)
def test_a_submission_is_found_in_a_zip(tmp_path: Path, names: list[str]) -> None:
    junk = ["__MACOSX/submission/._model.py", "__MACOSX/._model.py"]
    assert text_of(zip_with(tmp_path / "a.zip", [*names, *junk])) == TEXTS


def test_the_folder_itself_is_a_submission_also_when_files_are_missing(tmp_path: Path) -> None:
    folder_with(tmp_path / "submission", ["loss.py"])
    assert list(text_of(tmp_path / "submission")) == ["loss.py"]
    (tmp_path / "empty/submission").mkdir(parents=True)
    assert text_of(tmp_path / "empty") == {}
    assert text_of(tmp_path / "empty/submission") == {}


def test_what_systems_leave_behind_is_ignored(tmp_path: Path) -> None:
    left = [".DS_Store", "__pycache__/model.cpython-311.pyc", "old.pyc", ".ipynb_checkpoints/x.py"]
    names = [f"submission/{name}" for name in [*FILES, *left]]
    assert text_of(folder_with(tmp_path, names)) == TEXTS
    assert text_of(zip_with(tmp_path / "a.zip", names)) == TEXTS


def test_the_repository_around_a_submission_is_not_read(tmp_path: Path) -> None:
    others = ["grader/tests/model.py", "tests/loss.py", "submission_old/mrr.py"]
    names = [*(f"submission/{name}" for name in FILES), *others]
    assert text_of(folder_with(tmp_path, names)) == TEXTS


def test_a_folder_named_submission_may_hold_the_submission_deeper_down(tmp_path: Path) -> None:
    names = [f"ps1-ada/submission/{name}" for name in FILES]
    assert text_of(folder_with(tmp_path / "a/submission", [*names, "ps1.pdf"])) == TEXTS
    loose = [f"ps1/{name}" for name in FILES]
    assert text_of(folder_with(tmp_path / "b/submission", loose)) == TEXTS


def test_a_zip_in_a_folder_is_read_where_nothing_else_is_there(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "submission", ["ps1.pdf", "__MACOSX/._ps1.zip", "._ps1.zip"])
    zip_with(folder / "ps1.zip", LAYOUTS[0])
    assert text_of(folder) == TEXTS
    zip_with(folder / "older.ZIP", LAYOUTS[0])
    assert "more than one submission: older.ZIP, ps1.zip" in refusal(folder)
    folder_with(folder, ["mrr.py"])
    assert list(text_of(folder)) == ["mrr.py"]


def test_what_is_not_python_is_left_out_however_large(tmp_path: Path) -> None:
    names = [*FILES, "ps1.pdf", "01_experiments.ipynb", "._model.py", "notes.txt"]
    folder_with(tmp_path / "loose", names)
    (tmp_path / "loose/ps1.pdf").write_bytes(bytes(MAX_FILE + 1))
    assert text_of(tmp_path / "loose") == TEXTS
    path = zip_with(tmp_path / "a.zip", names)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("results/curves.png", bytes(MAX_FILE + 1))
    assert text_of(path) == TEXTS


def refusal(path: Path) -> str:
    """Return the sentence with which a submission is refused."""
    with pytest.raises(IntakeError) as error:
        read_submission(path)
    sentence = str(error.value)
    assert sentence.isprintable()
    assert len(sentence) < 300
    return sentence


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    assert "no folder or zip" in refusal(tmp_path / "none")
    assert "holds no submission folder" in refusal(folder_with(tmp_path / "a", ["x/y.py"]))
    assert "holds no submission folder" in refusal(zip_with(tmp_path / "a.zip", ["notes.txt"]))
    (tmp_path / "b.zip").write_bytes(b"PK but not really")
    assert "not a zip" in refusal(tmp_path / "b.zip")


def test_two_submissions_are_refused(tmp_path: Path) -> None:
    names = [f"{student}/submission/model.py" for student in ("ada", "bob")]
    assert "more than one" in refusal(folder_with(tmp_path / "both", names))
    assert "more than one" in refusal(zip_with(tmp_path / "a.zip", names))


@pytest.mark.parametrize("name", ["model.py", "data"])
def test_symbolic_links_in_a_folder_are_refused(tmp_path: Path, name: str) -> None:
    folder_with(tmp_path, ["submission/loss.py"])
    (tmp_path / "submission" / name).symlink_to("/etc")
    assert refusal(tmp_path).startswith(f"{name} is a symbolic link")


def test_a_submission_that_is_a_link_is_refused(tmp_path: Path) -> None:
    folder_with(tmp_path / "elsewhere", list(FILES))
    (tmp_path / "here").mkdir()
    (tmp_path / "here/submission").symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refusal(tmp_path / "here")


def test_hard_links_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    folder_with(tmp_path, ["secret.txt", "a/submission/loss.py", "b/submission/loss.py"])
    os.link(tmp_path / "secret.txt", tmp_path / "a/submission/model.py")
    os.mkfifo(tmp_path / "b/submission/model.py")
    assert "hard link" in refusal(tmp_path / "a")
    assert "not an ordinary file" in refusal(tmp_path / "b")


@pytest.mark.parametrize(
    "name",
    [
        "../model.py", "submission/../../model.py", "/etc/model.py", "C:/model.py",
        "submission\\..\\..\\model.py", "\\\\server\\model.py", "C:\\model.py",
    ],
)  # fmt: skip
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/loss.py"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    assert "leads outside" in refusal(path)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [(stat.S_IFLNK, "symbolic link"), (stat.S_IFCHR, "ordinary"), (stat.S_IFIFO, "ordinary")],
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, kind: int, sentence: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("submission/model.py")
        member.external_attr = (kind | 0o644) << 16
        archive.writestr(member, "/etc/passwd")
    assert sentence in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "names",
    [
        ["submission/model.py", "submission/Model.py"],
        ["submission/a/x.py", "submission/A/y.py"],
        ["submission/caf\u00e9.py", "submission/cafe\u0301.py"],
    ],
)
def test_names_that_clash_on_some_systems_are_refused(tmp_path: Path, names: list[str]) -> None:
    assert "differ only in case" in refusal(zip_with(tmp_path / "a.zip", names))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    assert "twice" in refusal(zip_with(tmp_path / "a.zip", ["submission/model.py"] * 2))


def test_names_that_cannot_be_shown_are_refused(tmp_path: Path) -> None:
    names = ["submission/loss.py", "submission/\x1b[31m.py"]
    assert "not printable" in refusal(zip_with(tmp_path / "a.zip", names))
    assert "nested" in refusal(zip_with(tmp_path / "b.zip", ["submission/" + "a/" * 20 + "x"]))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission/model.py", bytes(64 << 20))
    assert "larger than 1 MiB" in refusal(tmp_path / "a.zip")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission/model.py", bytes(8 << 20))
    true, false = (8 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, false))
    assert "damaged" in refusal(path) or "larger" in refusal(path)


def test_too_many_files_and_too_much_data_are_refused(tmp_path: Path) -> None:
    many = [f"submission/{number}.py" for number in range(300)]
    assert "more than 200 files" in refusal(folder_with(tmp_path / "many", many))
    assert "more than 200 files" in refusal(zip_with(tmp_path / "a.zip", many))
    folder_with(tmp_path / "big", ["submission/loss.py"])
    (tmp_path / "big/submission/model.py").write_bytes(b"#" * (MAX_FILE + 1))
    assert "larger than 1 MiB" in refusal(tmp_path / "big")
    for number in range(9):
        (tmp_path / f"many/submission/{number}.py").write_bytes(b"#" * MAX_FILE)
    for number in range(9, 300):
        (tmp_path / f"many/submission/{number}.py").unlink()
    assert "more than 8 MiB" in refusal(tmp_path / "many")


def test_a_zip_with_a_virtual_environment_is_told_what_to_zip(tmp_path: Path) -> None:
    names = [f"env/lib/{number}.py" for number in range(6000)]
    assert "zip only the submission folder" in refusal(zip_with(tmp_path / "a.zip", names))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refusal(path)


@pytest.mark.parametrize("damage", ["of a later version", "a name in no encoding"])
def test_a_zip_that_python_cannot_read_is_refused(tmp_path: Path, damage: str) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    if damage == "of a later version":
        data[entry + 6] = 90
    else:
        data[entry + 9] |= 8  # the name is UTF-8, it says
        data[entry + 46] = 0xFF
    path.write_bytes(bytes(data))
    assert refusal(path) == "a.zip is not a zip, or it is damaged."


def test_names_that_windows_has_written_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("ps1\\submission\\model.py"), "x = 1")
    assert dict(read_submission(tmp_path / "a.zip").files) == {"model.py": b"x = 1"}


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch) -> None:
    folder_with(tmp_path, ["submission/model.py"])

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)  # root may read everything
    assert refusal(tmp_path).endswith("cannot be read: Permission denied.")
