"""Loading a submission, and what is said when it cannot be loaded."""

from pathlib import Path

import pytest

from experiments.training.student_code import (
    StudentError,
    code_digest,
    find_submission,
    load_student_code,
    python_files,
    student_errors,
)


def test_a_folder_that_holds_submission_and_the_folder_itself_are_found(reference, tmp_path):
    assert find_submission(reference) == find_submission(reference.parent) == reference


def test_in_another_folder_it_is_said_where_to_give_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudentError, match=f"there is no submission in {tmp_path}: give the"):
        find_submission(Path("submission"))


def test_files_may_import_each_other_either_way(changed_submission):
    folder = changed_submission(
        "model.py",
        "import torch\n",
        "import torch\nfrom submission.loss import bpr_loss\nfrom .mrr import mrr_score\n",
    )
    code = load_student_code(folder)
    assert code.model.bpr_loss is code.loss.bpr_loss
    assert code.model.__file__ == str(folder / "model.py")


def test_a_changed_file_is_loaded_afresh_without_compiled_leftovers(reference, changed_submission):
    load_student_code(reference)
    folder = changed_submission("loss.py", ").mean()", ").sum()")
    import torch

    ones = torch.ones(3)
    assert load_student_code(folder).loss.regression_loss(ones, ones * 3).item() == 12
    text = (folder / "loss.py").read_text().replace(".sum()", ".max()")
    (folder / "loss.py").write_text(text)
    assert load_student_code(folder).loss.regression_loss(ones, ones * 3).item() == 4
    assert not list(folder.rglob("*.pyc"))


def test_the_digest_follows_the_code(reference, changed_submission):
    same = changed_submission("loss.py", "mean()", "mean()")
    assert code_digest(same) == code_digest(reference)
    assert code_digest(changed_submission("loss.py", "mean()", "mean( )")) != code_digest(reference)


@pytest.mark.parametrize("place", [".ipynb_checkpoints/loss-checkpoint.py", "__pycache__/old.py"])
def test_copies_that_others_keep_beside_the_code_are_no_code(reference, changed_submission, place):
    folder = changed_submission("loss.py", "mean()", "mean()")
    (folder / place).parent.mkdir()
    (folder / place).write_text("of yesterday")
    assert code_digest(folder) == code_digest(reference)
    assert len(python_files(folder)) == len(python_files(reference))
    (folder / "layers.py").write_text("of today")
    assert code_digest(folder) != code_digest(reference)
    assert folder / "layers.py" in python_files(folder)


@pytest.mark.parametrize("where", ["in the submission", "elsewhere"])
def test_a_mistake_is_told_alike_wherever_python_was_started(
    changed_submission, tmp_path, monkeypatch, where
):
    """Python's own importing is in the traceback as a file name without a folder."""
    folder = changed_submission("mrr.py", "import torch\n", "import torch\nimport no_such_module\n")
    monkeypatch.chdir(folder if where == "in the submission" else tmp_path)
    with pytest.raises(StudentError) as caught:
        load_student_code(folder)
    told = str(caught.value)
    assert "No module named 'no_such_module'\n  submission/mrr.py, line " in told
    assert told.count("submission/") == 1


def test_text_that_is_no_python_is_not_taken_for_a_file(reference, monkeypatch):
    monkeypatch.chdir(reference)
    with (
        pytest.raises(StudentError, match="submission stopped: SyntaxError"),
        student_errors(reference, "stopped"),
    ):
        compile("x = (1,", "<string>", "exec")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("loss.py", "import torch\n", "import torch\nx = (1,\n", r"loss\.py, line \d+ cannot be"),
        (
            "mrr.py",
            "import torch\n",
            "import torch\nimport no_such_module\n",
            r"(?s)imported: ModuleNotFoundError.*no_such_module.*submission/mrr\.py, line",
        ),
        ("loss.py", "def bpr_loss", "def bpr", r"submission/loss\.py has no bpr_loss"),
    ],
)
def test_what_cannot_be_imported_is_named_with_its_line(
    changed_submission, file, old, new, message
):
    with pytest.raises(StudentError, match=message):
        load_student_code(changed_submission(file, old, new))


def test_a_missing_file_is_named(changed_submission):
    folder = changed_submission("loss.py", "mean", "mean")
    (folder / "mrr.py").unlink()
    with pytest.raises(StudentError, match=r"lacks mrr\.py"):
        load_student_code(folder)


def test_a_file_in_another_encoding_is_named_with_what_to_do(changed_submission):
    """Python says neither which file it is nor that this is about encodings."""
    folder = changed_submission("mrr.py", "import torch\n", "import torch\n")
    (folder / "mrr.py").write_text((folder / "mrr.py").read_text(), encoding="utf-16")
    with pytest.raises(StudentError) as caught:
        load_student_code(folder)
    said = "submission/mrr.py cannot be read as Python: save it with the encoding UTF-8"
    assert str(caught.value) == said
