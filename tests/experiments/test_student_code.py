"""Loading a submission, and what is said when it cannot be loaded."""

import pytest

from experiments.student_code import StudentError, code_digest, find_submission, load_student_code


def test_a_folder_that_holds_submission_and_the_folder_itself_are_found(reference, tmp_path):
    assert find_submission(reference) == find_submission(reference.parent) == reference


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
