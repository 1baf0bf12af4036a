"""What ``make grade`` prints: the score, and for each test that failed what to look at."""

import io

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.engine.mistakes import Mistake, mistakes_in
from grader.engine.progress import where_to_start
from grader.engine.reports.wording import (
    MARKS,
    code_of,
    details_of,
    is_tested,
    lines_of_example,
    notes_of,
    points,
    score_line,
    shown_to_student,
)
from grader.engine.results import ERROR, FAILED, NOT_RUN, OPEN, PASSED, Report, TestResult

COLOURS = {
    PASSED: "green",
    FAILED: "red",
    NOT_RUN: "yellow",
    OPEN: "bright_black",
    ERROR: "magenta",
}


def write_plain(report: Report, verbose: bool, width: int) -> str:
    """Return the report as text without colours, for a file."""
    text = io.StringIO()
    console = Console(file=text, width=width, color_system=None, force_jupyter=False)
    show(report, console, verbose)
    return text.getvalue()


def show(report: Report, console: Console, verbose: bool) -> None:
    """Print the report.

    Text that comes from a submission is never taken for markup.
    """
    start = where_to_start(report)
    report = shown_to_student(report)
    if report.problem:
        console.print(Text(report.problem, style="bold red"))
    if not is_tested(report):
        return
    if start:
        console.print(Text(f"{start}\n", style="bold"))
    if report.tests:
        console.print(_questions(report), Text(""))
    for question in report.questions:
        for mistake in mistakes_in(question):
            console.print(_mistake(mistake, question.id, verbose))
        for test in question.tests:
            if verbose or (test.state in (FAILED, ERROR) and not test.hints):
                console.print(_test(test))
    if not verbose:
        _show_waiting(report, console)
    if report.tests:
        console.print(Text(score_line(report), style="bold"))
    for line in notes_of(report):
        console.print(Text(line, style="dim"))
    if verbose and report.layers:
        console.print(Text("Isolation: " + ", ".join(report.layers), style="dim"))
    elif report.exit_code == 1 and not verbose:
        console.print(
            Text("--verbose lists every test, and shows mistakes on small inputs.", style="dim")
        )


def _show_waiting(report: Report, console: Console) -> None:
    """Print a line for all tests of a question that wait for the same thing."""
    for question in report.questions:
        waiting: dict[tuple[str, str], list[str]] = {}
        for test in question.tests:
            if test.state in (OPEN, NOT_RUN):
                waiting.setdefault((test.state, test.message), []).append(test.id)
        for (state, message), ids in waiting.items():
            listed = Text(f"{MARKS[state]} {', '.join(ids)}  {message}", style=COLOURS[state])
            console.print(listed)


def _questions(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, title=report.title, title_justify="left")
    table.add_column("question", style="bold")
    table.add_column("")
    table.add_column("points", justify="right")
    table.add_column("tests")
    for question in report.questions:
        marks = Text()
        for test in question.tests:
            marks.append(MARKS[test.state], style=COLOURS[test.state])
        if question.tests and all(test.state == OPEN for test in question.tests):
            marks.append(f" {OPEN}", style=COLOURS[OPEN])
        share = f"{points(question.points)} of {points(question.max_points)}"
        table.add_row(question.id, question.title, share, marks)
    return table


def _mistake(mistake: Mistake, question: str, verbose: bool) -> RenderableType:
    title = Table.grid(padding=(0, 2, 0, 0))
    title.add_row(
        Text(f"{MARKS[FAILED]} {question}", style=f"bold {COLOURS[FAILED]}", no_wrap=True),
        Text(mistake.hint.diagnosis, style="bold"),
    )
    parts = [Text(mistake.hint.question, style="italic")] if mistake.hint.question else []
    parts += [Text(line) for line in lines_of_example(mistake.hint)] if verbose else []
    parts.append(Text(f"Fails {mistake.ids}.", style="dim"))
    return Group(title, Padding(Group(*parts), (0, 0, 1, 4)))


def _test(test: TestResult) -> RenderableType:
    title = Table.grid(padding=(0, 2, 0, 0))  # a long sentence goes on below its beginning
    title.add_row(
        Text(f"{MARKS[test.state]} {test.id}", style=f"bold {COLOURS[test.state]}", no_wrap=True),
        Text(f"{points(test.points)} of {points(test.max_points)}", style="dim", no_wrap=True),
        Text(test.sentence),
    )
    if test.status == PASSED:
        return title
    if test.state == OPEN:
        return Group(title, Padding(Text(test.message, style=COLOURS[OPEN]), (0, 0, 0, 4)))
    parts: list[RenderableType] = [Text(test.message)] if test.message else []
    parts += [Text(line, style="cyan") for line in code_of(test)]
    parts += [Text.assemble((f"{name:<10}", "dim"), value) for name, value in details_of(test)]
    return Group(title, Padding(Group(*parts), (0, 0, 1, 4)))
