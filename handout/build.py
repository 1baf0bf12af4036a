"""Typeset the handout: course data in, ``handout/ps1.pdf`` out, or what went wrong."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from handout.course import course_macros
from handout.errors import Problem, explain, hidden_text
from handout.latex import BUILD, run_latexmk
from problem_set.assignment import read_assignment

FOLDER = "handout"
GENERATED = "generated"
COURSE_DATA = f"{GENERATED}/course.tex"
SOURCES = (
    *("*.tex", "*.cls", "*.sty", "*.bib", "sections/*.tex", "figures/*.tex", "answers/*.tex"),
    *(f"{GENERATED}/*.tex", f"{GENERATED}/figures/*.pdf"),
)


@dataclass(frozen=True)
class Typeset:
    """What came of it: the PDF, unless there are ``errors``; ``warnings`` are for the author."""

    pdf: Path
    log: Path
    errors: list[Problem]
    warnings: list[Problem]


def pdf_name(project: Path, blank: bool = False) -> str:
    """Return the PDF's name without its suffix: ``ps1``, or ``ps1_blank``."""
    assignment = read_assignment(project / "assignment.toml").course.assignment
    return f"{assignment}_blank" if blank else assignment


def source_files(folder: Path) -> list[Path]:
    """Return every file that LaTeX reads from ``handout/``."""
    return sorted(path for pattern in SOURCES for path in folder.glob(pattern))


def write_course_data(project: Path) -> None:
    """Bring ``generated/course.tex`` up to date with ``assignment.toml``."""
    path = project / FOLDER / COURSE_DATA
    text = course_macros(read_assignment(project / "assignment.toml"))
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def typeset(project: Path, blank: bool = False) -> Typeset:
    """Typeset the handout of a project, with the answers typed so far or blank.

    The PDF replaces the last one when it is complete; after an error the last one stays.

    Raises
    ------
    handout.latex.LatexMissingError
        If there is no LaTeX on the machine.
    """
    folder, name = project / FOLDER, pdf_name(project, blank)
    write_course_data(project)
    done, log = run_latexmk(folder, name, blank)
    pdf, log_file = folder / f"{name}.pdf", folder / BUILD / f"{name}.log"
    if not done:
        return Typeset(pdf, log_file, explain(log, folder), [])
    fresh = folder / BUILD / f"{name}.copy"
    shutil.copyfile(folder / BUILD / f"{name}.pdf", fresh)
    fresh.replace(pdf)
    return Typeset(pdf, log_file, [], [] if blank else hidden_text(folder))


def clean(project: Path) -> None:
    """Remove all that typesetting made."""
    folder = project / FOLDER
    for name in (BUILD, GENERATED):
        shutil.rmtree(folder / name, ignore_errors=True)
    for blank in (False, True):
        (folder / f"{pdf_name(project, blank)}.pdf").unlink(missing_ok=True)
