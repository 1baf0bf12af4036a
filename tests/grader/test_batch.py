"""A folder of uploads becomes a table of points, and what is graded is not graded again."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import grader.grading
from grader.batch.command import main
from grader.batch.records import write_points
from grader.batch.uploads import find_uploads

QUESTIONS = ("1a", "1b", "1c", "1d", "2a", "2b", "2c", "2d")


def run(folder: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [str(folder), "--out", str(out), "--public-only", *options])


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
    assert all(float(table["ada"][id_]) > 0 for id_ in QUESTIONS)
    assert (table["ada"]["points"], table["bo"]["points"]) == ("3", "2.75")
    assert table["bo"]["2a"] == "0"
    assert table["cem"]["problem"] == "cem.zip is not a zip, or it is damaged."
    assert "bpr_loss" in (out / "pages" / "bo.html").read_text()
    assert json.loads((out / "staff" / "bo.json").read_text())["score"] == 2.75

    assert "/3  " not in run(uploads, out).output
    assert points(out) == table

    shutil.rmtree(uploads / "bo")
    (uploads / "bo").mkdir()
    shutil.copy(uploads / "ada.zip", uploads / "bo" / "ps1.zip")
    again = run(uploads, out).output
    assert "2/3  bo: 3 of 3" in again
    assert "1/3" not in again


def test_an_interrupted_run_keeps_what_it_has(uploads, tmp_path, monkeypatch):
    out = tmp_path / "grades"
    real = grader.grading.grade

    def stop_at_second(path, *args, **options):
        if path.name == "bo":
            raise KeyboardInterrupt
        return real(path, *args, **options)

    monkeypatch.setattr(grader.grading, "grade", stop_at_second)
    done = run(uploads, out)
    assert done.exit_code == 130
    assert "goes on where it stopped" in done.output
    assert list(points(out)) == ["ada"]
    monkeypatch.setattr(grader.grading, "grade", real)
    assert "1/3" not in run(uploads, out).output
    assert list(points(out)) == ["ada", "bo", "cem"]


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
