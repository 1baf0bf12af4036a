"""Code that computes nothing earns the points for right shapes, and no hidden point.

A test that compares a submission with itself alone would let it through.
"""

import shutil
from pathlib import Path

import pytest

from grader.engine.grader import Grader
from grader.engine.results import PASSED
from tests.course import HIDDEN

WORK = Path(__file__).parent / "empty_work"
OWN_PARTS = ("1a", "1b")
SHAPES = {"1c-4"}


@pytest.mark.parametrize("tables", ["empty", "right"])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_one_value_everywhere_earns_no_hidden_point(
    value: float,
    tables: str,
    reference: Path,
    tmp_path: Path,
    grader: Grader,
) -> None:
    folder = tmp_path / "submission"
    shutil.copytree(WORK, folder)
    for path in folder.glob("*.py"):
        text = path.read_text()
        assert "VALUE = 0.0\n" in text
        path.write_text(text.replace("VALUE = 0.0\n", f"VALUE = {value}\n"))
    if tables == "right":  # 1a and 1b are the reference's, and the rest computes nothing
        shutil.copy(reference / "model.py", folder / "right.py")
        model = (folder / "model.py").read_text()
        model = model.replace("(nn.Module)", "(right.MultiTaskNet)").replace(
            "import torch\n", "import torch\n\nfrom submission import right\n", 1
        )
        start = model.index("    def __init__")
        end = model.index("    def forward(")
        model = model[:start] + model[end:].replace("self.num_items", "self.B.num_embeddings")
        (folder / "model.py").write_text(model)
    report = grader.grade(tmp_path)
    earned = {test.id for test in report.tests if test.status == PASSED}
    earned = {id_ for id_ in earned if tables == "empty" or not id_.startswith(OWN_PARTS)}
    assert earned & HIDDEN == set()
    if value == 0:
        assert earned == SHAPES
