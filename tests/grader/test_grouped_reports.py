"""Reports begin with what to do first, and tell each mistake once, with its failed tests."""

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from grader.engine.mistakes import mistakes_in, unexplained
from grader.engine.progress import where_to_start
from grader.engine.reports import write_report
from grader.engine.reports.html import write_cell
from grader.engine.results import (
    FAILED,
    PASSED,
    Counterexample,
    Detail,
    Hint,
    QuestionResult,
    Report,
    TestResult,
)

SMALL, LARGE = (
    Hint(name, f"It is {name}.", f"Why {name}?", Counterexample(f"print('{name}')", name, "right"))
    for name in ("small", "large")
)


def tried(
    id_: str, points: float, *hints: Hint, status: str = FAILED, **more: object
) -> TestResult:
    got = points if status == PASSED else 0.0
    sentence = f"Of a right one, {id_} is true."
    return TestResult(
        id_, id_.split("-")[0], sentence, status, got, points, True, hints=hints, **more
    )


REPORT = Report(
    "A course",
    "An assignment",
    "ada",
    (
        QuestionResult("q1", "First", (tried("q1-0", 1, status=PASSED),)),
        QuestionResult(
            "q2",
            "Second",
            (
                tried("q2-0", 1, SMALL, message="It differs.", detail=Detail("f(1)", "2", "3")),
                tried("q2-1", 3, LARGE, message="It differs."),
                tried("q2-2", 2, LARGE, SMALL, message="It differs."),
                tried("q2-3", 1, message="It is none."),
                tried("q2-4", 1, status=PASSED),
            ),
        ),
        QuestionResult("q3", "Third", (tried("q3-0", 9, message="It is all wrong."),)),
    ),
)
Q2 = REPORT.questions[1]


def test_a_question_s_mistakes_come_with_their_tests_the_costliest_first() -> None:
    large, small = mistakes_in(Q2)
    assert (large.hint, large.ids, large.points) == (LARGE, "q2-1, q2-2", 5)
    assert (small.hint, small.ids, small.points) == (SMALL, "q2-0, q2-2", 3)
    assert [[test.id for test in mistake.own] for mistake in (large, small)] == [
        ["q2-1", "q2-2"],
        ["q2-0"],
    ]
    assert [test.id for test in unexplained(Q2)] == ["q2-3"]


def test_the_first_thing_to_do_is_the_costliest_mistake_of_the_first_wrong_question() -> None:
    assert where_to_start(REPORT) == "Start with q2: It is large."
    raised = replace(Q2.tests[3], raised="ValueError", message="Your code raised ValueError.")
    broken = replace(Q2, tests=(*Q2.tests[:3], raised))
    said = where_to_start(replace(REPORT, questions=(broken,)))
    assert said == "Start with q2: Your code raised ValueError."
    one = replace(Q2, tests=Q2.tests[1:2])
    assert where_to_start(replace(REPORT, questions=(one,))) == ""


@pytest.mark.parametrize("format_", ["terminal", "html", "gradescope"])
def test_a_report_begins_with_it(format_: str) -> None:
    written = re.sub("<[^>]*>", "", write_report(REPORT, format_, width=200))
    start = written.index("Start with q2: It is large.")
    assert all(start < written.index(later) for later in ("First", "q2-1") if later in written)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_terminal_tells_each_mistake_once_and_its_tests_in_a_line(verbose: bool) -> None:
    written = write_report(REPORT, "terminal", verbose, width=200)
    told = written.split("It is large.")[-1]
    assert written.count("It is small.") == 1 and "Why small?" in told
    assert "Fails q2-1, q2-2." in told and "Fails q2-0, q2-2." in told
    assert ("Of a right one, q2-1 is true." in written) == verbose
    assert ("print('small')" in written) == verbose
    assert "Of a right one, q2-3 is true." in told and "It is none." in told


def test_gradescope_has_an_entry_a_test_and_tells_a_mistake_in_the_first() -> None:
    content = json.loads(write_report(REPORT, "gradescope"))
    output = {test["number"]: test["output"] for test in content["tests"]}
    assert [*output] == [test.id for test in REPORT.tests]
    assert "It is large." in output["q2-1"] and "Why large?" in output["q2-1"]
    assert "Your code gives large, right is right." in output["q2-1"]
    assert output["q2-2"].splitlines()[-2:] == ["It is large. See q2-1.", "It is small. See q2-0."]
    assert output["q2-4"] == ""
    assert content["extra_data"]["mistakes"] == ["small", "large"]


class Outline(HTMLParser):
    """The headings of a page, and for each text how many folds have to be opened to read it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.folds: list[bool] = []
        self.in_summary = False
        self.seen: dict[str, int] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "details":
            self.folds.append("open" in dict(attributes))
        self.in_summary = self.in_summary or tag == "summary"

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.folds.pop()
        if tag == "summary":
            self.in_summary = False

    def handle_data(self, data: str) -> None:
        closed = [fold for fold in self.folds[: len(self.folds) - self.in_summary] if not fold]
        if data.strip():
            self.seen.setdefault(data.strip(), len(closed))


def test_the_page_shows_mistakes_and_folds_their_tests_and_what_passed() -> None:
    page = write_report(REPORT, "html")
    outline = Outline(page)
    assert outline.headings == [1, 2, 3, 3, 2, 2]
    for shown in ("It is large.", "Why small?", "It is none.", "✗ fails q2-0, q2-2", "✓ Right: q1"):
        assert outline.seen[shown] == 0, shown
    for folded in (
        "Of a right one, q2-0 is true.",
        "print('large')",
        "Of a right one, q1-0 is true.",
    ):
        assert outline.seen[folded] > 0, folded
    assert page.count("It is small.") == 1
    assert page.index("It is large.", page.index("<h2>")) < page.index("It is small.")
    assert not outline.folds
    # On paper, nothing can be opened.
    assert "@media print { details::details-content { content-visibility: visible;" in page


def test_a_page_on_which_all_is_right_is_open() -> None:
    right = replace(REPORT, questions=REPORT.questions[:1])
    assert Outline(write_report(right, "html")).seen["1 of 1"] == 0


def test_a_cell_tells_each_mistake_once_too() -> None:
    cell = html.unescape(write_cell(REPORT))
    assert cell.count("It is small.") == 1 and cell.count("print('small')") == 1
    assert "fails q2-1, q2-2" in cell and not re.search("<h[1-6]", cell)
