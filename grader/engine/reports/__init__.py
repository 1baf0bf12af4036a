"""One file for each format that a report can be written in."""

import json

from grader.engine.results import Report

FORMATS = ("terminal", "json", "gradescope", "html")


def write_report(report: Report, format_: str, verbose: bool = False, width: int = 100) -> str:
    """Return a report as text in one of ``FORMATS``; JSON holds nothing back."""
    if format_ == "json":
        return json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if format_ == "gradescope":
        from grader.engine.reports.gradescope import write_results

        return write_results(report)
    if format_ == "html":
        from grader.engine.reports.html import write_page

        return write_page(report)
    from grader.engine.reports.terminal import write_plain

    return write_plain(report, verbose, width)
