"""Sentences that several formats share."""

from grader.engine.results import NOT_RUN, Report, TestResult


def points(value: float) -> str:
    """Show points without needless zeros: 2, 0.25."""
    return f"{value:g}"


def is_tested(report: Report) -> bool:
    """Return whether any test could be run.

    If not, ``report.problem`` says why, and the tests' lines would only repeat it.
    """
    return not report.problem or any(test.status != NOT_RUN for test in report.tests)


def is_graded(report: Report) -> bool:
    """Return whether the report has a score; none where the grader is at fault."""
    return is_tested(report) and not report.grader_at_fault


def score_line(report: Report) -> str:
    """Return the points as a phrase, or that there are none."""
    if not is_graded(report):
        return "Not graded"
    return f"{points(report.score)} of {points(report.max_score)} points"


def absent_line(report: Report) -> str:
    """Say how many tests are missing from this score, and why."""
    if not report.absent:
        return ""
    tests = "test was" if report.absent == 1 else "tests were"
    worth = points(report.absent_points)
    return f"{report.absent} hidden {tests} not run, worth {worth} points. {report.absent_reason}"


def lines_of(test: TestResult) -> list[str]:
    """Return what a student reads below a test's name when it did not pass."""
    lines = [test.message] if test.message else []
    lines += test.where
    if test.raised and test.status != NOT_RUN:
        lines.append(test.raised)
    if test.detail:
        if test.detail.given:
            lines.append(f"for       {test.detail.given}")
        lines.append(f"expected  {test.detail.expected}")
        lines.append(f"got       {test.detail.got}")
    if test.hint:
        lines.append(test.hint.did)
        lines.append(test.hint.think)
    return lines
