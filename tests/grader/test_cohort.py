"""A folder of uploads becomes a table of points, and what is graded is not graded again."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from grader.cohort import course
from grader.cohort.command import main
from grader.cohort.compare import change_of, standing_of, summary
from grader.cohort.course import default_jobs
from grader.cohort.course_pages import CoursePages
from grader.cohort.records import code_of, read_records
from grader.cohort.table import NOT_REACHED
from grader.contents import CONTENTS
from grader.engine.grader import UNPROTECTED
from problem_set.assignment import read_assignment
from tests.course import POINTS, points_of

PROJECT = Path(__file__).parents[2]
PUBLIC = sum(points_of(question, hidden=False) for question in POINTS)
HIDDEN = sum(test.hidden for test in read_assignment().tests)
WITHOUT_2A = PUBLIC - points_of("2a", hidden=False)


def run(folder: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [str(folder), "--out", str(out), "--public-only", *options])


def started(folder: Path, out: Path, *options: str) -> subprocess.Popen:
    """Start the command as a terminal does, with two jobs."""
    command = [sys.executable, "-m", "grader.cohort", str(folder), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--public-only", "--jobs", "2", *options],
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
    assert "2 of 4 uploads graded, 2 not graded\n" in done.output
    assert re.search(
        r"in full \(column problem\):\n  cem: cem\.zip is not a zip.*\n  grades\.yml: ", done.output
    )
    table = points(out)
    assert list(table) == ["ada", "bo", "cem", "grades.yml"]
    assert all(float(table["ada"][id_]) > 0 for id_ in POINTS)
    assert (table["ada"]["points"], table["bo"]["points"]) == (f"{PUBLIC:g}", f"{WITHOUT_2A:g}")
    assert table["bo"]["2a"] == "0"
    assert [row["status"] for row in table.values()] == ["graded"] * 2 + ["not graded"] * 2
    assert table["cem"]["points"] == table["cem"]["2a"] == table["cem"]["of"] == ""
    assert table["cem"]["problem"].startswith("cem.zip is not a zip, or it is damaged;")
    assert "bpr_loss" in (out / "pages" / "bo.html").read_text()
    record = json.loads((out / "staff" / "bo.json").read_text())
    assert record["score"] == WITHOUT_2A
    assert record["cpu"] > 0.1 and record["seconds"] > 0.1 and record["memory"] > 50e6

    assert "It holds grades.yml" in table["grades.yml"]["problem"]
    assert "It holds grades.yml" in (out / "pages" / "grades.yml.html").read_text()
    assert "/4  " not in run(uploads, out).output
    assert points(out) == table

    shutil.rmtree(uploads / "bo")
    (uploads / "bo").mkdir()
    shutil.copy(uploads / "ada.zip", uploads / "bo" / "ps1.zip")
    again = run(uploads, out).output
    assert points(out)["bo"]["points"] == f"{PUBLIC:g}"
    assert "1 of 4 rows change: 1 up" in again
    assert "/4  " not in again, "what ada handed in is graded"


def test_an_interrupted_run_keeps_what_it_has_and_goes_on_from_there(submission, tmp_path):
    uploads, out = tmp_path / "uploads", tmp_path / "grades"
    right, title = submission(), read_assignment().course.title
    names = [f"student-{number}" for number in range(7)]
    for name in names:
        shutil.copytree(right / "submission", uploads / name / "submission")
        with (uploads / name / "submission" / "loss.py").open("a") as file:
            file.write(f"# {name}\n")
    with started(uploads, out, "--missing", "0") as process:
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
    with (out / "gradebook.csv").open(newline="") as file:
        book = {(row["status"], row[title], row["Reason"][:12]) for row in csv.DictReader(file)}
    kept = ("graded", f"{PUBLIC:g}", f"{HIDDEN} hidden tests"[:12])
    assert book == {kept, ("not graded", "", "")}, "who was not reached is not missing"
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


def test_as_many_jobs_as_pay_and_as_fit(monkeypatch):
    monkeypatch.setattr(course, "processor_cores", lambda: 8)
    monkeypatch.setattr(course, "free_memory", lambda: 64e9)
    assert [default_jobs(uploads) for uploads in (1, 7, 8, 30, 3000)] == [1, 1, 2, 7, 8]
    monkeypatch.setattr(course, "free_memory", lambda: 3e9)
    assert default_jobs(3000) == 4


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
    assert pages == set(table) == {path.stem for path in (out / "staff").glob("*.json")}


def test_any_error_about_one_upload_is_that_uploads_row(submission, tmp_path, monkeypatch):
    folder, out = tmp_path / "uploads", tmp_path / "grades"
    folder.mkdir()
    submission().rename(folder / "ada")

    def fail(*_: object) -> None:
        raise MemoryError("\x1b[2J too much")

    monkeypatch.setattr("grader.cohort.entries.read_submission", fail)
    done = run(folder, out)
    assert done.exit_code == 2 and "The grader failed at: ada" in done.output
    row = points(out)["ada"]
    assert (row["status"], row["points"]) == ("grader failed", "")
    assert row["problem"].endswith("MemoryError: \ufffd[2J too much")
    assert "grader failed" in (out / "pages" / "ada.html").read_text()


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


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Problem Set 1 (4711),Current Score
"    Points Possible",,,,,20,
"Lovelace, Ada",12000,,ada,Section 1,,
"Bell, Bo",12001,,bo,Section 1,,
"Cole, Cem",12002,,cem,Section 1,,
"Dunn, Dan",12003,,dan,Section 1,,
"East, Eve",12004,,eve,Section 1,,
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, Path]:
    """A download of Canvas, graded: two all right with the same files, two mistakes, and nobody."""
    course_folder = tmp_path_factory.mktemp("course")
    folder, out = course_folder / "submissions", course_folder / "grades"
    folder.mkdir()
    (course_folder / "gradebook.csv").write_text(CANVAS)
    files = {path.name: path.read_text() for path in (PROJECT / "submission").glob("*.py")}
    for who, file, old, new in (
        ("lovelaceada_12000_67800", "loss.py", "", ""),
        ("bellbo_LATE_12001_67810", "loss.py", ") ** 2).mean()", ") ** 2).sum()"),
        ("colecem_12002_67820", "mrr.py", "1 / torch.cat", "2 / torch.cat"),
    ):
        assert old in files[file]
        changed = {**files, file: files[file].replace(old, new)}
        for number, (name, text) in enumerate(changed.items()):
            (folder / f"{who}{number}_{name}").write_text(text)
    with zipfile.ZipFile(folder / "dunndan_12003_678300_ps1-submission.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"ps1/submission/{name}", text)
    done = run(folder, out, "--roster", str(course_folder / "gradebook.csv"))
    assert done.exit_code == 0, done.output
    assert "4 of 4 uploads graded" in done.output
    assert "Nothing came from 1 of 5: East, Eve (12004)" in done.output
    return folder, out


def with_roster(folder: Path, out: Path, *options: str) -> Result:
    return run(folder, out, "--roster", str(folder.parent / "gradebook.csv"), *options)


def test_from_the_download_of_canvas_to_what_it_imports(graded):
    _, out = graded
    with (out / "gradebook.csv").open(newline="") as file:
        header, possible, *people = csv.reader(file)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", header[-1]]
    assert header[-1] == "Problem Set 1 (4711)" and possible[0] == "    Points Possible"
    rows = {row["id"]: row for row in points(out).values()}
    assert PUBLIC - points_of("2d", hidden=False) <= float(rows["12002"]["points"]) < PUBLIC
    assert [(row[0], row[1], row[-1]) for row in people] == [
        ("Lovelace, Ada", "12000", f"{PUBLIC:g}"),
        ("Bell, Bo", "12001", f"{PUBLIC - points_of('2b', hidden=False):g}"),
        ("Cole, Cem", "12002", rows["12002"]["final points"]),
        ("Dunn, Dan", "12003", f"{PUBLIC:g}"),
        ("East, Eve", "12004", ""),
    ]
    assert rows["12004"]["upload"] == ""


def test_everybody_has_a_row_and_the_same_code_is_graded_once(graded):
    folder, out = graded
    rows = {row["id"]: row for row in points(out).values()}
    assert list(rows) == ["12000", "12001", "12002", "12003", "12004"]
    assert rows["12004"]["status"] == "nothing handed in" and rows["12004"]["points"] == ""
    records = {record["person"]["id"]: record for record in read_records(out)}
    ada, bo, dan = records["12000"], records["12001"], records["12003"]
    assert (ada["late"], bo["late"], len(records)) == (False, True, 5)
    assert ada["code"] == dan["code"] and ada["seconds"] == dan["seconds"], "the same grading"
    assert len(list((out / "staff" / "code").iterdir())) == 3
    assert not (out / "staff").stat().st_mode & 0o007, "hidden tests' values are in there"
    loss = next(path for path in folder.iterdir() if "12001" in path.name and "loss" in path.name)
    assert code_of(out, bo, ["loss.py"])["loss.py"] == loss.read_bytes()


def nothing_is_graded(*_: object) -> None:
    raise AssertionError("something was graded again")


def with_other_points(monkeypatch, tmp_path: Path, *edits: tuple[str, str]) -> None:
    """Have the command read an assignment.toml that has been edited."""
    text = (PROJECT / "assignment.toml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "assignment.toml").write_text(text)
    contents = replace(CONTENTS, assignment=tmp_path / "assignment.toml")
    monkeypatch.setattr(course, "CONTENTS", contents)


def changed_points(question: str, test: str, points: float) -> tuple[tuple[str, str], ...]:
    """Return the edits that give a question's public test other points."""
    found = next(q for q in read_assignment().coding if q.id == question)
    total = found.points - found.public[test] + points
    section = f'id = "{question}"\ntitle = "{found.title}"\nfile = "{found.file}"\npoints = '
    old = f"{section}{found.points:g}"
    return (old, f"{section}{total:g}"), (
        f"{test} = {found.public[test]:g}",
        f"{test} = {points:g}",
    )


def test_a_regrade_after_a_change_of_points_lists_the_right_students_and_grades_nothing(
    graded, tmp_path, monkeypatch
):
    folder, out = graded
    monkeypatch.setattr(course, "processes", nothing_is_graded)
    with_other_points(monkeypatch, tmp_path, *changed_points("2b", "2b-0", 0.5))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    done = with_roster(folder, tmp_path / "again", "--compare", str(out))
    assert done.exit_code == 0, done.output
    assert "the points of 3 of 5 rows change: 3 up (by 0.3), 0 down" in done.output
    assert "  2b-0: 3 up, 0 down\n" in done.output
    with (tmp_path / "again" / "changes.csv").open() as file:
        changes = list(csv.DictReader(file))
    assert [change["id"] for change in changes] == ["12002", "12003", "12000"], "12001 fails"
    assert {change["tests"] for change in changes} == {"2b-0 0.2 to 0.5"}
    pages = tmp_path / "again" / "pages"
    said = f"Your points changed from {PUBLIC:g} to {PUBLIC + 0.3:g}."
    assert said in changes[1]["sentence"]
    assert said in next(pages.glob("*12003*")).read_text()
    assert "graded again" not in next(pages.glob("*12001*")).read_text()
    assert {path: path.read_bytes() for path in before} == before, "the old results stay"


def test_tests_that_trade_points_within_a_question_are_not_the_reason_of_a_change():
    def graded(**tests: float) -> dict:
        ids = {"1a": ("1a-0", "1a-1"), "1b": ("1b-0", "1b-1")}
        questions = [
            {
                "id": id_,
                "points": sum(tests[test] for test in own),
                "tests": [{"id": test, "points": tests[test]} for test in own],
            }
            for id_, own in ids.items()
        ]
        total = sum(tests.values())
        same = {"status": "graded", "submission": "ada", "person": {"id": "s0"}}
        return {**same, "points": total, "final_points": total, "questions": questions}

    before = graded(**{"1a-0": 1, "1a-1": 0, "1b-0": 1, "1b-1": 2})
    traded = graded(**{"1a-0": 1, "1a-1": 0, "1b-0": 2, "1b-1": 1})
    assert change_of(standing_of(before), traded) is None
    found = change_of(standing_of(before), graded(**{"1a-0": 2, "1a-1": 0, "1b-0": 2, "1b-1": 1}))
    assert found and found.tests == {"1a-0": (1, 2)}
    (line, *of_tests) = summary([found], 9)
    assert line == "Compared: the points of 1 of 9 rows change: 1 up (by 1), 0 down."
    assert of_tests == ["  1a-0: 1 up, 0 down"]


def test_with_only_up_nobody_loses_points(graded, tmp_path, monkeypatch):
    folder, out = graded
    monkeypatch.setattr(course, "processes", nothing_is_graded)
    edits = (*changed_points("2b", "2b-0", 0.1), *changed_points("1b", "1b-0", 0.3))
    with_other_points(monkeypatch, tmp_path, *edits)
    done = with_roster(folder, tmp_path / "again", "--compare", str(out), "--only-up")
    assert "the points of 4 of 5 rows change: 4 up (by 0.2), 0 down" in done.output
    table = {row["id"]: row for row in points(tmp_path / "again").values()}
    ada, bo = table["12000"], table["12001"]
    assert (ada["2b"], bo["2b"], ada["1b"]) == ("0.2", "0", "0.5")


def test_ctrl_c_leaves_out_who_is_alike_and_nothing_else(graded, tmp_path, monkeypatch):
    folder, out = graded
    shutil.copytree(out, tmp_path / "grades")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(CoursePages, "write_similarity", interrupted)
    done = with_roster(folder, tmp_path / "grades")
    assert done.exit_code == 130 and "similarity.html was left out" in done.output
    assert points(tmp_path / "grades") == points(out)


def test_a_comparison_needs_a_folder_of_its_own(graded):
    folder, out = graded
    done = run(folder, out, "--compare", str(out))
    assert done.exit_code == 2 and "choose a new --out" in done.output


def test_results_of_two_folders_are_kept_in_one_table(tmp_path):
    first, second, out = tmp_path / "first", tmp_path / "second", tmp_path / "grades"
    for path in (first / "ada.zip", first / "bo.zip", second / "ada.zip", second / "zoe.zip"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    run(first, out)
    done = run(second, out)
    assert "uploads in other folders that were graded into the same --out: bo\n" in done.output
    assert f"ada: replaces the result of {first / 'ada.zip'}" not in done.output  # the same
    assert list(points(out)) == ["ada", "zoe", "bo"]
    (first / "ada.zip").unlink()
    (first / "ada").mkdir()
    done = run(first, out)
    assert f"ada: replaces the result of {second / 'ada.zip'}" in done.output
    assert list(points(out)) == ["ada", "bo", "zoe"]
    shutil.rmtree(second)
    run(first, out)
    assert list(points(out)) == ["ada", "bo", "zoe"]
    (out / "staff" / "zoe.json").unlink()
    run(first, out)
    assert list(points(out)) == ["ada", "bo"]


def test_what_the_roster_has_is_a_name_in_loose_files(tmp_path):
    uploads, roster = tmp_path / "uploads", tmp_path / "roster.csv"
    uploads.mkdir()
    for name in ("7_model.py", "model_7.py", "model_8.py"):
        (uploads / name).write_text("")
    roster.write_text("id,name\n7,Bo\n9,Cem\n")
    run(uploads, tmp_path / "grades", "--roster", str(roster))
    found = {row["id"]: row["problem"] for row in points(tmp_path / "grades").values()}
    assert "hold one file of 7 twice" in found["7"] and found["9"] == "Nothing was handed in."
    assert "model_8.py has no student's name" in found["model_8.py"]


def test_results_do_not_go_among_the_uploads(tmp_path):
    (tmp_path / "ada").mkdir()
    done = run(tmp_path, tmp_path / "grades")
    assert done.exit_code == 2
    assert "choose a folder outside of it" in done.output
