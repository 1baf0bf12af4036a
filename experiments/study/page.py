"""One page that says what the study found, complete in itself."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from experiments.study.measurements import Measurements
from experiments.study.sections.section import Question, Section
from experiments.study.wording import sentence

SYMBOLS = {
    "lambda_F": "λ<sub>F</sub>",
    "lambda_R": "λ<sub>R</sub>",
    "L_F": "L<sub>F</sub>",
    "L_R": "L<sub>R</sub>",
}
NO_BREAK = "\N{NO-BREAK SPACE}"
VERDICTS = {"holds": "yes", "does not hold": "no"}


# Where a line must not end: inside of an interval, and between N and its number.
TOGETHER = re.compile(r"(?<=[\d–]), (?=[−\d.]+\])|(?<=N) = (?=\d)")


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
    """Return the class of a cell: a verdict, a number, or text."""
    if cell in VERDICTS:
        return VERDICTS[cell]
    if cell.startswith("undecided"):
        return "open"
    return "number" if cell[:1].isdigit() or cell[:1] in ("−", "<") else ""


def render_page(
    sections: Sequence[Section], left: Sequence[Question], measurements: Measurements
) -> str:
    """Return the page; it asks the network for nothing."""
    template = _environment().get_template("page.html.jinja")
    return template.render(
        sections=sections,
        left=left,
        runs=len(measurements.runs),
        left_out=measurements.left_out,
    )


def render_section(section: Section) -> str:
    """Return one section as a piece of a page, without its title: for the notebook."""
    return _environment().get_template("section.html.jinja").render(section=section)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "symbols": with_symbols,
        "sentence": sentence,
        "embedded": embedded,
        "kind": kind_of,
    }
    return environment
