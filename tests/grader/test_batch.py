"""A folder of uploads becomes a table of points, and what is graded is not graded again."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from grader.batch.command import main
from grader.batch.gradings import default_jobs
from grader.batch.records import write_points
from grader.batch.uploads import find_uploads
from tests.course import POINTS, points_of

PROJECT = Path(__file__).parents[2]
PUBLIC = sum(points_of(question, "-basic") for question in POINTS)
WITHOUT_2A = PUBLIC - points_of("2a", "-basic")


def run(folder: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [str(folder), "--out", str(out), "--public-only", *options])


def started(folder: Path, out: Path) -> subprocess.Popen:
    """Start the command as a terminal does, with two jobs."""
    command = [sys.executable, "-m", "grader.batch", str(folder), "--out", str(out)]
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
    assert "grades.yml: skipped" in done.output
    table = points(out)
    assert list(table) == ["ada", "bo", "cem"]
    assert all(float(table["ada"][id_]) > 0 for id_ in POINTS)
    assert (table["ada"]["points"], table["bo"]["points"]) == (f"{PUBLIC:g}", f"{WITHOUT_2A:g}")
    assert table["bo"]["2a"] == "0"
    assert table["cem"]["problem"].startswith("cem.zip is not a zip, or it is damaged;")
    assert "bpr_loss" in (out / "pages" / "bo.html").read_text()
    assert json.loads((out / "staff" / "bo.json").read_text())["score"] == WITHOUT_2A

    assert "/3  " not in run(uploads, out).output
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
    done = list(points(out))
    assert 1 <= len(done) < 7
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
    assert process.stdout.readline().startswith("grades.yml: skipped")
    assert process.stdout.readline().startswith("1/3  ")
    below = psutil.Process(process.pid).children(recursive=True)
    assert len(below) > 2
    process.kill()
    process.stdout.close()
    process.wait()
    assert psutil.wait_procs(below, timeout=30)[1] == []


def test_as_many_jobs_as_pay(monkeypatch):
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 8)
    assert [default_jobs(uploads) for uploads in (1, 7, 8, 30, 3000)] == [1, 1, 2, 7, 8]


def test_two_uploads_of_one_name_are_refused(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "Ada.zip").write_text("")
    with pytest.raises(ValueError, match=r"Ada\.zip and ada are both there"):
        find_uploads(tmp_path)


def test_results_do_not_go_among_the_uploads(tmp_path):
    (tmp_path / "ada").mkdir()
    done = run(tmp_path, tmp_path / "grades")
    assert done.exit_code == 2
    assert "choose a folder outside of it" in done.output


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path):
    record = {"questions": [], "score": 1.5, "max_score": 2, "problem": "=SUM(A1:A9) is missing."}
    write_points(tmp_path, {"=HYPERLINK(1)": record, "ada": {**record, "problem": ""}})
    assert (tmp_path / "points.csv").read_text().splitlines() == [
        "submission,points,of,problem",
        "'=HYPERLINK(1),1.5,2,'=SUM(A1:A9) is missing.",
        "ada,1.5,2,",
    ]
