"""A submission is found wherever it plausibly is, and refused in a sentence where it must be."""

import os
import zipfile
from pathlib import Path

import pytest
from handed_in import FILES, LAYOUTS, TEXTS, folder_with, refusal, text_of, zip_with

from grader.engine.tree import MAX_FILE


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
    others = [f"{number}.txt" for number in range(9)]
    folder_with(tmp_path / "b", [*others, "submission/__init__.py", "submission/my_model.py"])
    for path in (tmp_path / "b", tmp_path / "b/submission"):
        assert "my_model.py" in refusal(path)
    assert refusal(tmp_path / "b").startswith("submission in b " + missing)
    folder_with(tmp_path / "submission", ["01_experiments.ipynb"])
    sentence = refusal(tmp_path / "submission")
    assert sentence.startswith("submission " + missing + "01_experiments.ipynb. ")
    assert "code in a notebook is not graded" in sentence
    assert "and 24 more" in refusal(zip_with(tmp_path / "a.zip", [f"{n}.txt" for n in range(30)]))


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
    assert "It holds a.zip (a link), data (a link)." in refusal(tmp_path / "b")
    (tmp_path / "b/model.py").symlink_to(tmp_path / "elsewhere/model.py")
    assert "symbolic link" in refusal(tmp_path / "b")


def test_a_path_that_does_not_exist_is_shown_without_its_escapes(tmp_path: Path) -> None:
    assert "[2J" in refusal(tmp_path / "\x1b[2J\u202e\udcff")


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


def test_a_search_of_a_large_folder_comes_to_an_end(tmp_path: Path, monkeypatch) -> None:
    folder_with(tmp_path / "a", [f"data/{number}/x.txt" for number in range(30)])
    folder_with(tmp_path / "b", ["submission/model.py", *(f"x/{n}.txt" for n in range(30))])
    monkeypatch.setattr("grader.engine.tree.MAX_ENTRIES", 20)
    assert "a holds more than 20 files and folders; hand in only" in refusal(tmp_path / "a")
    assert list(text_of(tmp_path / "b")) == ["model.py"]


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch) -> None:
    folder_with(tmp_path, ["submission/model.py"])

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)  # root may read everything
    assert refusal(tmp_path).endswith("cannot be read: Permission denied.")
