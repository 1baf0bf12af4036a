"""One file for each format that a report can be written in."""

from grader.engine.results import Report

FORMATS = ("terminal", "json", "gradescope", "html")


def write_report(report: Report, format_: str, verbose: bool = False, width: int = 100) -> str:
    """Return a report as text in one of ``FORMATS``."""
    if format_ == "json":
        from grader.engine.reports.full_json import write
    elif format_ == "gradescope":
        from grader.engine.reports.gradescope import write
    elif format_ == "html":
        from grader.engine.reports.html import write
    else:
        from grader.engine.reports.terminal import write_plain

        return write_plain(report, verbose, width)
    return write(report)
