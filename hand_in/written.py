"""The written answers: where they are, what is missing, and the files that hold them."""

import json
from dataclasses import dataclass
from pathlib import Path

from experiments.training.student_code import code_digest, python_files
from hand_in.notebooks import Notebook, read_notebook
from problem_set.assignment import Assignment

LARGEST_PDF = 32 << 20


@dataclass(frozen=True)
class Written:
    """What there is of questions 3a to 3c.

    Attributes
    ----------
    files : dict of str to bytes
        To be packed, by their names in the zip.
    warnings : tuple of str
        What is unfinished, as sentences for the student.
    """

    files: dict[str, bytes]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """Files of the project that may hold answers; paths are None where there is no file.

    ``notebooks`` are those with a heading of a written question.
    """

    typed: dict[str, Path]
    name: Path
    named: bool
    notebooks: dict[Path, Notebook]
    unreadable: tuple[Path, ...]
    pdf: Path | None
    scan: Path | None

    @property
    def answered(self) -> set[str]:
        return {*self.typed, *(id_ for n in self.notebooks.values() for id_ in n.answered)}


def read_written(project: Path, assignment: Assignment) -> Written:
    """Collect the written answers of a project, and say what is unfinished."""
    found = _find(project, assignment)
    warnings = [
        *_about_answers(found, assignment),
        *_about_pdf(project, found, assignment),
        *_about_notebooks(project, found, assignment),
        *_about_results(project),
    ]
    files = {
        path.relative_to(project).as_posix(): notebook.packed()
        for path, notebook in found.notebooks.items()
    }
    for path in found.typed.values():
        files[path.relative_to(project).as_posix()] = path.read_bytes()
    pdf = found.scan or found.pdf
    if pdf:
        if pdf.stat().st_size <= LARGEST_PDF:
            files[f"{assignment.course.assignment}.pdf"] = pdf.read_bytes()
        else:
            size = pdf.stat().st_size >> 20
            warnings.append(
                f"{pdf.relative_to(project).as_posix()} is left out: it has {size} MB, and the "
                f"zip may hold {LARGEST_PDF >> 20}. Scan it in black and white, or upload it apart."
            )
    return Written(files, tuple(warnings))


def typed_text(path: Path) -> str:
    """Return what a LaTeX file holds but comments; empty if it is not there."""
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("%")).strip()


def _find(project: Path, assignment: Assignment) -> _Found:
    answers = project / "handout" / "answers"
    notebooks, unreadable = {}, []
    for path in sorted((project / "notebooks").glob("*.ipynb")):
        try:
            notebook = read_notebook(path.read_bytes(), assignment.written_ids)
        except ValueError:
            unreadable.append(path)
        else:
            if notebook.asked:
                notebooks[path] = notebook
    scan = project / f"{assignment.course.assignment}.pdf"
    pdf = project / "handout" / f"{assignment.course.assignment}.pdf"
    name = answers / "name.tex"
    return _Found(
        typed={
            id_: answers / f"{id_}.tex"
            for id_ in assignment.written_ids
            if typed_text(answers / f"{id_}.tex")
        },
        name=name,
        named=bool(typed_text(name)),
        notebooks=notebooks,
        unreadable=tuple(unreadable),
        pdf=pdf if pdf.is_file() else None,
        scan=scan if scan.is_file() else None,
    )


def _about_answers(found: _Found, assignment: Assignment) -> list[str]:
    lacking = [id_ for id_ in assignment.written_ids if id_ not in found.answered]
    if found.scan or not lacking:
        return []
    return [
        f"{', '.join(lacking)}: no answer yet, neither in handout/answers/ nor in a notebook. "
        f"Written by hand? Put the scan here as {assignment.course.assignment}.pdf."
    ]


def _about_pdf(project: Path, found: _Found, assignment: Assignment) -> list[str]:
    if found.scan:
        return []
    name = f"handout/{assignment.course.assignment}.pdf"
    in_notebooks = {id_ for n in found.notebooks.values() for id_ in n.answered}
    if found.pdf is None:
        if in_notebooks.issuperset(assignment.written_ids):
            return []
        return [
            f"{name} is not there. `make handout` typesets your answers; without LaTeX, see "
            "docs/handout.md."
        ]
    warnings = []
    made = found.pdf.stat().st_mtime
    sources = [*found.typed.values(), found.name, project / "results" / "summary.json"]
    newer = [path for path in sources if path.is_file() and path.stat().st_mtime > made]
    if newer:
        names = " and ".join(path.relative_to(project).as_posix() for path in newer)
        warnings.append(f"{name} is older than {names}. `make handout` typesets it again.")
    if not found.named:
        warnings.append(
            "Your name is not in handout/answers/name.tex. Type it there, then `make handout`."
        )
    return warnings


def _about_notebooks(project: Path, found: _Found, assignment: Assignment) -> list[str]:
    warnings = [
        f"{path.relative_to(project).as_posix()} cannot be read as a notebook and is left out."
        for path in found.unreadable
    ]
    if found.scan or all(id_ in found.typed for id_ in assignment.written_ids):
        return warnings
    code = [path.stat().st_mtime for path in python_files(project / "submission")]
    for path, notebook in found.notebooks.items():
        name = path.relative_to(project).as_posix()
        if not notebook.executed:
            warnings.append(f"{name} was not run to its end. Run all of its cells and save it.")
        elif code and path.stat().st_mtime < max(code):
            warnings.append(f"{name} is older than your code. Run all of its cells and save it.")
    return warnings


def _about_results(project: Path) -> list[str]:
    """Say whether the curves were drawn by the code that is handed in."""
    try:
        content = json.loads((project / "results" / "summary.json").read_text(encoding="utf-8"))
        digests = {run["config"]["submission"] for run in content["runs"].values()}
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if digests <= {code_digest(project / "submission")}:
        return []
    return [
        "Your code has changed since results/ was made. `make experiments` brings the curves up "
        "to date."
    ]
