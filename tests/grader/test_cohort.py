"""A folder of uploads becomes a table of points, and what is graded is not graded again."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner, Result

from grader.cohort import gradings, records
from grader.cohort.command import NOT_REACHED, main
from grader.cohort.gradings import Graded, Options, default_jobs, grade_uploads
from grader.cohort.table import points_table
from grader.cohort.uploads import Upload
from grader.engine.grader import UNPROTECTED
from grader.engine.results import Report
from tests.course import POINTS, points_of

PROJECT = Path(__file__).parents[2]
PUBLIC = sum(points_of(question, hidden=False) for question in POINTS)
WITHOUT_2A = PUBLIC - points_of("2a", hidden=False)


def run(folder: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [str(folder), "--out", str(out), "--public-only", *options])


def started(folder: Path, out: Path) -> subprocess.Popen:
    """Start the command as a terminal does, with two jobs."""
    command = [sys.executable, "-m", "grader.cohort", str(folder), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--public-only", "--jobs", "2"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A job in the background is started with the signal ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def points(out: Path) -> dict[str, dict[str, str]]:
    with (out / "points.csv").open() as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


@pytest.fixture
def uploads(submission, tmp_path: Path) -> Path:
    """Three students: all right, one mistake, and a zip that is none."""
    folder = tmp_path / "uploads"
    (folder / "bo").mkdir(parents=True)
    right = submission()
    shutil.make_archive(str(folder / "ada"), "zip", right)
    shutil.copytree(right / "submission", folder / "bo" / "submission")
    loss = folder / "bo" / "submission" / "loss.py"
    loss.write_text(loss.read_text().replace("return loss", "return loss + 1", 1))
    (folder / "cem.zip").write_text("not a zip")
    (folder / "grades.yml").write_text("")
    return folder


def test_points_pages_and_reports_are_written_and_nothing_is_graded_twice(uploads, tmp_path):
    out = tmp_path / "grades"
    done = run(uploads, out)
    assert done.exit_code == 1, done.output
    assert "2 of 4 uploads graded, 2 not graded (column problem)" in done.output
    assert "Could not be graded in full: cem, grades.yml\n" in done.output
    table = points(out)
    assert list(table) == ["ada", "bo", "cem", "grades.yml"]
    assert all(float(table["ada"][id_]) > 0 for id_ in POINTS)
    assert (table["ada"]["points"], table["bo"]["points"]) == (f"{PUBLIC:g}", f"{WITHOUT_2A:g}")
    assert table["bo"]["2a"] == "0"
    assert [row["status"] for row in table.values()] == ["graded"] * 2 + ["not graded"] * 2
    assert table["cem"]["points"] == table["cem"]["2a"] == table["cem"]["of"] == ""
    assert table["cem"]["problem"].startswith("cem.zip is not a zip, or it is damaged;")
    assert "bpr_loss" in (out / "pages" / "bo.html").read_text()
    assert json.loads((out / "staff" / "bo.json").read_text())["score"] == WITHOUT_2A

    assert "neither a folder nor a zip" in table["grades.yml"]["problem"]
    assert "neither a folder nor a zip" in (out / "pages" / "grades.yml.html").read_text()
    assert "/4  " not in run(uploads, out).output
    assert points(out) == table

    shutil.rmtree(uploads / "bo")
    (uploads / "bo").mkdir()
    shutil.copy(uploads / "ada.zip", uploads / "bo" / "ps1.zip")
    again = run(uploads, out).output
    assert f"bo: {PUBLIC:g} of {PUBLIC:g}" in again
    assert "ada:" not in again and "cem:" not in again


def test_an_interrupted_run_keeps_what_it_has_and_goes_on_from_there(submission, tmp_path):
    uploads, out = tmp_path / "uploads", tmp_path / "grades"
    right = submission()
    names = [f"student-{number}" for number in range(7)]
    for name in names:
        shutil.copytree(right / "submission", uploads / name / "submission")
    with started(uploads, out) as process:
        for line in process.stdout:
            if line.startswith("1/7  "):
                os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
                break
        said = process.stdout.read()
    assert process.returncode == 130, said
    assert "gradings under way are finished first" in said and "goes on where it stopped" in said
    assert "Traceback" not in said
    table = points(out)
    assert list(table) == names
    done = [name for name in names if table[name]["status"] == "graded"]
    assert 1 <= len(done) < 7
    assert {row["problem"] for row in table.values()} == {"", NOT_REACHED}
    assert {row["points"] for row in table.values()} == {f"{PUBLIC:g}", ""}
    written = {name: (out / "staff" / f"{name}.json").stat().st_mtime_ns for name in done}

    again = run(uploads, out, "--jobs", "2")
    assert again.exit_code == 0, again.output
    table = points(out)
    assert list(table) == names
    assert {row["points"] for row in table.values()} == {f"{PUBLIC:g}"}
    for name, time_written in written.items():
        assert (out / "staff" / f"{name}.json").stat().st_mtime_ns == time_written


@pytest.mark.thorough
def test_a_killed_run_leaves_no_process_behind(uploads, tmp_path):
    process = started(uploads, tmp_path / "grades")
    # Once an upload has been graded, there are servers below the two processes that grade.
    next(line for line in process.stdout if "  ada" in line or "  bo" in line)
    below = psutil.Process(process.pid).children(recursive=True)
    assert len(below) > 2
    process.kill()
    process.stdout.close()
    process.wait()
    assert psutil.wait_procs(below, timeout=30)[1] == []


def test_as_many_jobs_as_pay(monkeypatch):
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 8)
    assert [default_jobs(uploads) for uploads in (1, 7, 8, 30, 3000)] == [1, 1, 2, 7, 8]


def test_an_upload_that_is_a_link_is_refused_and_what_it_leads_to_is_graded(submission, tmp_path):
    folder, out = tmp_path / "uploads", tmp_path / "grades"
    folder.mkdir()
    (submission()).rename(folder / "ada")
    (folder / "bo").symlink_to("ada")
    shutil.make_archive(str(folder / "cem"), "zip", folder / "ada")
    (folder / "dan.zip").symlink_to("cem.zip")
    (folder / "eve").mkdir()
    (folder / "eve" / "submission").symlink_to("../ada/submission")
    (folder / "fay" / "submission").mkdir(parents=True)
    (folder / "fay" / "submission" / "model.py").symlink_to("../../ada/submission/model.py")
    os.link(folder / "cem.zip", folder / "gus.zip")
    run(folder, out)
    table = points(out)
    problems = {name: row["problem"] for name, row in table.items() if row["status"] != "graded"}
    assert set(table) - set(problems) == {"ada"}
    assert "bo is a link" in problems["bo"] and "dan.zip is a link" in problems["dan"]
    assert "submission is a symbolic link" in problems["eve"]
    assert "model.py is a symbolic link" in problems["fay"]
    assert "is a hard link" in problems["cem"] and "is a hard link" in problems["gus"]


def hostile_uploads(folder: Path) -> None:
    """Write uploads each of which once ended the batch, or forged another's row."""
    folder.mkdir(exist_ok=True)
    (folder / ("n" * 240)).mkdir()
    os.mkdir(os.fsencode(folder) + b"/\xff\xfe")  # noqa: PTH102
    (folder / 'x","graded","3\nada","graded","20').mkdir()
    (folder / "\x1b[2J\u202eolleh").mkdir()
    (folder / "d;=1+1").mkdir()
    for number, method in enumerate((zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)):
        with zipfile.ZipFile(folder / f"method{number}.zip", "w", method) as archive:
            archive.writestr("submission/model.py", "x = 1\n" * 1000)
        data = bytearray((folder / f"method{number}.zip").read_bytes())
        data[80:90] = bytes(10)
        (folder / f"method{number}.zip").write_bytes(data)


def test_uploads_that_attack_the_batch_cost_themselves_only(submission, tmp_path):
    folder, out = tmp_path / "uploads", tmp_path / "grades"
    hostile_uploads(folder)
    submission().rename(folder / "ada")
    done = run(folder, out)
    assert done.exit_code == 1, done.output
    assert not {"\x1b", "\u202e"} & set(done.output)
    assert "1 of 8 uploads graded, 7 not graded" in done.output
    text = (out / "points.csv").read_text()
    assert len(text.splitlines()) == 9 and not {"\x1b", "\u202e"} & set(text)
    table = points(out)
    assert [name for name, row in table.items() if row["status"] == "graded"] == ["ada"]
    assert all(row["problem"] for name, row in table.items() if name != "ada")
    pages = {path.stem for path in (out / "pages").iterdir()}
    assert pages == set(table) == {path.stem for path in (out / "staff").iterdir()}


def fails_or_dies(options: Options, upload: Upload) -> Graded:
    """Grade as a process that one upload brings down, or in which one brings about an error."""
    if upload.name == "bo":
        os._exit(1)
    record = records.record_of(upload, Report("", "", "", questions=()))
    return Graded(upload, record)


def test_a_process_that_ends_costs_the_upload_that_it_was_grading(tmp_path, monkeypatch):
    monkeypatch.setattr(gradings, "_grade", fails_or_dies)
    uploads = [Upload(name, tmp_path / name) for name in ("ada", "bo", "cem", "dan", "eve")]
    found = []
    options = Options(tmp_path, public_only=True, allow_unisolated_hidden=False)
    grade_uploads(uploads, options, 2, found.append, lambda: None)
    status = {graded.upload.name: graded.record["status"] for graded in found}
    assert len(found) == 5
    assert status.pop("bo") == "grader failed"
    assert set(status.values()) == {"graded"}


def test_any_error_about_one_upload_is_that_uploads_row(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError("\x1b[2J too much")

    server = SimpleNamespace(isolated=True)
    monkeypatch.setattr(gradings, "_grader", lambda options: (server, "us"))
    monkeypatch.setattr(gradings, "fingerprint", fail)
    options = Options(tmp_path, public_only=True, allow_unisolated_hidden=False)
    record = gradings._grade(options, Upload("ada", tmp_path / "ada")).record
    assert record["status"] == "grader failed"
    row = next(csv.DictReader(io.StringIO(points_table([record]))))
    assert "grader failed" in (tmp_path / "pages" / "ada.html").read_text()
    assert row["points"] == "" and row["problem"].endswith("MemoryError: \ufffd[2J too much")


def test_hidden_tests_that_nothing_protects_give_no_points(submission, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADER_ISOLATION", "none")
    folder, out = tmp_path / "uploads", tmp_path / "grades"
    folder.mkdir()
    submission().rename(folder / "ada")
    done = CliRunner().invoke(main, [str(folder), "--out", str(out)])
    assert done.exit_code == 2, done.output
    assert "0 of 1 uploads graded" in done.output
    row = points(out)["ada"]
    assert (row["status"], row["points"], row["of"]) == ("grader failed", "", "")
    assert row["problem"].startswith(UNPROTECTED) and "--public-only" in row["problem"]


def test_results_of_two_folders_are_kept_in_one_table(tmp_path):
    first, second, out = tmp_path / "first", tmp_path / "second", tmp_path / "grades"
    for path in (first / "ada.7z", first / "bo.7z", second / "ada.7z", second / "zoe.7z"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    run(first, out)
    done = run(second, out)
    assert "uploads in other folders that were graded into the same --out: bo.7z\n" in done.output
    assert f"ada.7z: replaces the result of {first / 'ada.7z'}" not in done.output  # the same
    assert list(points(out)) == ["ada.7z", "zoe.7z", "bo.7z"]
    (first / "ada.7z").unlink()
    (first / "ada.7z").mkdir()
    done = run(first, out)
    assert f"ada.7z: replaces the result of {second / 'ada.7z'}" in done.output
    assert list(points(out)) == ["ada.7z", "bo.7z", "zoe.7z"]
    shutil.rmtree(second)
    run(first, out)
    assert list(points(out)) == ["ada.7z", "bo.7z"]


def test_results_do_not_go_among_the_uploads(tmp_path):
    (tmp_path / "ada").mkdir()
    done = run(tmp_path, tmp_path / "grades")
    assert done.exit_code == 2
    assert "choose a folder outside of it" in done.output
