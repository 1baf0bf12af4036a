"""One page, complete in itself, that a person would like to read."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from grader.engine.reports.wording import absent_line, is_graded, is_tested, points, score_line
from grader.engine.results import Report

TEMPLATE = Path(__file__).with_name("page.html.jinja")


def write(report: Report) -> str:
    """Return the page; all text is escaped."""
    report = report.for_student()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["points"] = points
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        report=report,
        questions=report.questions if is_tested(report) else (),
        graded=is_graded(report),
        score=score_line(report),
        absent=absent_line(report),
    )
