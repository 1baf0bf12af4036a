"""``python -m hand_in``: what a student reads, the exit code, and the zip on disk."""

import re
import zipfile

from click.testing import CliRunner, Result

from hand_in.command import main
from handout.course import due_date


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
