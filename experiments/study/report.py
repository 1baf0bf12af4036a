"""What a study leaves for people, made from its runs."""

import base64
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup, escape

from experiments.plots import picture_bytes
from experiments.study.measurements import Measurements, measure, read_records, write_tables
from experiments.study.questions import ANSWERS, answer_all
from experiments.study.questions.claims import MARGIN
from experiments.study.section import Question, Section, sentence
from problem_set.io import write_atomic
from problem_set.templates import templates

SYMBOLS = {
    "lambda_F": "λ<sub>F</sub>",
    "lambda_R": "λ<sub>R</sub>",
    "L_F": "L<sub>F</sub>",
    "L_R": "L<sub>R</sub>",
}
NO_BREAK = "\N{NO-BREAK SPACE}"
# Where a line must not end: inside of an interval, and between N and its number.
TOGETHER = re.compile(r"(?<=[\d–]), (?=[−\d.]+\])|(?<=N) = (?=\d)")


def write_study_report(study: Path, say: Callable[[str], None] = print) -> list[Path]:
    """Write the tables, figures, page and LaTeX table of a study's complete runs.

    Parameters
    ----------
    study : folder
    say : callable
        Takes a line for the person who waits.

    Returns
    -------
    list of paths
        ``QUESTION.csv`` and ``figures/QUESTION.pdf`` and ``.png`` of each question that the runs
        can answer, ``study.html`` and ``study.tex``; beside them are ``runs.csv``, ``curves.csv``
        and ``gradients.csv``. The same runs give the same bytes.
        What an earlier report wrote for a question that can be answered no more is removed.

    Raises
    ------
    StudyError
        If there is no study, or no run has numbers.
    """
    records = read_records(study)
    write_tables(study, records)
    measurements = measure(records)
    for text in measurements.left_out:
        say(f"{text}; left out")
    say(f"Reporting on {len(measurements.runs)} runs ...")
    sections, left = answer_all(measurements)
    files: dict[Path, bytes | str] = {}
    for section in sections:
        key = section.question.key
        files[study / f"{key}.csv"] = section.tables[0].data.to_csv(index=False)
        if section.figure and section.png:
            files[study / "figures" / f"{key}.pdf"] = picture_bytes(section.figure, "pdf")
            files[study / "figures" / f"{key}.png"] = section.png
        if section.latex:
            files[study / "study.tex"] = section.latex
    files[study / "study.html"] = render_page(sections, left, measurements)
    for path, content in files.items():
        write_atomic(path, content)
    stale = {study / "study.tex"}
    for question, _ in ANSWERS:
        stale |= {study / f"{question.key}.csv"}
        stale |= {study / "figures" / f"{question.key}.{kind}" for kind in ("pdf", "png")}
    for path in stale - set(files):
        path.unlink(missing_ok=True)
    say(f"{study / 'study.html'} answers {len(sections)} of {len(ANSWERS)} questions")
    return list(files)


def render_page(
    sections: Sequence[Section], left: Sequence[Question], measurements: Measurements
) -> str:
    """Return the page, complete in itself; it asks the network for nothing."""
    return _template().render(
        sections=sections,
        left=left,
        runs=len(measurements.runs),
        left_out=measurements.left_out,
        margin=f"{MARGIN:g}",
    )


def render_section(section: Section) -> str:
    """Return one section as it is on the page, without its title: for the notebook."""
    return str(vars(_template().module)["body"](section))


def with_symbols(text: str) -> Markup:
    """Return a text escaped, its symbols with real subscripts, its intervals in one piece."""
    html = str(escape(TOGETHER.sub(lambda found: found[0].replace(" ", NO_BREAK), text)))
    for symbol, markup in SYMBOLS.items():
        html = html.replace(symbol, markup)
    return Markup(html)


def embedded(png: bytes) -> str:
    """Return an address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def kind_of(cell: str) -> str:
    """Return the class of a cell: a verdict that is open, a number, or text."""
    if cell.startswith("undecided"):
        return "open"
    return "number" if cell[:1].isdigit() or cell[:1] == "−" else ""


def _template() -> Template:
    environment = templates(
        Path(__file__).parent,
        symbols=with_symbols,
        sentence=sentence,
        embedded=embedded,
        kind=kind_of,
    )
    return environment.get_template("report.html.jinja")
