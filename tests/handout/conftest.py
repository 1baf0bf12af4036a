"""Handouts to read back: typeset once a session, in folders of their own."""

import io
import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from pypdf import PdfReader

from experiments.latex import write_report
from handout.build import Typeset, typeset
from handout.latex import LatexMissingError, check_installed

PROJECT = Path(__file__).parents[2]
# The course's own runs: summary.json as it is, curves.csv thinned to every fourth epoch.
RESULTS = Path(__file__).parent / "course_results"
QUESTIONS = ("3a", "3b", "3c")


@dataclass(frozen=True)
class Handout:
    """A handout that was typeset: what typesetting returned, and the PDF, read back."""

    project: Path
    done: Typeset

    @cached_property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.done.pdf.read_bytes()))

    @cached_property
    def pages(self) -> list[str]:
        """The text of each page without spaces, which PDFs keep no account of."""
        return [squeeze(page.extract_text()) for page in self.reader.pages]

    @property
    def text(self) -> str:
        return "".join(self.pages)

    def page_of(self, question: str) -> int:
        """The index of the page of a written question."""
        return next(k for k, text in enumerate(self.pages) if f"Question{question}" in text)


def squeeze(text: str) -> str:
    """Return text without spaces, and with the dashes and quotes of a keyboard."""
    return re.sub(r"\s", "", text).translate(str.maketrans("–’−", "-'-"))


def copy_project(folder: Path, results: Path | None = RESULTS) -> Path:
    """Return a copy of all that the handout is made from, in an empty folder."""
    built = shutil.ignore_patterns("build", "generated", "__pycache__", "*.pdf", "*.py")
    shutil.copytree(PROJECT / "handout", folder / "handout", ignore=built)
    shutil.copy(PROJECT / "assignment.toml", folder)
    if results:
        write_report(results, folder / "handout" / "generated")
    return folder


def strip_solution(path: Path) -> None:
    """Leave of an answer what a release hands out."""
    text = path.read_text(encoding="utf-8")
    stripped = re.sub(r"^%%% BEGIN SOLUTION\n.*?^%%% END SOLUTION\n", "", text, flags=re.S | re.M)
    path.write_text(stripped, encoding="utf-8")


def typeset_or_fail(project: Path, blank: bool = False) -> Handout:
    done = typeset(project, blank)
    assert not done.errors, done.errors
    return Handout(project, done)


@pytest.fixture(scope="session")
def latex() -> None:
    """LaTeX on this machine; without it the test is skipped, and fails where CI=true."""
    try:
        check_installed()
    except LatexMissingError as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))


@pytest.fixture(scope="session")
def full(latex: None, tmp_path_factory: pytest.TempPathFactory) -> Handout:
    """With the reference answers and the course's results."""
    return typeset_or_fail(copy_project(tmp_path_factory.mktemp("full")))


@pytest.fixture(scope="session")
def blank(full: Handout) -> Handout:
    """The same, to be filled in by hand."""
    return typeset_or_fail(full.project, blank=True)


@pytest.fixture(scope="session")
def early(latex: None, tmp_path_factory: pytest.TempPathFactory) -> Handout:
    """No results yet, 3b unanswered as in a release, and another course's data."""
    project = copy_project(tmp_path_factory.mktemp("early"), results=None)
    strip_solution(project / "handout" / "answers" / "3b.tex")
    course = project / "assignment.toml"
    text = course.read_text(encoding="utf-8")
    text = re.sub(r'(?m)^title = "Multitask.*$', r'title = "100% of #1 & {a_b} ~ ^ \\\\ $5"', text)
    text = re.sub(r"(?m)^due = .*$", "due = 2027-03-01T09:05:00+05:30", text)
    text = text.replace(
        'file = "handout/answers/3c.tex"\npoints = 2', 'file = "handout/answers/3c.tex"\npoints = 1'
    )
    text += '\n[policies]\nhonor_code = "Talk about ideas; write alone."\n'
    course.write_text(text, encoding="utf-8")
    return typeset_or_fail(project)
