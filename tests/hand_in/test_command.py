"""``python -m hand_in``: what a student reads, the exit code, and the zip on disk."""

import re
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from click.testing import CliRunner, Result
from rich.console import Console

from grader.engine.results import Report
from hand_in.command import _say_where, main
from hand_in.packing import Packed
from problem_set.assignment import Late
from problem_set.due import due_date


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_unfinished_work_is_packed_with_exit_code_0(project, assignment):
    loss = project / "submission" / "loss.py"
    text = loss.read_text()
    solution = "loss = ((observed_ratings - predicted_ratings) ** 2).mean()"
    assert solution in text
    loss.write_text(
        text.replace(solution, "raise NotImplementedError('Question 2b is not written yet')")
    )
    done = run(project)
    assert done.exit_code == 0, done.output
    assert "2b is not written yet (submission/loss.py, line " in done.output
    assert "3a, 3b, 3c: no answer yet" in done.output
    assert f"Upload it: {assignment.upload.where}" in done.output
    assert re.search(r"\nIt (is due in|was due) \d+ (day|hour|minute)", done.output)
    assert f": {due_date(assignment.course.due)}.\n" in done.output
    with zipfile.ZipFile(project / "dist" / "ps1-submission.zip") as archive:
        assert "submission/loss.py" in archive.namelist()


def test_who_is_late_reads_what_it_costs(tmp_path, assignment, capsys):
    packed = Packed(b"", (), (), (), Report("", "", "", ()))
    for days, policy in ((-1, Late(10)), (3, Late()), (3, Late(10))):
        due = datetime.now(timezone.utc) - timedelta(days=days, minutes=-61)
        late = replace(assignment, late=policy, course=replace(assignment.course, due=due))
        _say_where(Console(soft_wrap=True), tmp_path / "late.zip", packed, late)
    soon, allowed, costs = capsys.readouterr().out.split("Upload it: ")[1:]
    assert "It is due in 1 day 1 hour: " in soon and "extension" not in soon
    assert "It was due 2 days 22 hours ago: " in allowed and "lost" not in allowed
    assert costs.splitlines()[-1] == (
        "Without an extension, that counts as 3 days late. For each day late, begun ones counted, "
        "10 % of the points are lost."
    )


def test_a_broken_file_is_packed_with_exit_code_1(project, tmp_path):
    (project / "submission" / "mrr.py").write_text("import torch\n\n1 / 0\n")
    done = run(project, "--out", tmp_path / "elsewhere.zip")
    assert done.exit_code == 1, done.output
    assert "2d: Your code raised ZeroDivisionError (submission/mrr.py, line 3)." in done.output
    assert zipfile.is_zipfile(tmp_path / "elsewhere.zip")


def test_where_there_is_nothing_to_pack_an_older_zip_stays(tmp_path):
    (tmp_path / "dist").mkdir()
    older = tmp_path / "dist" / "ps1-submission.zip"
    older.write_bytes(b"older")
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "Nothing was packed" in done.output
    assert older.read_bytes() == b"older"
