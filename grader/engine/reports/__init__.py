"""One file for each format that a report can be written in."""

import json
from typing import TYPE_CHECKING

from grader.engine.results import Report

if TYPE_CHECKING:
    from grader.engine.visibility import Moment

FORMATS = ("terminal", "json", "gradescope", "html")


def write_report(
    report: Report,
    format_: str,
    verbose: bool = False,
    width: int = 100,
    moment: "Moment | None" = None,
) -> str:
    """Return a report as text in one of ``FORMATS``; JSON holds nothing back.

    Parameters
    ----------
    moment : Moment, optional
        When a page or Gradescope's file is written: what ``assignment.toml`` does not show to
        students at that moment is left out. Without it, they are shown all that they ever are.
    """
    if format_ == "json":
        return json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if format_ == "gradescope":
        from grader.engine.reports.gradescope import write_results

        return write_results(report, moment)
    if format_ == "html":
        from grader.engine.reports.html import write_page
        from grader.engine.visibility import withhold

        return write_page(withhold(report, moment) if moment else report)
    from grader.engine.reports.terminal import write_plain

    return write_plain(report, verbose, width)
