"""A new question, 2e in a file of its own: what is forgotten is named, and all works without."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handout.latex import LatexMissingError, check_installed
from release.files import tracked_files, write_folder
from tests.conftest import PROJECT, skip_or_fail

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1200)]

SOLUTION = '''\
"""Question 2e: how often is a movie near the top?"""

from torch import Tensor


def hit_rate(ranks: Tensor, best: int) -> Tensor:
    """Return the share of ranks that are at most ``best``, a float tensor of shape ()."""
    # Question 2e: the share of ranks that are at most best.
    ### BEGIN SOLUTION
    rate = (ranks <= best).float().mean()
    ### END SOLUTION
    return rate
'''
ADAPTER = '''

def hit_rate(submission: "Submission", ranks: Numbers, best: int) -> dict[str, Any]:
    """Return ``hit_rate``."""
    return {"rate": submission.load("extra").hit_rate(tensor(ranks), best)}
'''
PUBLIC_TEST = '''\
"""Question 2e."""

from grader import adapter
from grader.engine.check import Check, check


@check("2e-0", topic="value")
def test_one_of_two_ranks(check: Check) -> None:
    """hit_rate is one half where one of two ranks is at most 10."""
    given = "hit_rate(tensor([1.0, 11.0]), 10)"
    got = check.call(adapter.hit_rate, [1.0, 11.0], 10, given=given)
    check.array_equal("the rate", got["rate"], 0.5)
'''
HIDDEN_TEST = '''\
"""Question 2e on other numbers."""

from grader import adapter
from grader.engine.check import Check, check


@check("2e-1", topic="value")
def test_a_rank_that_is_the_best_one_counts(check: Check) -> None:
    """A rank that equals the best one that counts is a hit, and fractional ranks are, too."""
    ranks = [1.0, *check.random(31).uniform(3, 7, size=4), 7.0, 40.0, 50.0]
    check.array_equal("the rate", check.call(adapter.hit_rate, ranks, 7)["rate"], 0.75)
'''
SETTINGS = """
[[questions]]
id = "2e"
title = "Hit rate"
file = "submission/extra.py"
points = 1
kind = "coding"
public = { 2e-0 = 0.25 }
hidden = { 2e-1 = 0.75 }
"""
IN_THE_HANDOUT = """
\\begin{question}{2e}
  Write the share of ranks that are at most a number.
  \\signature{hit\\_rate(ranks, best)}
\\end{question}
"""


class Project:
    """A copy of the project, for a question to be added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_folder(tracked_files(PROJECT), folder)
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", "-C", str(self.folder), *author, *arguments], check=True)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.folder / name).read_text() + text)

    def release(self, product: str, *arguments: str) -> tuple[int, str]:
        """Return the exit code, and what was said, without line breaks."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A question")
        done = subprocess.run(
            [sys.executable, "-m", "release", "--only", product, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project with a question 2e: its file, its tests, what calls it, and its points."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.write("submission/extra.py", SOLUTION)
    project.append("grader/adapter.py", ADAPTER)
    project.write("grader/public_tests/test_2e_hit_rate.py", PUBLIC_TEST)
    project.write("grader/hidden_tests/test_2e_hit_rate.py", HIDDEN_TEST)
    project.change(
        "assignment.toml", '[[questions]]\nid = "3a"', f'{SETTINGS}\n[[questions]]\nid = "3a"'
    )
    return project


def test_what_was_forgotten_is_named(project):
    code, said = project.release("gradescope")
    assert code == 2 and "2e gets 0 of 1 points" in said
    code, said = project.release("nbgrader")
    assert code == 2 and "No notebook has a cell with the id check-2e" in said
    try:
        check_installed()
    except LatexMissingError as error:
        skip_or_fail(str(error))
    code, said = project.release("student")
    assert code == 1 and "blank.pdf, page" in said
    assert "a reference to what is not there: '2e" in said


def test_with_all_of_it_each_product_grades_it(project):
    lines = [line for line in SOLUTION.splitlines() if "SOLUTION" not in line]
    project.write("grader/reference/extra.py", "\n".join(lines) + "\n")
    project.append("handout/sections/ranking.tex", IN_THE_HANDOUT)
    path = project.folder / "notebooks/00_code.ipynb"
    notebook = json.loads(path.read_text())
    check = {"cell_type": "code", "execution_count": None, "id": "check-2e", "metadata": {}}
    notebook["cells"].append(check | {"outputs": [], "source": ['check("2e")']})
    path.write_text(json.dumps(notebook))
    for product, written in (
        ("student", "dist/ps1-student-*.zip"),
        ("gradescope", "dist/ps1-gradescope-*.zip"),
        ("nbgrader", "dist/nbgrader/source/ps1/submission/extra.py"),
    ):
        code, said = project.release(product, "--without-pdf")
        assert code == 0, said
        assert len(list(project.folder.glob(written))) == 1
