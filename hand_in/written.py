"""The written answers: the files that hold them, and what is unfinished."""

import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat

from experiments.engine.store import MadeBy, made_by
from experiments.training.student_code import code_digest, python_files
from problem_set.assignment import Assignment

LARGEST_FILE = 32 << 20
LARGEST_OUTPUT = 1 << 20
# What stands in an answer's cell before a student writes there, in ours and in nbgrader's copy.
PLACEHOLDERS = re.compile(r"\*Your answer to \w+\.\*|YOUR ANSWER HERE")
HEADING = re.compile(r"#+ +(\w+)\b")


@dataclass(frozen=True)
class Written:
    """What there is of the written questions.

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
class Notebook:
    """A notebook as it was saved.

    Attributes
    ----------
    path : Path
    content : bytes
        Without outputs of more than a megabyte, which would hide the rest.
    answers : dict of str to str
        What was typed below the heading of each written question that has one.
    executed : bool
        Whether every cell of code was run.
    readable : bool
        If not, nothing but ``content`` is known.
    """

    path: Path
    content: bytes
    answers: dict[str, str]
    executed: bool = True
    readable: bool = True


def read_written(project: Path, assignment: Assignment) -> Written:
    """Collect the written answers of a project, and say what is unfinished."""
    answers = project / "handout" / "answers"
    written = assignment.written_ids
    typed = {id_: path for id_ in written if typed_text(path := answers / f"{id_}.tex")}
    paths = sorted((project / "notebooks").glob("*.ipynb"))
    notebooks = [read_notebook(path, written) for path in paths]
    notebooks = [one for one in notebooks if one.answers or not one.readable]
    scan = project / f"{assignment.course.assignment}.pdf"
    handout = project / "handout" / scan.name
    pdf = scan if scan.is_file() else handout
    said: list[str] = []
    if pdf is handout:
        in_notebooks = {id_ for one in notebooks for id_, text in one.answers.items() if text}
        if lacking := [id_ for id_ in written if id_ not in {*typed, *in_notebooks}]:
            said.append(
                f"{', '.join(lacking)}: no answer yet, neither in handout/answers/ nor in a "
                f"notebook. Written by hand? Put the scan here as {scan.name}."
            )
        if handout.is_file():
            said += _about_handout(handout, [*typed.values(), answers / "name.tex"])
        elif not in_notebooks.issuperset(written):
            said.append(
                f"handout/{handout.name} is not there. `make handout` typesets your answers; "
                "without LaTeX, see docs/handout.md."
            )
    are_read = pdf is handout and len(typed) < len(written)
    code = python_files(project / "submission")
    for one in notebooks:
        name = f"notebooks/{one.path.name}"
        if not one.readable:
            said.append(
                f"{name} cannot be read as a notebook, and is packed as it is. Does JupyterLab "
                "open it?"
            )
        elif are_read and not one.executed:
            said.append(f"{name} was not run to its end. Run all of its cells and save it.")
        elif are_read and any(is_newer(path, one.path) for path in code):
            said.append(f"{name} is older than your code. Run all of its cells and save it.")
    if reason := results_made_by(project):
        said.append(f"results/ was made by {reason}. `make experiments` makes the curves again.")
    files = {f"notebooks/{one.path.name}": one.content for one in notebooks}
    files |= {f"handout/answers/{path.name}": path.read_bytes() for path in typed.values()}
    if pdf.is_file():
        files[pdf.name] = pdf.read_bytes()
    for name in [name for name, content in files.items() if len(content) > LARGEST_FILE]:
        size = len(files.pop(name)) >> 20
        said.append(
            f"{name} is left out: it has {size} MB, and the zip may hold {LARGEST_FILE >> 20}. "
            "Make it smaller (a scan in black and white), or upload it apart."
        )
    return Written(files, tuple(said))


def _about_handout(pdf: Path, sources: list[Path]) -> list[str]:
    """Say what the typeset handout lacks; the last source holds the student's name."""
    said = []
    sources = [*sources, pdf.parents[1] / "results" / "summary.json"]
    newer = [path for path in sources if path.is_file() and is_newer(path, pdf)]
    if newer:
        names = " and ".join(path.relative_to(pdf.parents[1]).as_posix() for path in newer)
        said.append(f"handout/{pdf.name} is older than {names}. `make handout` typesets it again.")
    if not typed_text(sources[-2]):
        said.append(
            "Your name is not in handout/answers/name.tex. Type it there, then `make handout`."
        )
    return said


def typed_text(path: Path) -> str:
    """Return what a LaTeX file holds but comments; empty if it is not there."""
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("%")).strip()


def is_newer(path: Path, other: Path) -> bool:
    return path.stat().st_mtime > other.stat().st_mtime


def read_notebook(path: Path, written: tuple[str, ...]) -> Notebook:
    """Read a notebook for the answers to written questions; never raise for what is in it."""
    data = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = nbformat.reads(data.decode("utf-8"), as_version=nbformat.current_nbformat)
        answers: dict[str, str] = {}
        question = ""
        for text in [c.get("source", "") for c in content.cells if c.cell_type == "markdown"]:
            if heading := HEADING.match(text):
                question = heading[1] if heading[1] in written else ""
                if question:
                    answers.setdefault(question, "")
            elif question:
                answers[question] += PLACEHOLDERS.sub("", text).strip()
        code = [c for c in content.cells if c.cell_type == "code" and c.get("source")]
        executed = all(cell.get("execution_count") for cell in code)
        for output in [output for cell in code for output in cell.get("outputs", [])]:
            size = len(json.dumps(output))
            if size > LARGEST_OUTPUT:
                text = f"An output of {size / 2**20:.1f} MB was left out of what was handed in."
                output.clear()
                output.update(output_type="stream", name="stdout", text=text)
                data = nbformat.writes(content).encode()
        return Notebook(path, data, answers, executed)
    except Exception:  # nbformat's own errors are of a dozen kinds
        return Notebook(path, data, {}, readable=False)


def results_made_by(project: Path) -> str:
    """Return which other code made ``results/``; empty if it was this code, or there are none."""
    try:
        content = json.loads((project / "results" / "summary.json").read_text(encoding="utf-8"))
        records = [run.get("made_by") for run in content["runs"].values()]
        if not all(records):
            return "older tools"
        here = made_by(code_digest(project / "submission"))
        differences = [MadeBy(**record).differs_from(here) for record in records]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return next(filter(None, differences), "")
