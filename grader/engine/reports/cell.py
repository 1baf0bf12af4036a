"""What a notebook cell shows of one question: a fragment of HTML, and the same as text."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from grader.engine.reports.terminal import write_plain
from grader.engine.reports.wording import is_tested, points
from grader.engine.results import Report

TEMPLATE = Path(__file__).with_name("cell.html.jinja")


def write_html(report: Report) -> str:
    """Return the report as HTML that brings its styles along; all text is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["points"] = points
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    report = report.for_student()
    questions = report.questions if is_tested(report) else ()
    return template.render(report=report, questions=questions, rest=_rest(report))


def write_text(report: Report) -> str:
    """Return the report for viewers that show no HTML."""
    return write_plain(report, verbose=True, width=90)


def _rest(report: Report) -> str:
    """Say which points this report leaves open."""
    if not report.absent:
        return ""
    tests = "hidden test decides" if report.absent == 1 else "hidden tests decide"
    return f"{report.absent} {tests} the other {points(report.absent_points)} points."
