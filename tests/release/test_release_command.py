"""``python -m release``: what it writes, what it refuses, and what it says."""

import io
import zipfile

import pytest
from click.testing import CliRunner

from problem_set import __version__
from release import command, products
from release.command import main
from release.files import PackedFile, zip_bytes
from release.leaks import Leak
from release.products import replace_folder

ZIP = f"ps1-student-{__version__}.zip"


@pytest.fixture
def cli():
    return CliRunner()


@pytest.fixture
def no_check(monkeypatch):
    """The leak check has tests of its own, and so has the grading; here it knows one word."""

    class OneWord:
        def __init__(self, project):
            pass

        def in_zip(self, content):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return [
                    Leak(name, "the secret")
                    for name in archive.namelist()
                    if b"a planted secret" in archive.read(name)
                ]

    monkeypatch.setattr(products, "LeakCheck", OneWord)
    monkeypatch.setattr(products, "grade_student", lambda project, files: None)


def test_it_writes_the_students_zip_and_says_what_is_next(cli, no_check, tmp_path):
    done = cli.invoke(main, ["--only", "student", "--without-pdf", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "hand it out as it is" in done.output
    assert [path.name for path in tmp_path.iterdir()] == [ZIP]
    with zipfile.ZipFile(tmp_path / ZIP) as archive:
        names = archive.namelist()
    assert "ps1/submission/model.py" in names and "ps1/README.md" in names
    assert all(name.startswith("ps1/") for name in names)


def test_a_leak_is_named_and_nothing_is_written(cli, no_check, tmp_path, monkeypatch):
    files = {"a.py": PackedFile(b"# a planted secret")}
    monkeypatch.setattr(products, "student_files", lambda project: files)
    (tmp_path / ZIP).write_bytes(b"the last one")
    done = cli.invoke(main, ["--only", "student", "--without-pdf", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert f"{ZIP} is refused, because of a leak:\n  ps1/a.py holds the secret" in done.output
    assert (tmp_path / ZIP).read_bytes() == b"the last one"


def test_without_latex_it_says_how_to_get_it_or_do_without(cli, no_check, tmp_path, monkeypatch):
    monkeypatch.setattr("handout.latex.shutil.which", lambda *args, **options: None)
    done = cli.invoke(main, ["--only", "student", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "sudo apt-get install latexmk" in done.output and "--without-pdf" in done.output


def test_a_package_is_checked_again(cli, check, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "LeakCheck", lambda project: check)
    good = tmp_path / "good.zip"
    good.write_bytes(zip_bytes({"ps1/a.md": PackedFile(b"Nothing")}))
    assert cli.invoke(main, ["check", str(good)]).exit_code == 0
    bad = tmp_path / "bad.zip"
    bad.write_bytes(zip_bytes({"ps1/grader/hidden_tests/a.py": PackedFile(b"x = 1")}))
    done = cli.invoke(main, ["check", str(bad)])
    assert done.exit_code == 1 and "holds secrets, by its name" in done.output
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert cli.invoke(main, ["check", str(tmp_path / "no.zip")]).exit_code == 2


def test_a_folder_is_replaced_whole(tmp_path):
    folder = tmp_path / "nbgrader"
    replace_folder({"a/old.txt": PackedFile(b"old")}, folder)
    replace_folder({"a/new.sh": PackedFile(b"new", executable=True)}, folder)
    assert [path.name for path in (folder / "a").iterdir()] == ["new.sh"]
    assert (folder / "a" / "new.sh").stat().st_mode & 0o111
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader"]
