"""What ``make grade`` prints: the score, and for each test that failed what to look at."""

import io

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.engine.reports.wording import absent_line, is_tested, points, score_line
from grader.engine.results import ERROR, FAILED, NOT_RUN, NOT_WRITTEN, PASSED, Report, TestResult

MARKS = {
    PASSED: ("✓", "green"),
    FAILED: ("✗", "red"),
    NOT_RUN: ("–", "yellow"),
    ERROR: ("!", "magenta"),
}


def write_plain(report: Report, verbose: bool, width: int) -> str:
    """Return the report as text without colours, for a file."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    show(report, console, verbose)
    return console.file.getvalue()


def show(report: Report, console: Console, verbose: bool) -> None:
    """Print the report.

    Text that comes from a submission is never taken for markup.
    """
    report = report.for_student()
    if report.problem:
        console.print(Text(report.problem, style="bold red"))
    if not is_tested(report):
        return
    if report.tests:
        console.print(_questions(report))
    for test in report.tests:
        if verbose or test.status != PASSED:
            console.print(_test(test))
    if report.tests:
        console.print(Text(score_line(report), style="bold"))
    if report.absent:
        console.print(Text(absent_line(report), style="dim"))
    if verbose and report.layers:
        console.print(Text("Isolation: " + ", ".join(report.layers), style="dim"))
    elif report.exit_code == 1 and not verbose:
        console.print(Text("--verbose lists the tests that passed, too.", style="dim"))


def _questions(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, title=report.title, title_justify="left")
    table.add_column("question", style="bold")
    table.add_column("")
    table.add_column("points", justify="right")
    table.add_column("tests")
    for question in report.questions:
        marks = Text()
        for test in question.tests:
            mark, colour = _mark(test)
            marks.append(mark, style=colour)
        share = f"{points(question.points)} of {points(question.max_points)}"
        table.add_row(question.id, question.title, share, marks)
    return table


def _mark(test: TestResult) -> tuple[str, str]:
    """Return a test's sign and its colour; what is not written yet is not wrong."""
    return MARKS[NOT_RUN if test.cause == NOT_WRITTEN else test.status]


def _test(test: TestResult) -> RenderableType:
    mark, colour = _mark(test)
    title = Table.grid(padding=(0, 2, 0, 0))  # a long sentence goes on below its beginning
    title.add_row(
        Text(f"{mark} {test.id}", style=f"bold {colour}", no_wrap=True),
        Text(f"{points(test.points)} of {points(test.max_points)}", style="dim", no_wrap=True),
        Text(test.sentence),
    )
    if test.status == PASSED:
        return title
    if test.cause == NOT_WRITTEN:
        return Group(title, Padding(Text(test.message), (0, 0, 0, 4)))
    parts: list[RenderableType] = [Text(test.message)] if test.message else []
    parts += [Text(line, style="cyan") for line in test.where]
    if test.raised and test.status != NOT_RUN:
        parts.append(Text(test.raised, style="cyan"))
    if test.detail:
        rows = [("for", test.detail.given)] if test.detail.given else []
        rows += [("expected", test.detail.expected), ("got", test.detail.got)]
        parts += [Text.assemble((f"{name:<10}", "dim"), value) for name, value in rows]
    if test.hint:
        parts.append(Text(test.hint.did, style="bold"))
        parts.append(Text(test.hint.think, style="italic"))
    return Group(title, Padding(Group(*parts), (0, 0, 1, 4)))
