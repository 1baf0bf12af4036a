"""A submission is found wherever it plausibly is, and refused in a sentence where it must be."""

import contextlib
import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from grader.intake import FILES, IntakeError, read_submission
from grader.tree import MAX_FILE

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


def test_a_submission_without_any_of_the_files_is_refused_with_what_it_holds(
    tmp_path: Path,
) -> None:
    (tmp_path / "a/submission").mkdir(parents=True)
    missing = "holds none of model.py, loss.py, mrr.py. It holds "
    for empty in ("a", "a/submission"):
        assert missing + "no file at all. Hand in a folder named" in refusal(tmp_path / empty)
    folder_with(tmp_path / "b/submission", ["__init__.py", "my_model.py"])
    for path in (tmp_path / "b", tmp_path / "b/submission"):
        assert "my_model.py" in refusal(path)
    folder_with(tmp_path / "submission", ["01_experiments.ipynb"])
    sentence = refusal(tmp_path / "submission")
    assert sentence.startswith("submission " + missing + "01_experiments.ipynb. ")
    assert "code in a notebook is not graded" in sentence
    path = zip_with(tmp_path / "a.zip", ["ps1.zip", *(f"{number}.txt" for number in range(30))])
    sentence = refusal(path)
    assert "and 25 more" in sentence and "a zip in a zip is not opened" in sentence


@pytest.mark.parametrize("around", ["submission", "submission/ps1", "ps1/submission/ps1"])
def test_a_folder_around_the_files_within_submission_is_found(tmp_path: Path, around: str) -> None:
    names = [f"submission/{around}/{name}" for name in FILES]
    assert text_of(folder_with(tmp_path / "a", names)) == TEXTS
    assert text_of(zip_with(tmp_path / "a.zip", names)) == TEXTS
    assert text_of(tmp_path / "a/submission") == TEXTS


def test_files_beside_a_submission_with_wrong_names_are_not_taken_for_it(tmp_path: Path) -> None:
    names = ["submission/my_model.py", "old/model.py", "old/loss.py"]
    assert "my_model.py" in refusal(folder_with(tmp_path / "a", names))
    assert "my_model.py" in refusal(zip_with(tmp_path / "a.zip", names))


@pytest.mark.parametrize(
    "environment", [["venv/pyvenv.cfg"], ["env/x"], ["mine/pyvenv.cfg"], ["conda/conda-meta/x"]]
)
def test_a_virtual_environment_is_not_read(tmp_path: Path, environment: list[str]) -> None:
    top = environment[0].partition("/")[0]
    library = [f"{top}/lib/package/{number}.py" for number in range(250)]
    names = [f"submission/{name}" for name in [*FILES, *environment, *library]]
    folder_with(tmp_path / "a", names)
    (tmp_path / f"a/submission/{top}/lib64").symlink_to("lib")
    assert text_of(tmp_path / "a") == TEXTS
    assert text_of(zip_with(tmp_path / "a.zip", names)) == TEXTS


def test_a_module_of_the_student_may_be_called_env(tmp_path: Path) -> None:
    names = ["submission/model.py", "submission/env/__init__.py"]
    assert list(text_of(folder_with(tmp_path, names))) == ["env/__init__.py", "model.py"]


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
    assert len(sentence) < 400
    return sentence


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    assert "no folder or zip" in refusal(tmp_path / "none")
    assert "holds none of model.py" in refusal(folder_with(tmp_path / "a", ["x/y.py"]))
    assert "holds none of model.py" in refusal(zip_with(tmp_path / "a.zip", ["notes.txt"]))
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
    zip_with(tmp_path / "a.zip", LAYOUTS[0])
    os.link(tmp_path / "a.zip", tmp_path / "b.zip")
    assert "hard link" in refusal(tmp_path / "b.zip")
    os.mkfifo(tmp_path / "c.zip")
    assert "not an ordinary file" in refusal(tmp_path / "c.zip")


def test_links_beside_the_submission_are_not_followed(tmp_path: Path) -> None:
    folder_with(tmp_path / "elsewhere", ["ps1/submission/model.py", "model.py"])
    folder_with(tmp_path / "a", ["submission/loss.py"])
    (tmp_path / "a/data").symlink_to(tmp_path / "elsewhere")
    assert list(text_of(tmp_path / "a")) == ["loss.py"]
    (tmp_path / "b").mkdir()
    (tmp_path / "b/data").symlink_to(tmp_path / "elsewhere")
    assert "none of model.py" in refusal(tmp_path / "b")
    zip_with(tmp_path / "elsewhere/a.zip", LAYOUTS[0])
    (tmp_path / "b/a.zip").symlink_to(tmp_path / "elsewhere/a.zip")
    assert "none of model.py" in refusal(tmp_path / "b")
    (tmp_path / "b/model.py").symlink_to(tmp_path / "elsewhere/model.py")
    assert "symbolic link" in refusal(tmp_path / "b")


def test_a_path_that_does_not_exist_is_shown_without_its_escapes(tmp_path: Path) -> None:
    assert "[2J" in refusal(tmp_path / "\x1b[2J\u202e\udcff")


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
        ["submission/Model.py"],
        ["submission/a/x.py", "submission/A/y.py"],
        ["submission/caf\u00e9.py", "submission/cafe\u0301.py"],
    ],
)
def test_names_that_clash_on_some_systems_are_refused(tmp_path: Path, names: list[str]) -> None:
    names = ["submission/model.py", *names]
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


def test_a_list_of_very_many_names_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(40_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), "")
    tracemalloc.start()
    assert "more than 5000 files" in refusal(tmp_path / "a.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_too_many_files_and_too_much_data_are_refused(tmp_path: Path) -> None:
    many = ["submission/mrr.py", *(f"submission/{number}.py" for number in range(300))]
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


def test_a_zip_with_too_many_files_is_told_what_to_zip(tmp_path: Path) -> None:
    names = [f"env/lib/{number}.py" for number in range(6000)]
    assert "zip only the folder submission" in refusal(zip_with(tmp_path / "a.zip", names))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, 9])
def test_methods_that_cost_much_memory_are_refused(tmp_path: Path, method: int) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = data[data.index(b"PK\x03\x04") + 8] = method
    path.write_bytes(bytes(data))
    assert "compressed in a way that is not read" in refusal(path)


@pytest.mark.parametrize(
    "damage", ["of a later version", "a name in no encoding", "a local name in no encoding"]
)
def test_a_zip_that_python_cannot_read_is_refused(tmp_path: Path, damage: str) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    if damage == "of a later version":
        data[entry + 6] = 90
    elif damage == "a name in no encoding":
        data[entry + 9] |= 8  # the name is UTF-8, it says
        data[entry + 46] = 0xFF
    else:
        data[7] |= 8
        data[30] = 0xFF
    path.write_bytes(bytes(data))
    assert "damaged" in refusal(path)


def test_a_file_without_a_name_and_one_that_is_a_folder_too_are_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py", "x"])
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    nameless = data[:entry] + data[entry : entry + 28] + b"\0\0" + data[entry + 30 : entry + 46]
    end = bytearray(data[entry + 47 :])
    end[12] -= 1  # the list is a byte shorter
    path.write_bytes(nameless + end)
    assert "without a name" in refusal(path)
    for names in (["submission/model.py", "submission/model.py/x.py"], ["a/b/x.py", "a/b"]):
        assert "as a file and as a folder" in refusal(zip_with(tmp_path / "b.zip", names))
        assert "as a file and as a folder" in refusal(zip_with(tmp_path / "b.zip", names[::-1]))


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_a_damaged_zip_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    path = zip_with(tmp_path_factory.mktemp("zip") / "a.zip", LAYOUTS[0])
    data = bytearray(path.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    path.write_bytes(bytes(data))
    with contextlib.suppress(IntakeError):
        assert read_submission(path).files


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
